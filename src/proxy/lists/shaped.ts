// The lists of a backend in the shape that the operator gave them: made once for each list that came.
import type { JsonObject } from '../../base/json.ts'
import { mirroringOf, type Mirrored } from '../../mcp/param-headers.ts'
import type { Shape } from '../../shaping/shape.ts'
import { withAliases, type BackendNames } from '../names/names.ts'
import type { BackendLists } from './backend-lists.ts'
import type { Entries } from './entries.ts'
import { listSpecs, targetKinds, type ListKind } from './list-kinds.ts'
import type { ListViews } from './list-views.ts'
import type { Upstream } from './member.ts'
import { readSessionForms } from './tool-facts.ts'

/** Undefined where no tool has any. By the backend's own name. */
const shownMirrored = (
  entries: Entries,
  tools: readonly (readonly [local: string, tool: JsonObject])[],
): Entries['shownMirrored'] => {
  if (entries.mirrored === undefined) return undefined
  const shown = new Map<string, readonly Mirrored[]>()
  for (const [local, tool] of tools) {
    const mirroring = entries.mirrored.has(local) ? mirroringOf(tool['inputSchema']) : undefined
    if (mirroring?.valid === true) shown.set(local, mirroring.mirrored)
  }
  return shown
}

/** `names`: with aliases. An item whose name another one has now is left out. */
export const shapedEntries = (
  kind: ListKind,
  entries: Entries,
  { shape, names }: { readonly shape: Shape; readonly names: BackendNames },
): Entries => {
  const target = targetKinds[kind]
  if (!shape.changes(target)) return entries
  const { key } = listSpecs[kind]
  const local = new Map<string, string>()
  const shaped = entries.items.flatMap((item): (readonly [string, JsonObject])[] => {
    const exposed = item[key] as string
    const own = entries.local.get(exposed) ?? exposed
    const name = kind === 'tools' ? names.exposeTool(own) : exposed
    if (name === undefined) return []
    local.set(name, own)
    return [[own, { ...shape.item(target, own, item), [key]: name }]]
  })
  const items = shaped.map(([, item]) => item)
  if (kind !== 'tools') return { ...entries, items, local }
  const { sessionForms, ...rest } = entries
  const mirrored = shownMirrored(entries, shaped)
  return {
    ...rest,
    items,
    local,
    ...(sessionForms === undefined ? {} : { sessionForms: readSessionForms(items) }),
    ...(mirrored === undefined ? {} : { shownMirrored: mirrored }),
  }
}

type Shapes = (kind: ListKind, entries: Entries) => Entries

const shapedLists = (lists: BackendLists, shapes: Shapes): BackendLists => {
  const of = (kind: ListKind, entries: Entries | undefined): Entries | undefined =>
    entries === undefined ? undefined : shapes(kind, entries)
  const later = (
    kind: ListKind,
    asked: ReturnType<BackendLists['get']>,
  ): ReturnType<BackendLists['get']> =>
    asked instanceof Promise ? asked.then((entries) => of(kind, entries)) : of(kind, asked)
  return {
    ...lists,
    peek: (kind) => of(kind, lists.peek(kind)),
    latest: (kind) => of(kind, lists.latest(kind)),
    get: (kind, caller) => later(kind, lists.get(kind, caller)),
    recheck: (kind, caller) => later(kind, lists.recheck(kind, caller)),
    renew: async (kind) => of(kind, await lists.renew(kind)),
  }
}

const shapedViews = (
  views: ListViews,
  shaped: (lists: BackendLists) => BackendLists,
): ListViews => ({
  exclusive: views.exclusive,
  of: (era) => shaped(views.of(era)),
  seenBy: (caller) => {
    const own = views.seenBy(caller)
    return own === undefined ? undefined : shaped(own)
  },
  close: () => views.close(),
})

/** The member as the operator shaped it; the very member where nothing is shaped. */
export const shapedMember = (member: Upstream, shape: Shape | undefined): Upstream => {
  if (shape === undefined) return member
  const names = withAliases(member.names, shape.aliases)
  const entriesMade = new WeakMap<Entries, Entries>()
  const shapes: Shapes = (kind, entries) => {
    const known = entriesMade.get(entries) ?? shapedEntries(kind, entries, { shape, names })
    entriesMade.set(entries, known)
    return known
  }
  const listsMade = new WeakMap<BackendLists, BackendLists>()
  const shaped = (lists: BackendLists): BackendLists => {
    const known = listsMade.get(lists) ?? shapedLists(lists, shapes)
    listsMade.set(lists, known)
    return known
  }
  return {
    ...member,
    names,
    lists: shaped(member.lists),
    views: shapedViews(member.views, shaped),
    shapeArguments: shape.args,
  }
}
