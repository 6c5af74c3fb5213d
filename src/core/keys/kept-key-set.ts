// The key set that is kept: how old it is, whether it still counts, and what can be said of a key without a fetch.
import type { Clock } from '../../base/clock.ts'
import { quote } from '../../base/quote.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { fail, skip, type Check } from '../verdict/check.ts'
import { knowsKid, lookUp } from './key-lookup.ts'
import type { KeySetExamination } from './key-set.ts'
import type { KeyLookup, KeyQuery } from './key-source.ts'

const second = 1000
const minute = 60 * second
/** The part of its freshness after which a set is fetched again. */
const refreshAt = 0.8
/** How long a set without usable keys must be served before it replaces one with some. */
const emptySetDoubtMs = 10 * minute

/** A key set with the answer that it came in. */
export interface FetchedKeySet {
  readonly set: KeySetExamination
  readonly text: string
  readonly url: string
  /** Milliseconds since the Unix epoch. */
  readonly fetchedAt: number
  readonly freshMs: number
  /** What the Date of the answer said about our clock. */
  readonly clock: Check
}

/** Why the last fetch brought no key set. */
export interface FetchTrouble {
  readonly problem: Problem
  readonly checks: readonly Check[]
}

export interface KeptKeySet {
  /** Counts the changes of the document. */
  readonly revision: number
  readonly isEmpty: boolean
  readonly isFresh: boolean
  /** Fresh, or not older than stale keys may be. */
  readonly isUsable: boolean
  readonly trouble: FetchTrouble | undefined
  /** How long until it is time for a newer one; 0 where there is trouble or nothing kept. */
  dueInMs(): number
  /** Why keys cannot be given now; undefined when they can. */
  failure(): Problem | undefined
  knows(kid: string | undefined): boolean
  /** What can be said without another fetch. `waitMs`: until the next one is allowed. */
  answer(query: KeyQuery, waitMs: number): KeyLookup
  /** That nothing can be said, and why: the last trouble, unless another reason is given. */
  undecided(waitMs: number, because?: Problem): KeyLookup
  failed(trouble: FetchTrouble): void
  /** Whether a set that lost every usable key is not believed yet. Counts from the first time it is seen. */
  isDoubtful(set: KeySetExamination): boolean
  /** Replaces what is kept; returns the ids that now belong to another key. */
  take(fetched: FetchedKeySet): readonly string[]
}

const pending = problemOf('jwks-fetch', 'pending')

const undecidedLookup = (
  problem: Problem,
  reasons: readonly Check[],
  retryAfterSeconds: number | undefined,
): KeyLookup => {
  const because = 'there is no key set'
  return {
    checks: [
      fail(problem),
      ...reasons,
      skip('sig-kid-found', because),
      skip('sig-kid-ambiguous', because),
      skip('sig-key-fit', because),
    ],
    candidates: [],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}

const kidsReused = (before: KeySetExamination, after: KeySetExamination): readonly string[] =>
  after.keys.flatMap(({ kid, key }) => {
    const old = before.keys.find((other) => other.kid === kid)?.key
    const changed = kid !== undefined && old !== undefined && key !== undefined && !old.equals(key)
    return changed ? [kid] : []
  })

/** Makes no request: everything here follows from what was taken, the last trouble and the time. */
class Kept implements KeptKeySet {
  revision = 0
  trouble: FetchTrouble | undefined
  private held: FetchedKeySet | undefined
  private doubtfulSince: number | undefined
  private readonly clock: Clock
  private readonly maxStaleMs: number

  constructor(clock: Clock, maxStaleMs: number) {
    this.clock = clock
    this.maxStaleMs = maxStaleMs
  }

  private get ageMs(): number {
    return this.held === undefined ? Infinity : this.clock.now() - this.held.fetchedAt
  }

  get isEmpty(): boolean {
    return this.held === undefined
  }

  get isFresh(): boolean {
    return this.held !== undefined && this.ageMs < this.held.freshMs
  }

  get isUsable(): boolean {
    return this.isFresh || this.ageMs < this.maxStaleMs
  }

  dueInMs(): number {
    if (this.held === undefined || this.trouble !== undefined) return 0
    return Math.max(0, this.held.freshMs * refreshAt - this.ageMs)
  }

  failure(): Problem | undefined {
    return this.isUsable ? undefined : (this.trouble?.problem ?? pending)
  }

  knows(kid: string | undefined): boolean {
    return this.held !== undefined && knowsKid(this.held.set, kid)
  }

  undecided(waitMs: number, because?: Problem): KeyLookup {
    const problem = because ?? this.trouble?.problem ?? pending
    const seconds = waitMs > 0 ? Math.ceil(waitMs / second) : undefined
    return undecidedLookup(problem, this.trouble?.checks ?? [], seconds)
  }

  answer(query: KeyQuery, waitMs: number): KeyLookup {
    const { held, trouble } = this
    if (held === undefined) return this.undecided(waitMs)
    const age = Math.round(this.ageMs / second)
    if (!this.isUsable) {
      const why = trouble?.problem.detail ?? 'no fetch'
      return this.undecided(waitMs, problemOf('jwks-fetch', 'stale', { why, age }))
    }
    if (trouble !== undefined && held.set.usable > 0 && !this.knows(query.kid)) {
      // The key may be new: an issuer that is down is no reason to call its token invalid.
      const values = { why: trouble.problem.detail, kid: quote(query.kid) }
      return this.undecided(waitMs, problemOf('jwks-fetch', 'new-kid', values))
    }
    return lookUp(query, { set: held.set, place: held.url, ageSeconds: age, clock: held.clock })
  }

  failed(trouble: FetchTrouble): void {
    this.trouble = trouble
  }

  isDoubtful(set: KeySetExamination): boolean {
    if (set.usable > 0 || this.held === undefined || this.held.set.usable === 0) return false
    const now = this.clock.now()
    this.doubtfulSince ??= now
    return now - this.doubtfulSince < emptySetDoubtMs
  }

  take(fetched: FetchedKeySet): readonly string[] {
    const { held } = this
    if (held?.text !== fetched.text) this.revision += 1
    this.held = fetched
    this.trouble = undefined
    this.doubtfulSince = undefined
    return held === undefined ? [] : kidsReused(held.set, fetched.set)
  }
}

/** `maxStaleMs`: how long keys stay usable after the last successful fetch when no newer can be had. */
export const createKeptKeySet = (clock: Clock, maxStaleMs: number): KeptKeySet =>
  new Kept(clock, maxStaleMs)
