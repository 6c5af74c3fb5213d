// One server of another client's file becomes one backend of ours: what is taken, what becomes a variable, what is
// left out and why. Secrets are never taken.
import { backendNameFrom, freeName } from './backend-name.ts'
import type { LeftOut } from './headers.ts'
import { httpValues } from './http-entry.ts'
import { isEntry, type Entry, type ImportContext, type Reading } from './reading.ts'
import { stdioValues } from './stdio-entry.ts'

/** Values as our configuration writes them. */
export interface BackendValues {
  readonly name: string
  readonly transport: 'stdio' | 'http'
  readonly command?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly url?: string
  readonly bearer_token?: string
}

export interface Imported {
  readonly values: BackendValues
  /** Its name in the file. */
  readonly was: string
  readonly leftOut: readonly LeftOut[]
  /** What a person should know about it. */
  readonly notes: readonly string[]
}

export type Import = Imported | { readonly was: string; readonly skipped: string }

const unspoken: Readonly<Record<string, string>> = {
  sse: 'it speaks the HTTP+SSE transport of 2024-11-05; most servers have a Streamable HTTP address as well: add that',
  ws: 'it speaks WebSocket, which is not offered',
  websocket: 'it speaks WebSocket, which is not offered',
}

const skipReason = (entry: Entry): string | undefined => {
  const given = entry['type'] ?? entry['transport']
  const type = typeof given === 'string' ? given.toLowerCase() : ''
  if (entry['disabled'] === true || entry['enabled'] === false) return 'it is disabled in its file'
  const address = entry['url'] ?? entry['serverUrl']
  if (typeof address === 'string' && unspoken[type] !== undefined) return unspoken[type]
  if (typeof entry['command'] === 'string' && entry['command'] !== '') return undefined
  if (typeof address !== 'string') return 'it has neither a command nor a url'
  return /^(?:https?:\/\/|\$\{)/i.test(address) ? undefined : 'its url is neither http nor https'
}

/** An entry that cannot be taken says why. */
export const importEntry = (was: string, entry: unknown, context: ImportContext): Import => {
  if (!isEntry(entry)) return { was, skipped: 'it is no table' }
  const skipped = skipReason(entry)
  if (skipped !== undefined) return { was, skipped }
  const name = freeName(backendNameFrom(was), context.names, context.label)
  const reading: Reading = {
    name,
    entry,
    context,
    own: new Map(),
    leftOut: [],
    notes: [],
    faults: [],
  }
  const { command, url = entry['serverUrl'] } = entry
  const values =
    typeof command === 'string' && command !== ''
      ? stdioValues(reading, command)
      : httpValues(reading, typeof url === 'string' ? url : '')
  const [fault] = reading.faults
  if (fault !== undefined) return { was, skipped: fault }
  context.names.add(name)
  return { values, was, leftOut: reading.leftOut, notes: reading.notes }
}
