// What counting answers, wherever the counts are.

/** One quota after it was asked. */
export interface Left {
  readonly isAllowed: boolean
  readonly remaining: number
  /** Until there is more: 0 where the quota is whole. */
  readonly waitMs: number
}

/** Requests in a period, by key. */
export interface Counts {
  /** As it is; takes nothing. */
  look(key: string): Left
  /** Takes one, where there is one. */
  take(key: string): Left
}

/** The same in a store that other processes use too. Undefined: it gave no answer in time. */
export interface SharedCounts {
  take(key: string): Promise<Left | undefined>
  /** For a request that another rule refused. */
  giveBack(key: string): void
}

export interface Rate {
  readonly requests: number
  readonly period_seconds: number
}

export interface SharedStore {
  counts(rule: Rate & { readonly name: string }): SharedCounts
  /** Opens the connection. A second call does nothing. */
  start(): void
  close(): void
}

/** As many keys as a rule remembers in memory: beyond it, those that are longest unused are forgotten. */
export const mostKeys = 10_000
