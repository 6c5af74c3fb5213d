// The proxy's own tools as the router and the lists see them: a member like any backend, whose list depends on the caller.
import { LRUCache } from 'lru-cache'
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Caller, Handler } from '../../mcp/call.ts'
import type { ToolAnnotations } from '../../mcp/tool-annotations.ts'
import type { BackendLists } from '../lists/backend-lists.ts'
import type { Entries } from '../lists/entries.ts'
import type { ListKind } from '../lists/list-kinds.ts'
import type { Upstream } from '../lists/member.ts'
import { ownNames } from '../names/own-names.ts'
import { ownBackend } from './own-backend.ts'

/** One of them as a caller is shown it. */
export interface OwnTool {
  /** The proxy's own name for it, by which the policy knows it. */
  readonly local: string
  /** As clients see it, its name included. */
  readonly item: JsonObject
  readonly annotations: ToolAnnotations
}

/** What one caller is shown. */
export interface OwnList {
  readonly tools: readonly OwnTool[]
  readonly ttlMs: number
}

export interface OwnMemberParts {
  /** Own name to the name that clients see, of all that there may be. */
  readonly names: ReadonlyMap<string, string>
  /** The very list as long as nothing of it changes. */
  readonly list: (caller: Caller) => Promise<OwnList>
  /** Callers with equal keys are shown the same. */
  readonly viewKey: (caller: Caller) => string
  readonly handle: Handler
  readonly ports: Pick<Ports, 'clock'>
}

/** Nothing else shortens how long clients may keep a list. */
const longestMs = 86_400_000
const mostViews = 256

const nothing = (now: number): Entries => ({
  items: [],
  local: new Map(),
  ttlMs: longestMs,
  cacheScope: 'public',
  fetchedAt: now,
})

const entriesOf = ({ tools, ttlMs }: OwnList, now: number): Entries => ({
  items: tools.map(({ item }) => item),
  local: new Map(tools.map(({ local, item }) => [item['name'] as string, local])),
  ttlMs,
  cacheScope: 'public',
  fetchedAt: now,
  annotations: new Map(tools.map(({ local, annotations }) => [local, annotations])),
})

export const ownMember = ({ names, list, viewKey, handle, ports }: OwnMemberParts): Upstream => {
  const now = ports.clock.now()
  const empty = nothing(now)
  /** Where they lead; not every caller is shown all of them. */
  const all: Entries = {
    ...empty,
    local: new Map([...names].map(([local, exposed]) => [exposed, local])),
  }
  const made = new WeakMap<OwnList, Entries>()
  const latest = new LRUCache<string, Entries>({ max: mostViews })
  const keyOf = (caller: Caller) => `${caller.client.era} ${viewKey(caller)}`
  const fetch = async (caller: Caller): Promise<Entries> => {
    const listed = await list(caller)
    const entries = made.get(listed) ?? entriesOf(listed, now)
    made.set(listed, entries)
    latest.set(keyOf(caller), entries)
    return entries
  }
  const listsOf = (
    atHand: () => Entries,
    get: (() => Promise<Entries>) | undefined,
  ): BackendLists => {
    const known = (kind: ListKind) => (kind === 'tools' ? atHand() : empty)
    const asked = (kind: ListKind) =>
      kind === 'tools' && get !== undefined ? get() : Promise.resolve(known(kind))
    return {
      peek: known,
      latest: known,
      get: asked,
      recheck: asked,
      renew: asked,
      trouble: () => undefined,
      close: () => undefined,
    }
  }
  const lists = listsOf(() => all, undefined)
  return {
    backend: ownBackend(handle, now),
    handle,
    names: ownNames(names),
    lists,
    views: {
      exclusive: true,
      of: () => lists,
      seenBy: (caller: Caller) =>
        listsOf(
          () => latest.get(keyOf(caller)) ?? empty,
          () => fetch(caller),
        ),
      close: () => undefined,
    },
    required: false,
  }
}
