// The lists of all backends as one: merged in the order of the configuration, first name wins, paged by us.
import { downProblem, notSent, unavailable } from '../../backends/failure.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Logger } from '../../base/ports.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import { lazyFromValue, type LazyObject } from '../../mcp/lazy-object.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import { withoutTaskSupport } from '../../mcp/tasks.ts'
import type { Target } from '../../policy/policy.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { Entries } from './entries.ts'
import type { ListKind } from './list-kinds.ts'
import type { Upstream } from './member.ts'
import { mergeLists } from './merged.ts'

/** What callers of one view are shown: the same object as long as nothing of it changes. */
export interface Snapshot {
  readonly parts: readonly (Entries | undefined)[]
  readonly items: readonly JsonObject[]
  /** What each item is, in the order of `items`. */
  readonly targets: readonly Target[]
  readonly sessionForms: ReadonlyMap<JsonObject, JsonObject>
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
  /** Serialised pages, by offset. */
  readonly pages: Map<number, LazyObject>
}

/** What all backends list, and what of it callers of each view are shown. */
interface Merged extends Snapshot {
  readonly views: Map<string, Snapshot>
}

const mostViews = 256
const mostSnapshots = 1024

export interface Listing {
  list(kind: ListKind, call: Call): Promise<Reply>
  /** All that the caller is shown, whatever backends are missing. */
  seen(kind: ListKind, caller: Caller): Promise<Snapshot>
}

export interface ListingOptions {
  /** Whether callers are told apart: then nobody else may keep what one of them was shown. */
  readonly privateLists: boolean
  readonly exposure: Pick<Exposure, 'restricts' | 'shows' | 'viewKey'>
  readonly log: Pick<Logger, 'warn'>
  readonly pageSize?: number
}

/** Opaque to clients: where the next page begins. */
const cursorOf = (offset: number): string => Buffer.from(`from:${offset}`).toString('base64url')

/** Undefined for a cursor that is not one of ours. */
const offsetOf = (cursor: unknown): number | undefined => {
  if (cursor === undefined) return 0
  if (typeof cursor !== 'string') return undefined
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const offset = /^from:([1-9]\d{0,9})$/.exec(text)?.[1]
  return offset === undefined ? undefined : Number(offset)
}

const shown = (
  { items, sessionForms }: Snapshot,
  offset: number,
  end: number,
  modern: boolean,
): readonly JsonObject[] => {
  const page = items.slice(offset, end)
  if (modern) return page.map(withoutTaskSupport)
  return sessionForms.size === 0 ? page : page.map((item) => sessionForms.get(item) ?? item)
}

/** Names that are logged as taken, in the life of one configuration. */
const mostShadowed = 1000

const badCursor: Reply = {
  kind: 'refusal',
  problem: problemOf('req-params', 'cursor'),
}

