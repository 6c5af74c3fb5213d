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

  /** Of two values for one path the first counts. */
  add(path: KeyPath, value: T): void {
    let map: PathMap<T> = this
    for (const key of path) {
      map.#below ??= new Map()
      const known: PathMap<T> | undefined = map.#below.get(key)
      const next: PathMap<T> = known ?? new PathMap<T>()
      if (known === undefined) map.#below.set(key, next)
      map = next
    }
    map.#value ??= value
  }

  /** What is known below one key; undefined where nothing is. */
  child(key: string | number): PathMap<T> | undefined {
    return this.#below?.get(key)
  }

  /** The value for the whole path. */
  get(path: KeyPath): T | undefined {
    let map: PathMap<T> | undefined = this
    for (const key of path) {
      map = map.child(key)
      if (map === undefined) return undefined
    }
    return map.#value
  }

  /** The value for the longest beginning of the path that has one, and its length. */
  nearest(path: KeyPath): { readonly value: T; readonly length: number } | undefined {
    let map: PathMap<T> = this
    let found = map.#value === undefined ? undefined : { value: map.#value, length: 0 }
    for (const [index, key] of path.entries()) {
      const next = map.child(key)
      if (next === undefined) break
      map = next
      if (map.#value !== undefined) found = { value: map.#value, length: index + 1 }
    }
    return found
  }

  /** Whether the path, or one that it begins, has a value. */
  reaches(path: KeyPath): boolean {
    let map: PathMap<T> | undefined = this
    for (const key of path) {
      map = map.child(key)
      if (map === undefined) return false
    }
    return map.#value !== undefined || map.#below !== undefined
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
