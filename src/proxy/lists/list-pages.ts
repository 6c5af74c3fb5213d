// One list of one backend, fetched to its last page within limits: how many, how large, how long.
import { numberOf } from '../../base/exact-json.ts'
import { errorCodes } from '../../base/error-codes.ts'
import type { Json } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Call, Caller, Handler, Peer, Reply } from '../../mcp/call.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { notOffered } from '../../mcp/questions.ts'
import { newestModern } from '../../mcp/revision.ts'
import { listSpecs, type ListKind } from './list-kinds.ts'

export const listLimits = {
  deadlineMs: 10_000,
  maxPages: 100,
  maxItems: 10_000,
  maxBytes: 32 * 1024 * 1024,
}

const theProxy: Caller = {
  principal: { method: 'none', key: 'proxy', scopes: [], audience: [], claims: {} },
  client: { era: 'modern', protocolVersion: newestModern, capabilities: {} },
}

/** What a server asks meanwhile has nothing to do with the list. */
const peerOf = ({ session }: Caller): Peer => ({
  notify: () => undefined,
  ask: (question, ...rest) =>
    session?.ask(question, ...rest) ?? Promise.resolve(notOffered(question.method)),
})

/** Lists are the proxy's own questions, asked once for all who are offered the same. */
const listCall = (
  method: string,
  cursor: string | undefined,
  caller: Caller,
  signal: AbortSignal,
): Call => ({
  request: {
    jsonrpc: '2.0',
    id: `proxy:${method}`,
    method,
    ...(cursor === undefined ? {} : { params: { cursor } }),
  },
  // What the server asks meanwhile goes to the session; the list is for no session alone.
  caller: { principal: caller.principal, client: caller.client },
  peer: peerOf(caller),
  signal,
  requestId: 'proxy',
})

export interface Pages {
  readonly items: readonly Json[]
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

export const noPages: Pages = { items: [], ttlMs: 0, cacheScope: 'public' }

export interface NoList {
  readonly why: string
  /** It took many requests or much time to find out: not to be tried again at once. */
  readonly costly: boolean
  /** What came was no list, by the protocol. */
  readonly isGarbage: boolean
}

export type Fetched = Pages | NoList

const none = (why: string): NoList => ({ why, costly: false, isGarbage: false })
const endless = (why: string): NoList => ({ why, costly: true, isGarbage: false })
const garbage = (why: string): NoList => ({ why, costly: false, isGarbage: true })

const reasonOf = (reply: Exclude<Reply, { kind: 'result' }>): string =>
  reply.kind === 'error'
    ? `error ${reply.error.code}`
    : `${reply.problem.code}: ${reply.problem.detail}`

const fetchPages = async (
  handle: Handler,
  kind: ListKind,
  caller: Caller,
  signal: AbortSignal,
): Promise<Fetched> => {
  const { maxPages, maxItems, maxBytes } = listLimits
  const items: Json[] = []
  const cursors = new Set<string>()
  let ttlMs = Number.POSITIVE_INFINITY
  let cacheScope: Pages['cacheScope'] = 'public'
  let bytes = 0
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const reply = await handle(listCall(listSpecs[kind].method, cursor, caller, signal))
    if (reply.kind !== 'result') {
      const absent = reply.kind === 'error' && reply.error.code === errorCodes.methodNotFound
      return absent ? noPages : none(reasonOf(reply))
    }
    const result = valueIfObject(reply.result)
    if (result === undefined) return garbage('the result is not JSON')
    const part = result[kind]
    if (!Array.isArray(part)) return garbage(`the result holds no array ${kind}`)
    bytes += reply.result.bytes().length
    if (items.length + part.length > maxItems) return endless(`more than ${maxItems} ${kind}`)
    if (bytes > maxBytes) return endless(`more than ${maxBytes} bytes of ${kind}`)
    items.push(...(part as readonly Json[]))
    ttlMs = Math.min(ttlMs, numberOf(result['ttlMs']) ?? 0)
    if (result['cacheScope'] !== 'public') cacheScope = 'private'
    const next = result['nextCursor']
    if (next === undefined || next === null) return { items, ttlMs, cacheScope }
    if (typeof next !== 'string') return garbage('nextCursor is not a string')
    if (cursors.has(next)) return endless(`the same cursor twice in the pages of ${kind}`)
    cursors.add(next)
    cursor = next
  }
  return endless(`more than ${maxPages} pages of ${kind}`)
}

/** Cancels the work at the deadline. */
const withinDeadline = async (
  { clock }: Pick<Ports, 'clock'>,
  work: (signal: AbortSignal) => Promise<Fetched>,
): Promise<Fetched> => {
  const { deadlineMs } = listLimits
  const deadline = new AbortController()
  try {
    return await Promise.race([
      work(deadline.signal),
      clock
        .sleep(deadlineMs, deadline.signal)
        .then(() => endless(`no answer within ${deadlineMs / 1000} s`)),
    ])
  } catch (error) {
    return none(error instanceof Error ? error.message : 'the list is unreadable')
  } finally {
    deadline.abort()
  }
}

/** One list of a backend to its end, in its own names. */
export const fetchList = (
  handle: Handler,
  kind: ListKind,
  ports: Pick<Ports, 'clock'>,
  caller: Caller = theProxy,
): Promise<Fetched> => withinDeadline(ports, (signal) => fetchPages(handle, kind, caller, signal))
