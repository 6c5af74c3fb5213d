// One server of another client's file becomes one backend of ours: what is taken, what becomes a variable, what is
// left out and why. Secrets are never taken.
import { problemOf, type Problem } from '../../problems/problem.ts'
import { backendNameFrom, freeName } from './backend-name.ts'
import { commonEntry } from './entry-dialects.ts'
import { remoteValues, type Remote } from './remote-entry.ts'
import { isEntry, type Entry, type ImportContext, type LeftOut, type Reading } from './reading.ts'
import { stdioValues } from './stdio-entry.ts'

const id = 'client-server'

/** Values as our configuration writes them. */
export interface BackendValues {
  readonly name: string
  readonly transport: 'stdio' | Remote
  readonly command?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly url?: string
  readonly bearer_token?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Imported {
  readonly values: BackendValues
  /** Its name in the file. */
  readonly was: string
  readonly leftOut: readonly LeftOut[]
  /** What a person should know about it. */
  readonly notes: readonly string[]
}

export type Import = Imported | { readonly was: string; readonly skipped: Problem }

/** What the entry calls its transport, or what its address says of it. */
const remoteOf = (entry: Entry): Remote => {
  const given = entry['type'] ?? entry['transport']
  const type = typeof given === 'string' ? given.toLowerCase() : ''
  const address = entry['url']
  if (type === 'ws' || type === 'websocket') return 'websocket'
  if (type === '' && typeof address === 'string' && /^wss?:/i.test(address)) return 'websocket'
  return type === 'sse' ? 'sse' : 'http'
}

const skipReason = (entry: Entry): Problem | undefined => {
  if (entry['disabled'] === true || entry['enabled'] === false) return problemOf(id, 'disabled')
  if (typeof entry['command'] === 'string' && entry['command'] !== '') return undefined
  const address = entry['url']
  if (typeof address !== 'string') {
    const isExtension = entry['source'] === 'extension' || isEntry(entry['settings'])
    return problemOf(id, isExtension ? 'extension' : 'bare')
  }
  if (remoteOf(entry) === 'websocket') {
    return /^(?:wss?:\/\/|\$\{)/i.test(address) ? undefined : problemOf(id, 'scheme-websocket')
  }
  return /^(?:https?:\/\/|\$\{)/i.test(address) ? undefined : problemOf(id, 'scheme-http')
}

/** An entry that cannot be taken says why. */
export const importEntry = (was: string, given: unknown, context: ImportContext): Import => {
  if (!isEntry(given)) return { was, skipped: problemOf(id, 'form') }
  const { entry, notes } = commonEntry(given)
  const skipped = skipReason(entry)
  if (skipped !== undefined) return { was, skipped }
  const name = freeName(backendNameFrom(was), context.names, context.label)
  const reading: Reading = {
    name,
    entry,
    context,
    own: new Map(),
    leftOut: [],
    notes: [...notes],
    faults: [],
  }
  const { command } = entry
  const address = entry['url']
  const values =
    typeof command === 'string' && command !== ''
      ? stdioValues(reading, command)
      : remoteValues(reading, typeof address === 'string' ? address : '', remoteOf(entry))
  const [fault] = reading.faults
  if (fault !== undefined) return { was, skipped: fault }
  context.names.add(name)
  return { values, was, leftOut: reading.leftOut, notes: reading.notes }
}