export const createListing = (
  members: readonly Upstream[],
  { privateLists, exposure, log, pageSize = 1000 }: ListingOptions,
): Listing => {
  /** Whether a member lists another thing to callers of another view. */
  const isVaried = members.some(({ views }) => views.exclusive)
  /** By kind, by era, by what callers can be asked, and where that matters by their view. */
  const snapshots = new Map<string, Merged>()
  /** What was logged: a backend that makes up names without end is not logged without end. */
  const shadowed = new Set<string>()

  const noteTaken = (kind: ListKind, name: string, backend: string, owner: string): void => {
    const key = `${kind} ${name} ${backend}`
    if (shadowed.size >= mostShadowed || shadowed.has(key)) return
    shadowed.add(key)
    log.warn({ list: kind, name, backend, owner }, 'name taken by an earlier backend')
  }

  const merge = (kind: ListKind, parts: readonly (Entries | undefined)[]): Merged => {
    const items: JsonObject[] = []
    const targets: Target[] = []
    const sessionForms = new Map<JsonObject, JsonObject>()
    const listed = parts.map((entries, index) => ({
      backend: members[index]?.backend.name ?? '',
      entries,
    }))
    for (const { item, exposed, target, sessionForm, taken } of mergeLists(kind, listed)) {
      if (taken !== undefined) {
        noteTaken(kind, exposed, target.backend, taken)
        continue
      }
      items.push(item)
      targets.push(target)
      if (sessionForm !== undefined) sessionForms.set(item, sessionForm)
    }
    const present = parts.filter((part) => part !== undefined)
    const isPublic = !privateLists && present.every((part) => part.cacheScope === 'public')
    return {
      parts,
      items,
      sessionForms,
      // A backend that was skipped may be back any moment.
      ttlMs: present.length < parts.length ? 0 : Math.min(...parts.map((part) => part?.ttlMs ?? 0)),
      cacheScope: isPublic ? 'public' : 'private',
      pages: new Map(),
      targets,
      views: new Map(),
    }
  }

  /** A name that the caller may not see hides that of a later backend all the same: calls go to the first. */
  const viewOf = (merged: Merged, caller: Caller): Snapshot => {
    if (!exposure.restricts) return merged
    const key = exposure.viewKey(caller)
    const known = merged.views.get(key)
    if (known !== undefined) return known
    const { views } = merged
    const items: JsonObject[] = []
    const targets: Target[] = []
    for (const [index, target] of merged.targets.entries()) {
      const item = merged.items[index]
      if (item === undefined || !exposure.shows(caller, target)) continue
      items.push(item)
      targets.push(target)
    }
    const view: Snapshot = { ...merged, items, targets, pages: new Map() }
    if (views.size >= mostViews) views.clear()
    views.set(key, view)
    return view
  }

  const partOf = async ({ backend, views }: Upstream, kind: ListKind, caller: Caller) => {
    const { era } = caller.client
    const opening = backend.prepare(era)
    if (opening !== undefined) await opening
    const own = views.seenBy(caller)
    const listed = own === undefined ? undefined : await own.get(kind, caller)
    if (listed !== undefined || (own !== undefined && views.exclusive)) return listed
    // Where the caller's own session cannot tell, what everybody is offered is better than nothing.
    return views.of(era).get(kind)
  }

  const snapshot = async (kind: ListKind, caller: Caller): Promise<Merged> => {
    const parts = await Promise.all(members.map((member) => partOf(member, kind, caller)))
    const { client } = caller
    const view = isVaried ? exposure.viewKey(caller) : ''
    const key = `${kind} ${client.era} ${questionCapabilities(client).key} ${view}`
    const last = snapshots.get(key)
    if (last !== undefined && last.parts.every((part, index) => part === parts[index])) return last
    const next = merge(kind, parts)
    if (snapshots.size >= mostSnapshots) snapshots.clear()
    snapshots.set(key, next)
    return next
  }

  const pageOf = (kind: ListKind, from: Snapshot, offset: number, modern: boolean): LazyObject => {
    const known = from.pages.get(offset)
    if (known !== undefined) return known
    const end = offset + pageSize
    const page = lazyFromValue({
      [kind]: shown(from, offset, end, modern),
      ...(end < from.items.length ? { nextCursor: cursorOf(end) } : {}),
      ...(modern ? { resultType: 'complete', ttlMs: from.ttlMs, cacheScope: from.cacheScope } : {}),
    })
    from.pages.set(offset, page)
    return page
  }

  /** Why there is no list at all. */
  const missing = ({ parts }: Snapshot, kind: ListKind): Problem | undefined => {
    const lacks = members.find(({ required }, index) => required && parts[index] === undefined)
    if (lacks === undefined) return undefined
    const { backend, lists } = lacks
    return (
      downProblem(backend) ??
      lists.trouble(kind) ??
      unavailable(backend.name, `it does not tell its ${kind}`)
    )
  }

  return {
    list: async (kind, call) => {
      const offset = offsetOf(call.request.params?.['cursor'])
      if (offset === undefined || offset % pageSize !== 0) return badCursor
      const { caller } = call
      const current = viewOf(await snapshot(kind, caller), caller)
      const problem = missing(current, kind)
      if (problem !== undefined) return notSent(problem)
      if (offset > 0 && offset >= current.items.length) return badCursor
      const result = pageOf(kind, current, offset, caller.client.era === 'modern')
      return { kind: 'result', result }
    },
    seen: async (kind, caller) => viewOf(await snapshot(kind, caller), caller),
  }
}
