// What differs between two configurations, key by key, in a form that can be logged.
import { Secret } from '../base/secret.ts'
import { isSecretPath } from './json-schema.ts'
import { showKey, type KeyPath } from './key-path.ts'
import { PathMap } from './path-map.ts'
import type { Config } from './schema.ts'

export interface ConfigChange {
  /** As it is written in the file, list members by name: `backends[files].url`. */
  readonly key: string
  /** JSON text; null where the key is not set, undefined where the value is not shown. */
  readonly before: string | null | undefined
  readonly after: string | null | undefined
}

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret)

/** The member that names an element of a list. */
const nameKeys: Readonly<Record<string, string>> = {
  backends: 'name',
  issuers: 'issuer',
  admin_tokens: 'name',
}

const longestShown = 200

/** Arguments, addresses and headers of backends are plain text and can contain secrets; a digest leads to a weak token. */
const isHidden = (path: KeyPath, value: unknown): boolean =>
  isSecretPath(path) ||
  path.includes('admin_tokens') ||
  (path[0] === 'backends' && typeof value !== 'number' && typeof value !== 'boolean')

const shown = (path: KeyPath, value: unknown): string | null | undefined => {
  if (value === undefined) return null
  if (isHidden(path, value)) return undefined
  const text = JSON.stringify(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}...` : text
}

const equal = (a: unknown, b: unknown): boolean => {
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.equals(b.reveal())
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, at) => equal(one, b[at]))
  }
  if (isMembers(a) && isMembers(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) =>
      equal(a[key], b[key]),
    )
  }
  return a === b
}

const byName = (list: readonly unknown[], nameKey: string): Members =>
  Object.fromEntries(
    list.flatMap((one) => (isMembers(one) ? [[String(one[nameKey]), one] as const] : [])),
  )

interface Place {
  readonly path: KeyPath
  readonly key: string
  /** Values that are not shown, with 0 for every position in a list. */
  readonly hidden: PathMap<true>
}

const compare = (
  before: unknown,
  after: unknown,
  { path, key, hidden }: Place,
): readonly ConfigChange[] => {
  if (equal(before, after)) return []
  const nameKey = nameKeys[String(path.at(-1))]
  if (nameKey !== undefined && (Array.isArray(before) || Array.isArray(after))) {
    const old = byName(Array.isArray(before) ? before : [], nameKey)
    const now = byName(Array.isArray(after) ? after : [], nameKey)
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    const changes = names.flatMap((name) =>
      compare(old[name], now[name], {
        path: [...path, 0],
        key: `${key}[${showKey(name)}]`,
        hidden,
      }),
    )
    // The same members in another order.
    return changes.length > 0 ? changes : [{ key, before: undefined, after: undefined }]
  }
  if (isMembers(before) && isMembers(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      compare(before[name], after[name], {
        path: [...path, name],
        key: key === '' ? showKey(name) : `${key}.${showKey(name)}`,
        hidden,
      }),
    )
  }
  const isHidden = hidden.reaches(path)
  const side = (value: unknown) =>
    isHidden && value !== undefined ? undefined : shown(path, value)
  return [{ key, before: side(before), after: side(after) }]
}

/** In the order of the schema; empty where both say the same. The values at the paths of `hidden` are not shown. */
export const configDifference = (
  before: Config,
  after: Config,
  hidden: readonly KeyPath[] = [],
): readonly ConfigChange[] => {
  const places = hidden.map((path) => path.map((key) => (typeof key === 'number' ? 0 : key)))
  return compare(before, after, { path: [], key: '', hidden: PathMap.of(places) })
}
