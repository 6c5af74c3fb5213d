// Answers of a backend that are used again: reads of resources and calls of read-only tools, each for the caller that asked,
// unless the backend or the operator says that they are for all.
import { numberOf } from '../base/exact-json.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { backendCacheSchema, type BackendCacheConfig } from '../cache/cache-config.ts'
import {
  questionOf,
  resourcesTopic,
  toolsTopic,
  uriTopic,
  writerOf,
  type CopiedHeaders,
} from '../cache/question.ts'
import {
  everyone,
  isKept,
  writesOf,
  type Kept,
  type Missed,
  type OpenCache,
  type Question,
} from '../cache/store.ts'
import type { Call, Handler, Peer, Reply } from '../mcp/call.ts'
import { lazyFromValue, valueIfObject, type LazyObject } from '../mcp/lazy-object.ts'
import { listChanged, methodSpec } from '../mcp/methods.ts'
import { defineBackendLayer, type BackendContext } from './define.ts'
import { beginsAfresh, readOnlyCalls } from './repeatable.ts'

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const marks = {
  isError: Buffer.from('"isError"'),
  resultType: Buffer.from('"resultType"'),
  ttlMs: Buffer.from('"ttlMs"'),
  cacheScope: Buffer.from('"cacheScope"'),
} as const

/** A member of the result, which is parsed only where its text has the name. */
const memberOf = (result: LazyObject, name: keyof typeof marks): Json | undefined =>
  asBuffer(result.bytes()).includes(marks[name]) ? valueIfObject(result)?.[name] : undefined

interface Life {
  readonly ttlMs: number
  readonly isPublic: boolean
}

/** By the word of the backend, where results of the method have one. */
const saidLife = (result: LazyObject, longestMs: number, isPublic: boolean): Life => {
  const said = numberOf(memberOf(result, 'ttlMs'))
  return {
    ttlMs: said === undefined ? longestMs : Math.min(longestMs, said),
    isPublic: isPublic || memberOf(result, 'cacheScope') === 'public',
  }
}

const saysItself = (method: string): boolean => methodSpec(method)?.cacheable === true

/** How long and for whom an answer may be kept; undefined: not at all. */
const lifeOf = (
  method: string,
  result: LazyObject,
  longestMs: number,
  isPublic: boolean,
): Life | undefined => {
  if (memberOf(result, 'isError') === true) return undefined
  const type = memberOf(result, 'resultType')
  if (type !== undefined && type !== 'complete') return undefined
  const life = saysItself(method)
    ? saidLife(result, longestMs, isPublic)
    : { ttlMs: longestMs, isPublic }
  return life.ttlMs > 0 ? life : undefined
}

/** What was promised for a time is promised for what is left of it (MCP 2026-07-28, caching). */
const aged = (method: string, { result, ageMs }: Kept): Reply => {
  const ttlMs = saysItself(method) ? numberOf(memberOf(result, 'ttlMs')) : undefined
  if (ttlMs === undefined) return { kind: 'result', result }
  const left: JsonObject = { ...result.value(), ttlMs: Math.max(0, Math.floor(ttlMs - ageMs)) }
  return { kind: 'result', result: lazyFromValue(left) }
}

/** The peer of a call, which knows whether it was asked something. */
const questionable = (peer: Peer): Peer & { readonly wasAsked: boolean } => {
  const observed = {
    ...peer,
    wasAsked: false,
    ask: (...question: Parameters<Peer['ask']>) => {
      observed.wasAsked = true
      return peer.ask(...question)
    },
  }
  return observed
}

interface CacheParts {
  readonly config: BackendCacheConfig
  readonly cache: OpenCache
  readonly copied: CopiedHeaders | undefined
  readonly isReadOnly: (call: Call) => boolean
  readonly onLookup: (outcome: 'hit' | 'miss' | 'bypass') => void
  readonly onKept: (call: Call) => void
}

const ttlFor = ({ request: { method } }: Call, config: BackendCacheConfig): number => {
  if (method === 'resources/read') return config.resource_ttl_seconds * 1000
  return method === 'tools/call' ? config.tool_ttl_seconds * 1000 : 0
}

class CachedBackend {
  private readonly parts: CacheParts
  private readonly next: Handler

  constructor(parts: CacheParts, next: Handler) {
    this.parts = parts
    this.next = next
  }

