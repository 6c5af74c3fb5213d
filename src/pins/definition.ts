// What of a tool is pinned, and how two definitions differ.
import { canonical } from '../base/canonical-json.ts'
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'

/** Pictures are shown to people and may move; the rest of `_meta` is about the message. */
const notPinned: ReadonlySet<string> = new Set(['icons', '_meta'])

/** In `_meta`: the view that a host opens for the tool (MCP Apps). */
const pinnedMeta: ReadonlySet<string> = new Set(['ui', 'ui/resourceUri'])

const entriesIn = (object: JsonObject, takes: (name: string) => boolean) =>
  Object.entries(object).filter(([name, value]) => value !== undefined && takes(name))

/** All that a model or a host reads of a tool before it calls it. */
export const definitionOf = (tool: JsonObject): JsonObject => {
  const meta = tool['_meta']
  const ui = isJsonObject(meta) ? entriesIn(meta, (name) => pinnedMeta.has(name)) : []
  const own = Object.fromEntries(entriesIn(tool, (name) => !notPinned.has(name)))
  const whole = ui.length === 0 ? own : { ...own, _meta: Object.fromEntries(ui) }
  // As a file has it: numbers with more digits than a double become doubles on both sides.
  return JSON.parse(writeJson(whole)) as JsonObject
}

export const isSameDefinition = (one: JsonObject, other: JsonObject): boolean =>
  canonical(one) === canonical(other)

export interface Difference {
  /** Such as `inputSchema.properties.path.description`; elements of lists by their index. */
  readonly path: string
  /** Undefined: it is not there. */
  readonly before: Json | undefined
  readonly after: Json | undefined
}

const isBranch = (value: Json | undefined): value is JsonObject | readonly Json[] =>
  typeof value === 'object' && value !== null

const step = (path: string, key: string, isIndex: boolean): string => {
  if (isIndex) return `${path}[${key}]`
  const word = /^[\w$-]+$/.test(key) ? key : JSON.stringify(key)
  return path === '' ? word : `${path}.${word}`
}

const memberOf = (value: Json | undefined, key: string): Json | undefined =>
  isBranch(value) && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined

/** In the order of the names; a member that is new or gone is one difference with all below it. */
export const differences = (
  before: Json | undefined,
  after: Json | undefined,
  path = '',
): readonly Difference[] => {
  if (canonical(before ?? null) === canonical(after ?? null)) return []
  const isList = Array.isArray(before) && Array.isArray(after)
  const areObjects = isJsonObject(before) && isJsonObject(after)
  if (!isList && !areObjects) return [{ path, before, after }]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys
    .toSorted((a, b) => (isList ? Number(a) - Number(b) : a < b ? -1 : 1))
    .flatMap((key) =>
      differences(memberOf(before, key), memberOf(after, key), step(path, key, isList)),
    )
}

const mostNamed = 5

/** The paths that differ, for one line. */
export const changedPaths = (found: readonly Difference[]): string => {
  const paths = found.slice(0, mostNamed).map(({ path }) => path)
  const more = found.length - paths.length
  return more > 0 ? `${paths.join(', ')} and ${more} more` : paths.join(', ')
}
