// Values by the path of a key: a look-up takes as long as its path, however many there are.
import type { KeyPath } from './key-path.ts'

export class PathMap<T> {
  #value: T | undefined
  #below: Map<string | number, PathMap<T>> | undefined

  static of(paths: Iterable<KeyPath>): PathMap<true> {
    const map = new PathMap<true>()
    for (const path of paths) map.add(path, true)
    return map
  }

  /** Of two values for one path the first counts. `at` is where in the path this map is. */
  add(path: KeyPath, value: T, at = 0): void {
    const key = path[at]
    if (key === undefined) {
      this.#value ??= value
      return
    }
    this.#below ??= new Map()
    const next = this.#below.get(key) ?? new PathMap<T>()
    this.#below.set(key, next)
    next.add(path, value, at + 1)
  }

  /** What is known below one key; undefined where nothing is. */
  child(key: string | number): PathMap<T> | undefined {
    return this.#below?.get(key)
  }

  /** The value for the whole path. */
  get(path: KeyPath, at = 0): T | undefined {
    const key = path[at]
    return key === undefined ? this.#value : this.child(key)?.get(path, at + 1)
  }

  /** The value for the longest beginning of the path that has one, and its length. */
  nearest(path: KeyPath, at = 0): { readonly value: T; readonly length: number } | undefined {
    const key = path[at]
    const further = key === undefined ? undefined : this.child(key)?.nearest(path, at + 1)
    if (further !== undefined) return further
    return this.#value === undefined ? undefined : { value: this.#value, length: at }
  }

  /** Whether the path, or one that it begins, has a value. */
  reaches(path: KeyPath, at = 0): boolean {
    const key = path[at]
    if (key !== undefined) return this.child(key)?.reaches(path, at + 1) === true
    return this.#value !== undefined || this.#below !== undefined
  }
}

/** The tree without the members at these paths; list entries are left, so that positions stay true. */
export const without = (tree: unknown, paths: Iterable<KeyPath>): unknown => {
  const copy = (value: unknown, gone: PathMap<true> | undefined): unknown => {
    if (gone === undefined) return value
    if (Array.isArray(value)) return value.map((entry, index) => copy(entry, gone.child(index)))
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    const kept = Object.entries(value)
      .filter(([key]) => gone.child(key)?.get([]) === undefined)
      .map(([key, member]) => [key, copy(member, gone.child(key))] as const)
    return Object.fromEntries(kept)
  }
  return copy(tree, PathMap.of(paths))
}
