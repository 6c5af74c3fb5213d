// Where answers are kept, and how they become outdated: the contract between the layer and memory or Redis.
import type { LazyObject } from '../mcp/lazy-object.ts'

/** Something whose change makes answers outdated: tools or resources of the backend, one resource, or what a caller changed. */
export type Topic = string

export interface Question {
  /** The call: method, canonical arguments, and how its answer may differ. Without the caller. */
  readonly id: string
  /** Whose answer it is; answers for all are looked for too. */
  readonly owner: string
  /** Whose writes are the owner's own: the same person with other scopes, or through another client, is one. */
  readonly writer: string
  /** Whose change makes every answer to it outdated, beside what the writer changes. */
  readonly topics: readonly Topic[]
}

/** An answer as it is kept. */
export interface Kept {
  readonly result: LazyObject
  /** Milliseconds since it came. */
  readonly ageMs: number
}

/** Where the topics of a question were when it was asked: an answer that comes after a change is outdated at once. */
export type Stamp = unknown

export interface Missed {
  readonly stamp: Stamp
}

export interface CacheStore {
  /** Undefined: the store does not answer now, and nothing is to be kept. */
  find(question: Question): Found | Promise<Found>
  /** `isPublic`: for all callers. */
  keep(
    question: Question,
    stamp: Stamp,
    answer: { readonly bytes: Uint8Array; readonly ttlMs: number; readonly isPublic: boolean },
  ): void
  /** Every answer about that is outdated. */
  outdate(topic: Topic): void
  /** Drops everything of this backend. */
  clear(): void | Promise<void>
  /** How many answers are kept; undefined where that is not known. */
  readonly entries: number | undefined
}

export type Found = Kept | Missed | undefined

export const isKept = (found: Found): found is Kept => found !== undefined && 'result' in found

/** Answers for all callers. */
export const everyone = ''

/** What that writer changes: outdated for itself, and what is for everyone by the change of anyone. */
export const writesOf = (writer: string): Topic => `writes ${writer}`

/** The cache of one backend, with what it has counted. */
export interface OpenCache {
  readonly store: CacheStore
  readonly counts: { hits: number; misses: number }
}
