// What one backend lists: fetched when asked for, all pages at once, and kept until the backend says otherwise.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import type { Backend } from '../backends/backend.ts'
import type { Call, Handler, Peer, Reply } from '../mcp/call.ts'
import { mirroringOf, type Mirrored } from '../mcp/param-headers.ts'
import { newestModern } from '../mcp/revision.ts'
import { sessionForm } from '../mcp/structured.ts'
import { changedKinds, listKinds, listSpecs, type ListKind } from './list-kinds.ts'
import type { BackendNames } from './names.ts'

export interface Entries {
  /** As clients see them, in the order of the backend. */
  readonly items: readonly JsonObject[]
  /** Exposed name or URI to the backend's own. */
  readonly local: ReadonlyMap<string, string>
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
  readonly fetchedAt: number
  /** The arguments that headers repeat, by the backend's own name of the tool; undefined where no tool has any. */
  readonly mirrored?: ReadonlyMap<string, readonly Mirrored[]>
  /** By exposed name: the tools that sessions are shown in another form; undefined where all are shown as they are. */
  readonly sessionForms?: ReadonlyMap<string, JsonObject>
}

export interface BackendLists {
  /** What is at hand, however old. */
  peek(kind: ListKind): Entries | undefined
  /** Undefined when the backend could not tell. */
  get(kind: ListKind): Entries | undefined | Promise<Entries | undefined>
  /** For a name that was not found: asks again unless the answer is quite new. */
  recheck(kind: ListKind): Entries | undefined | Promise<Entries | undefined>
  /** Asks again, however new the answer is that is at hand. */
  renew(kind: ListKind): Promise<Entries | undefined>
  close(): void
}

/** Without a promise to announce changes, and for names that nobody knows: a flood of them costs little. */
const unannouncedMs = 5_000
/** Even announced changes can get lost with a stream. */
const announcedMs = 60_000
const deadlineMs = 10_000
const maxPages = 100
const maxItems = 10_000

const silentPeer: Peer = {
  notify: () => undefined,
  ask: () =>
    Promise.resolve({ kind: 'error', error: { code: -32_601, message: 'Method not found' } }),
}

/** Lists are the proxy's own questions, asked once for all callers. */
const listCall = (method: string, cursor: string | undefined, signal: AbortSignal): Call => ({
  request: {
    jsonrpc: '2.0',
    id: `proxy:${method}`,
    method,
    ...(cursor === undefined ? {} : { params: { cursor } }),
  },
  principal: { method: 'none', key: 'proxy', scopes: [], audience: [], claims: {} },
  client: { era: 'modern', protocolVersion: newestModern, capabilities: {} },
  peer: silentPeer,
  signal,
  requestId: 'proxy',
})

interface Pages {
  readonly items: readonly Json[]
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

const empty: Pages = { items: [], ttlMs: 0, cacheScope: 'public' }

/** The reason why there is no list, as a string. */
type Fetched = Pages | string

const reasonOf = (reply: Exclude<Reply, { kind: 'result' }>): string =>
  reply.kind === 'error'
    ? `error ${reply.error.code}`
    : `${reply.problem.code}: ${reply.problem.detail}`

const fetchPages = async (
  handle: Handler,
  kind: ListKind,
  signal: AbortSignal,
): Promise<Fetched> => {
  const items: Json[] = []
  let ttlMs = Number.POSITIVE_INFINITY
  let cacheScope: Pages['cacheScope'] = 'public'
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const reply = await handle(listCall(listSpecs[kind].method, cursor, signal))
    if (reply.kind !== 'result') {
      const absent = reply.kind === 'error' && reply.error.code === -32_601
      return absent ? empty : reasonOf(reply)
    }
    const result = reply.result.value()
    const part = result[kind]
    if (!Array.isArray(part)) return `the result holds no array ${kind}`
    items.push(...(part as readonly Json[]))
    if (items.length > maxItems) return `more than ${maxItems} ${kind}`
    ttlMs = Math.min(ttlMs, typeof result['ttlMs'] === 'number' ? result['ttlMs'] : 0)
    if (result['cacheScope'] !== 'public') cacheScope = 'private'
    const next = result['nextCursor']
    if (typeof next !== 'string') return { items, ttlMs, cacheScope }
    cursor = next
  }
  return `more than ${maxPages} pages of ${kind}`
}

/** Cancels the work at the deadline. */
const withinDeadline = async (
  { clock }: Pick<Ports, 'clock'>,
  work: (signal: AbortSignal) => Promise<Fetched>,
): Promise<Fetched> => {
  const deadline = new AbortController()
  try {
    return await Promise.race([
      work(deadline.signal),
      clock
        .sleep(deadlineMs, deadline.signal)
        .then(() => `no answer within ${deadlineMs / 1000} s`),
    ])
  } catch (error) {
    return error instanceof Error ? error.message : 'the list is unreadable'
  } finally {
    deadline.abort()
  }
}