  readonly handle = (call: Call): Promise<Reply> => {
    const { config, cache, copied, isReadOnly } = this.parts
    const isRead = call.request.method !== 'tools/call' || isReadOnly(call)
    if (!isRead) return this.write(call)
    const ttlMs = ttlFor(call, config)
    if (ttlMs === 0 || !beginsAfresh(call.request)) return this.next(call)
    const question = questionOf(call, { isPublic: config.public, copied })
    const found = cache.store.find(question)
    return found instanceof Promise
      ? found.then((one) => this.answer(call, question, one, ttlMs))
      : this.answer(call, question, found, ttlMs)
  }

  /** What it changes is outdated when it has ended, however it did. */
  private write(call: Call): Promise<Reply> {
    return this.next(call).finally(() => {
      const { store } = this.parts.cache
      store.outdate(writesOf(writerOf(call)))
      store.outdate(writesOf(everyone))
    })
  }

  private answer(
    call: Call,
    question: Question,
    found: Kept | Missed | undefined,
    ttlMs: number,
  ): Promise<Reply> {
    const { counts } = this.parts.cache
    if (found === undefined) {
      this.parts.onLookup('bypass')
      return this.next(call)
    }
    if (isKept(found)) {
      counts.hits += 1
      this.parts.onLookup('hit')
      call.onReused?.('cache')
      return Promise.resolve(aged(call.request.method, found))
    }
    counts.misses += 1
    this.parts.onLookup('miss')
    const peer = questionable(call.peer)
    return this.next({ ...call, peer, subject: question.id }).then((reply) => {
      // What a person answered is in it, and may be another thing the next time.
      if (!peer.wasAsked) this.keep(call, question, found, reply, ttlMs)
      return reply
    })
  }

  private keep(
    call: Call,
    question: Question,
    { stamp }: Missed,
    reply: Reply,
    longestMs: number,
  ): void {
    if (reply.kind !== 'result') return
    const { config, cache } = this.parts
    const life = lifeOf(call.request.method, reply.result, longestMs, config.public)
    if (life === undefined) return
    cache.store.keep(question, stamp, { bytes: reply.result.bytes(), ...life })
    this.parts.onKept(call)
  }
}

/** Resources whose changes the cache follows by itself; those of others it learns where a client asked for them. */
const mostWatched = 100

/** Outdates what the backend says has changed. */
const follow = (
  { backend, watchResource }: Pick<BackendContext, 'backend' | 'watchResource'>,
  { store }: OpenCache,
): ((uri: string) => void) => {
  backend.subscribe((event) => {
    if (event.kind === 'health') {
      // What came before may not be true of the server that answers now.
      for (const topic of [toolsTopic, resourcesTopic]) store.outdate(topic)
      return
    }
    const { method, params } = event.notification
    const uri = params?.['uri']
    if (method === listChanged.tools) store.outdate(toolsTopic)
    else if (method === listChanged.resources) store.outdate(resourcesTopic)
    else if (method === 'notifications/resources/updated' && typeof uri === 'string') {
      store.outdate(uriTopic(uri))
    }
  })
  const watched = new Set<string>()
  return (uri) => {
    if (watched.has(uri) || watched.size >= mostWatched) return
    watched.add(uri)
    watchResource?.(uri, (updated) => store.outdate(uriTopic(updated)))
  }
}

/** Outermost: an answer that is at hand takes no turn, no token of a limit and no time. */
export const cache = defineBackendLayer(
  {
    cache: backendCacheSchema
      .optional()
      .describe(
        'Cache answers: resources that were read, and results of tools with readOnlyHint or listed in `tools`; default: none',
      ),
  },
  ({ cache: config }, { meter }, context) => {
    const { cache: open, backend } = context
    if (config === undefined || open === undefined) return undefined
    const lookups = meter.counter('mcp_proxy_cache_lookups_total')
    const counted = {
      hit: lookups.at({ backend: backend.name, outcome: 'hit' }),
      miss: lookups.at({ backend: backend.name, outcome: 'miss' }),
      bypass: lookups.at({ backend: backend.name, outcome: 'bypass' }),
    }
    const watch = follow(context, open)
    const isReadOnly = readOnlyCalls(config.tools, context)
    const onKept = ({ request: { method, params } }: Call): void => {
      const uri = params?.['uri']
      if (method === 'resources/read' && typeof uri === 'string') watch(uri)
    }
    const onLookup = (outcome: keyof typeof counted) => counted[outcome].add()
    const { copiedHeaders: copied } = context
    const parts = { config, cache: open, copied, isReadOnly, onLookup, onKept }
    return (next) => new CachedBackend(parts, next).handle
  },
)
