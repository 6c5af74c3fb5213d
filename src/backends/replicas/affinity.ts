// Which replica began what only it can go on with: a task, or a call that waits for answers of the client.
import { LRUCache } from 'lru-cache'
import type { JsonObject } from '../../base/json.ts'
import { isJsonObject } from '../../base/json.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { methodSpec } from '../../mcp/methods.ts'

/** What is forgotten first goes to any replica. */
const mostBegun = 10_000

export interface Affinity {
  /** The replica that the call has to go to; undefined: to any. */
  of(call: Call): number | undefined
  /** Notes what the reply began there. */
  note(call: Call, reply: Reply, replica: number): void
}

const textIn = (object: JsonObject | undefined, name: string): string | undefined => {
  const value = object?.[name]
  return typeof value === 'string' ? value : undefined
}

/** `requestState` (MCP 2026-07-28), and the id of a task, which both eras put at another place. */
const marks = [Buffer.from('"requestState"'), Buffer.from('"taskId"')]

const begunBy = (reply: Reply): readonly string[] => {
  if (reply.kind !== 'result') return []
  const { buffer, byteOffset, byteLength } = reply.result.bytes()
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  if (!marks.some((mark) => bytes.includes(mark))) return []
  const result = valueIfObject(reply.result)
  const task = isJsonObject(result?.['task']) ? result['task'] : undefined
  return [
    textIn(result, 'requestState'),
    textIn(result, 'taskId') ?? textIn(task, 'taskId'),
  ].filter((id) => id !== undefined)
}

export const createAffinity = (): Affinity => {
  const begun = new LRUCache<string, number>({ max: mostBegun })
  return {
    of: ({ request: { params } }) => {
      const id = textIn(params, 'requestState') ?? textIn(params, 'taskId')
      return id === undefined ? undefined : begun.get(id)
    },
    note: ({ request }, reply, replica) => {
      if (methodSpec(request.method)?.asks !== true) return
      for (const id of begunBy(reply)) begun.set(id, replica)
    },
  }
}