/** One list of a backend to its end, in its own names; a string says why there is none. */
export const fetchList = (
  handle: Handler,
  kind: ListKind,
  ports: Pick<Ports, 'clock'>,
): Promise<Fetched> => withinDeadline(ports, (signal) => fetchPages(handle, kind, signal))
/** Of the tools those that can be called; a schema that is wrong about headers must be refused (MCP 2026-07-28). */
const readMirrored = (
  pages: Pages,
  refuse: (tool: string, why: string) => boolean,
): { readonly pages: Pages; readonly mirrored: Map<string, readonly Mirrored[]> } => {
  const mirrored = new Map<string, readonly Mirrored[]>()
  const items = pages.items.filter((item) => {
    const name = isJsonObject(item) ? item['name'] : undefined
    if (!isJsonObject(item) || typeof name !== 'string') return false
    const mirroring = mirroringOf(item['inputSchema'])
    if (!mirroring.valid) return !refuse(name, mirroring.why)
    if (mirroring.mirrored.length > 0) mirrored.set(name, mirroring.mirrored)
    return true
  })
  return { pages: { ...pages, items }, mirrored }
}

const none: ReadonlyMap<string, JsonObject> = new Map()

const readSessionForms = (items: readonly JsonObject[]): ReadonlyMap<string, JsonObject> => {
  const forms = new Map<string, JsonObject>()
  for (const item of items) {
    const form = sessionForm(item)
    if (form !== undefined) forms.set(item['name'] as string, form)
  }
  return forms
}

const expose = (names: BackendNames, kind: ListKind, pages: Pages, now: number): Entries => {
  const { key } = listSpecs[kind]
  const items: JsonObject[] = []
  const local = new Map<string, string>()
  for (const item of pages.items) {
    const own = isJsonObject(item) ? item[key] : undefined
    if (!isJsonObject(item) || typeof own !== 'string') continue
    const exposed = key === 'name' ? names.exposeName(own) : names.exposeUri(own)
    if (local.has(exposed)) continue
    local.set(exposed, own)
    items.push(exposed === own ? item : { ...item, [key]: exposed })
  }
  const ttlMs = Number.isFinite(pages.ttlMs) ? Math.max(0, pages.ttlMs) : 0
  return { items, local, ttlMs, cacheScope: pages.cacheScope, fetchedAt: now }
}

export const createBackendLists = (
  backend: Backend,
  handle: Handler,
  names: BackendNames,
  ports: Pick<Ports, 'clock' | 'log'>,
): BackendLists => {
  const kept = new Map<ListKind, Entries>()
  const flights = new Map<ListKind, Promise<Entries | undefined>>()
  const { clock, log } = ports

  const forget = (kinds: readonly ListKind[]) => {
    for (const kind of kinds) {
      kept.delete(kind)
      // A flight that began before the change may land with what was true before it.
      flights.delete(kind)
    }
  }
  const unsubscribe = backend.subscribe((event) => {
    if (event.kind === 'notification') forget(changedKinds(event.notification.method))
    else if (event.health.state === 'up') forget(listKinds)
  })

  const declared = (kind: ListKind): JsonObject | undefined => {
    const { health } = backend
    const capability =
      health.state === 'up' ? health.capabilities[listSpecs[kind].capability] : undefined
    return isJsonObject(capability) ? capability : undefined
  }

  const fetchUnlessAbsent = async (kind: ListKind): Promise<Fetched> => {
    if (backend.health.state === 'up' && declared(kind) === undefined) return empty
    return fetchList(handle, kind, ports)
  }

  const exposed = (kind: ListKind, pages: Pages): Entries => {
    const { health } = backend
    if (kind !== 'tools') return expose(names, kind, pages, clock.now())
    // In the session era the annotation means nothing, right or wrong.
    const refuses = health.state === 'up' && health.era === 'modern'
    const read = readMirrored(pages, (tool, why) => {
      const told = { backend: backend.name, tool, why }
      if (refuses) log.warn(told, 'tool left out: its schema is wrong about headers')
      return refuses
    })
    const entries = expose(names, kind, read.pages, clock.now())
    const sessionForms = refuses ? readSessionForms(entries.items) : none
    return {
      ...entries,
      ...(read.mirrored.size === 0 ? {} : { mirrored: read.mirrored }),
      ...(sessionForms.size === 0 ? {} : { sessionForms }),
    }
  }

  const fetchNow = (kind: ListKind): Promise<Entries | undefined> => {
    const running = flights.get(kind)
    if (running !== undefined) return running
    const flight: Promise<Entries | undefined> = fetchUnlessAbsent(kind).then((fetched) => {
      const current = flights.get(kind) === flight
      if (current) flights.delete(kind)
      if (typeof fetched === 'string') {
        log.warn({ backend: backend.name, list: kind, why: fetched }, 'list skipped')
        return undefined
      }
      const entries = exposed(kind, fetched)
      if (current) kept.set(kind, entries)
      return entries
    })
    flights.set(kind, flight)
    return flight
  }

  const youngerThan = (kind: ListKind, ms: number): Entries | undefined => {
    const entries = kept.get(kind)
    return entries !== undefined && clock.now() - entries.fetchedAt < ms ? entries : undefined
  }

  return {
    peek: (kind) => kept.get(kind),
    get: (kind) => {
      const announced = declared(kind)?.['listChanged'] === true
      return youngerThan(kind, announced ? announcedMs : unannouncedMs) ?? fetchNow(kind)
    },
    recheck: (kind) => youngerThan(kind, unannouncedMs) ?? fetchNow(kind),
    renew: fetchNow,
    close: unsubscribe,
  }
}
