// What a backend listed, as clients see it: items that clients can read, under their exposed names.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { ToolAnnotations } from '../../mcp/tool-annotations.ts'
import { exposeView } from '../../mcp/apps.ts'
import { fitItem } from '../../mcp/item-shape.ts'
import type { Mirrored } from '../../mcp/param-headers.ts'
import type { Era } from '../../mcp/revision.ts'
import type { BackendNames } from '../names/names.ts'
import { listSpecs, type ListKind } from './list-kinds.ts'
import type { Pages } from './list-pages.ts'
import { readAnnotations, readHarmless, readMirrored, readSessionForms } from './tool-facts.ts'

export interface Entries {
  /** As clients see them, in the order of the backend. */
  readonly items: readonly JsonObject[]
  /** Exposed name or URI to the backend's own. */
  readonly local: ReadonlyMap<string, string>
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
  readonly fetchedAt: number
  /** More may be missing, so it is asked for again soon. */
  readonly isCut?: true
  /** The arguments that headers repeat, by the backend's own name of the tool; undefined where no tool has any. */
  readonly mirrored?: ReadonlyMap<string, readonly Mirrored[]>
  /** The same as callers see them, where the operator changed the parameters of tools. */
  readonly shownMirrored?: ReadonlyMap<string, readonly Mirrored[]>
  /** Of every tool, by the backend's own name. */
  readonly annotations?: ReadonlyMap<string, ToolAnnotations>
  /** The tools that may be carried out twice, by the backend's own names; undefined where it says so of none. */
  readonly harmless?: ReadonlySet<string>
  /** By exposed name: the tools that sessions are shown in another form; undefined where all are shown as they are. */
  readonly sessionForms?: ReadonlyMap<string, JsonObject>
}

/** What was wrong with single items, for the log. */
export interface ItemFaults {
  /** `kept`: whether it is shown all the same, with what was wrong set right. */
  readonly onFault: (kind: ListKind, name: string, faults: readonly string[], kept: boolean) => void
  /** A tool whose schema is wrong about headers, left out where the era demands it. */
  readonly onWrongHeaders: (tool: string, why: string) => void
}

export interface Exposure extends ItemFaults {
  readonly names: BackendNames
  /** The era in which the backend listed. */
  readonly era: Era
  readonly now: number
}

const nameOf = (kind: ListKind, item: Json): string | undefined => {
  const name = isJsonObject(item) ? item[listSpecs[kind].key] : undefined
  return typeof name === 'string' && name !== '' ? name.slice(0, 256) : undefined
}

const none: ReadonlyMap<string, JsonObject> = new Map()

const exposedItems = (kind: ListKind, pages: Pages, { names, now, onFault }: Exposure): Entries => {
  const { key } = listSpecs[kind]
  const items: JsonObject[] = []
  const local = new Map<string, string>()
  for (const item of pages.items) {
    const own = isJsonObject(item) ? item[key] : undefined
    if (!isJsonObject(item) || typeof own !== 'string') continue
    const exposed = key === 'name' ? names.exposeName(own) : names.exposeUri(own)
    if (local.has(exposed)) {
      // A list that was cut short may have sent one page again and again.
      const why = `${key} is listed twice: the first is kept`
      if (pages.lacks === undefined) onFault(kind, own.slice(0, 256), [why], false)
      continue
    }
    local.set(exposed, own)
    const named = exposed === own ? item : { ...item, [key]: exposed }
    items.push(kind === 'tools' && names.rewritesUris ? exposeView(named, names.exposeUri) : named)
  }
  const ttlMs = Number.isFinite(pages.ttlMs) ? Math.max(0, pages.ttlMs) : 0
  return { items, local, ttlMs, cacheScope: pages.cacheScope, fetchedAt: now }
}

/** One item that no client can read would cost them the lists of all backends. */
const readable = (kind: ListKind, pages: Pages, { era, onFault }: Exposure): Pages => {
  const items = pages.items.flatMap((came, index) => {
    const { item, faults } = fitItem(kind, came, era)
    if (faults.length > 0) {
      onFault(kind, nameOf(kind, came) ?? `item ${index + 1}`, faults, item !== undefined)
    }
    return item === undefined ? [] : [item]
  })
  return { ...pages, items }
}

export const entriesOf = (kind: ListKind, came: Pages, exposure: Exposure): Entries => {
  const pages = readable(kind, came, exposure)
  if (kind !== 'tools') return exposedItems(kind, pages, exposure)
  // In the session era the annotation means nothing, right or wrong.
  const refuses = exposure.era === 'modern'
  const read = readMirrored(pages, (tool, why) => {
    if (refuses) exposure.onWrongHeaders(tool, why)
    return refuses
  })
  const entries = exposedItems(kind, read.pages, exposure)
  const harmless = readHarmless(read.pages)
  const annotations = readAnnotations(read.pages)
  const sessionForms = refuses ? readSessionForms(entries.items) : none
  return {
    ...entries,
    annotations,
    ...(read.mirrored.size === 0 ? {} : { mirrored: read.mirrored }),
    ...(harmless.size === 0 ? {} : { harmless }),
    ...(sessionForms.size === 0 ? {} : { sessionForms }),
  }
}
