// What several owners share and the last of them ends: kept by a key, made by whoever asks for it first.

export interface Lease<Value> {
  readonly value: Value
  /** Gives it back; the last owner ends the value. A second call does nothing. */
  release(graceMs?: number): Promise<void>
}

export interface Leases {
  /**
   * The value under this key, made where there is none. `end` runs once, when its last lease is released. A `make` that
   * fails leaves nothing behind.
   */
  take<Value>(
    key: string,
    make: () => Value | Promise<Value>,
    end: (value: Value, graceMs?: number) => void | Promise<void>,
  ): Promise<Lease<Value>>
  /** How many values are kept. */
  readonly size: number
}

interface Shared {
  readonly made: Promise<unknown>
  owners: number
}

export const createLeases = (): Leases => {
  const kept = new Map<string, Shared>()
  return {
    take: async (key, make, end) => {
      const known = kept.get(key)
      const shared = known ?? { made: Promise.resolve().then(make), owners: 0 }
      kept.set(key, shared)
      shared.owners += 1
      const leave = (): boolean => {
        shared.owners -= 1
        if (shared.owners > 0) return false
        kept.delete(key)
        return true
      }
      const value = (await shared.made.catch((error: unknown) => {
        leave()
        throw error
      })) as Awaited<ReturnType<typeof make>>
      let released: Promise<void> | undefined
      return {
        value,
        release: (graceMs) =>
          (released ??= leave() ? Promise.resolve(end(value, graceMs)) : Promise.resolve()),
      }
    },
    get size() {
      return kept.size
    },
  }
}
