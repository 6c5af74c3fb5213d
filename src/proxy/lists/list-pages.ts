// One list of one backend, fetched to its last page within limits: how many, how large, how long. Where that fails after
// the first page, what came is the list.
import { within } from '../../base/within.ts'
import { numberOf } from '../../base/exact-json.ts'
import { errorCodes } from '../../base/error-codes.ts'
import type { Json } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Call, Caller, Handler, Peer, Reply } from '../../mcp/call.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { notOffered } from '../../mcp/questions.ts'
import { newestLegacy, newestModern, type Era } from '../../mcp/revision.ts'
import { listSpecs, type ListKind } from './list-kinds.ts'

export const listLimits = {
  deadlineMs: 10_000,
  maxPages: 100,
  maxItems: 10_000,
  maxBytes: 32 * 1024 * 1024,
}

/** Asks for no caller, in the words of either era. */
export const theProxy = (era: Era): Caller => ({
  principal: { method: 'none', key: 'proxy', scopes: [], audience: [], claims: {} },
  client: {
    era,
    protocolVersion: era === 'modern' ? newestModern : newestLegacy,
    capabilities: {},
  },
  operator: true,
})

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
  caller: { ...caller, session: undefined },
  peer: peerOf(caller),
  signal,
  requestId: 'proxy',
})

export interface Pages {
  readonly items: readonly Json[]
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
  /** Why more may be missing; undefined: it came to its end. */
  readonly lacks?: Omit<NoList, 'isGarbage'>
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

/** What has come so far. */
interface Gathering {
  readonly items: Json[]
  pages: number
  ttlMs: number
  cacheScope: Pages['cacheScope']
}

/** A list of which something came is shown as far as it came. */
const cutShort = ({ items, cacheScope }: Gathering, none: NoList): Fetched => {
  const { why, costly } = none
  return items.length === 0 ? none : { items, ttlMs: 0, cacheScope, lacks: { why, costly } }
}

/** Undefined at the end of the list. */
const fetchPages = async (
  handle: Handler,
  kind: ListKind,
  caller: Caller,
  signal: AbortSignal,
  came: Gathering,
): Promise<NoList | undefined> => {
  const { maxPages, maxItems, maxBytes } = listLimits
  const { items } = came
  const cursors = new Set<string>()
  let bytes = 0
  let cursor: string | undefined
  let before: Uint8Array | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const reply = await handle(listCall(listSpecs[kind].method, cursor, caller, signal))
    if (reply.kind !== 'result') {
      const absent = reply.kind === 'error' && reply.error.code === errorCodes.methodNotFound
      return absent && page === 0 ? undefined : none(reasonOf(reply))
    }
    const result = valueIfObject(reply.result)
    if (result === undefined) return garbage('the result is not JSON')
    const part = result[kind]
    if (!Array.isArray(part)) return garbage(`the result holds no array ${kind}`)
    const text = reply.result.bytes()
    bytes += text.length
    if (before !== undefined && Buffer.compare(before, text) === 0) {
      return endless(`the same page of ${kind} twice: the cursor changes nothing`)
    }
    before = text
    if (items.length + part.length > maxItems) return endless(`more than ${maxItems} ${kind}`)
    if (bytes > maxBytes) return endless(`more than ${maxBytes} bytes of ${kind}`)
    if (signal.aborted) return none('it is too late')
    items.push(...(part as readonly Json[]))
    came.pages += 1
    came.ttlMs = Math.min(came.ttlMs, numberOf(result['ttlMs']) ?? 0)
    if (result['cacheScope'] !== 'public') came.cacheScope = 'private'
    const next = result['nextCursor']
    if (next === undefined || next === null) return undefined
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
  work: (signal: AbortSignal) => Promise<NoList | undefined>,
): Promise<NoList | undefined> => {
  const { deadlineMs } = listLimits
  const deadline = new AbortController()
  try {
    return await within(work(deadline.signal), { ms: deadlineMs, clock }, () =>
      endless(`no answer within ${deadlineMs / 1000} s`),
    )
  } catch (error) {
    return none(error instanceof Error ? error.message : 'the list is unreadable')
  } finally {
    deadline.abort()
  }
}

/** One list of a backend to its end, in its own names. */
export const fetchList = async (
  handle: Handler,
  kind: ListKind,
  ports: Pick<Ports, 'clock'>,
  caller: Caller = theProxy('modern'),
): Promise<Fetched> => {
  const came: Gathering = {
    items: [],
    pages: 0,
    ttlMs: Number.POSITIVE_INFINITY,
    cacheScope: 'public',
  }
  const fault = await withinDeadline(ports, (signal) =>
    fetchPages(handle, kind, caller, signal, came),
  )
  if (fault !== undefined) return cutShort(came, fault)
  const { items, pages, ttlMs, cacheScope } = came
  return pages === 0 ? noPages : { items, ttlMs, cacheScope }
}
