// Keeps the key set of an issuer at hand: when to fetch it, how long to trust it, what to do when it cannot be had.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { createCoolDown } from '../../base/backoff.ts'
import { fail, skip, type Check } from '../verdict/check.ts'
import { checkClock } from '../metadata/clock-check.ts'
import { findEndpoint, type EndpointSource, type MissingEndpoint } from '../metadata/endpoint.ts'
import { knowsKid, lookUp } from './key-lookup.ts'
import { freshnessOf, readKeySetAnswer, requestKeySet } from './key-set-request.ts'
import { examineKeySet, type KeySetExamination } from './key-set.ts'
import { createRefetchLimit } from './refetch-limit.ts'
import type { KeyLookup, KeyQuery, KeySource } from './key-source.ts'
import { quote } from '../../base/quote.ts'

const second = 1000
const minute = 60 * second
const refreshAt = 0.8
/** How long an empty or unusable set must stand before it replaces a good one. */
const emptySetDoubtMs = 10 * minute

export interface RemoteKeyOptions {
  readonly endpoint: EndpointSource
  readonly ports: Ports
  /** How long keys stay usable after the last successful fetch when no newer can be had. 0: not at all. */
  readonly maxStaleSeconds: number
  readonly allowHttp?: boolean
}

export interface RemoteKeySource extends KeySource {
  /** Fetches when there are no keys or it is time for new ones, unless the last failure is too recent. */
  prepare(): Promise<void>
  /** How long until `prepare` has something to do again. */
  dueInMs(): number
  /** Why no key can be given now; undefined when keys are at hand. */
  failure(): Problem | undefined
  close(): void
}

interface Held {
  readonly set: KeySetExamination
  readonly text: string
  readonly url: string
  readonly fetchedAt: number
  readonly freshMs: number
  /** What the Date of the answer said about our clock. */
  readonly clock: Check
}

const pending = problemOf('jwks-fetch', 'pending')

const withoutEndpoint = (missing: MissingEndpoint['missing']): Problem =>
  'issuer' in missing
    ? problemOf('jwks-fetch', 'no-uri', missing)
    : problemOf('jwks-fetch', 'no-metadata', missing)

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

/** Resolves when the work does, or when the caller leaves; the work goes on for the others. */
const untilDoneOrGone = async (work: Promise<void>, signal: AbortSignal): Promise<void> => {
  const left = new AbortController()
  const gone = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { signal: left.signal })
  })
  await Promise.race([work, gone])
  left.abort()
}

/**
 * Keys from a URL. An unknown kid, or a key that did not verify, causes one fetch, then none until a
 * cool-down is over (refetch-limit.ts), so that garbage cannot hammer the issuer; a failed fetch never
 * throws away keys that are not too old. Does not check signatures.
 */
export const remoteKeySource = (options: RemoteKeyOptions): RemoteKeySource => {
  const { ports } = options
  const { clock, log } = ports
  const closed = new AbortController()
  const coolDown = createCoolDown(ports)
  let held: Held | undefined
  let revision = 0
  let flight: Promise<void> | undefined
  let trouble: { readonly problem: Problem; readonly checks: readonly Check[] } | undefined
  const refetches = createRefetchLimit(clock)
  let doubtfulSince: number | undefined

  const give = (set: Held): void => {
    if (held !== undefined) {
      for (const kid of kidsReused(held.set, set.set)) {
        log.warn({ jwks_uri: set.url, kid }, 'a kid names another key than before')
      }
    }
    if (held?.text !== set.text) revision += 1
    held = set
  }
  const failed = (problem: Problem, checks: readonly Check[] = []): void => {
    coolDown.failed()
    trouble = { problem, checks }
    log.warn(
      { jwks_fetch: problem.detail, retry_in_ms: coolDown.waitMs() },
      'could not fetch the key set',
    )
  }
  const succeeded = (url: string, set: KeySetExamination): void => {
    if (trouble !== undefined || held === undefined) {
      log.info({ jwks_uri: url, keys: set.keys.length, usable: set.usable }, 'fetched the key set')
    }
    coolDown.succeeded()
    trouble = undefined
    doubtfulSince = undefined
  }

  const fetchSet = async (): Promise<void> => {
    const found = await findEndpoint(options.endpoint, closed.signal)
    if ('missing' in found) {
      // Whoever looks for the address counts its failures and tells of them.
      coolDown.hold(found.retryAfterMs)
      trouble = { problem: withoutEndpoint(found.missing), checks: found.checks }
      return
    }
    const { url } = found
    const answer = await requestKeySet(url, ports, {
      reach: found.reach,
      allowHttp: options.allowHttp ?? false,
      signal: closed.signal,
    })
    if (closed.signal.aborted) return
    const read = readKeySetAnswer(answer)
    if ('problem' in read) {
      failed(read.problem, read.isDocument ? [fail(read.problem)] : [])
      return
    }
    const set = examineKeySet(read.document)
    const now = clock.now()
    if (set.usable === 0 && held !== undefined && held.set.usable > 0) {
      doubtfulSince ??= now
      if (now - doubtfulSince < emptySetDoubtMs) {
        failed(problemOf('jwks-fetch', 'emptied', { url }))
        return
      }
    }
    succeeded(url, set)
    const freshMs = freshnessOf(answer, set.usable)
    const agreement = checkClock([answer])
    give({ set, text: answer.body ?? '', url, fetchedAt: now, freshMs, clock: agreement })
  }
  const refresh = (): Promise<void> => {
    flight ??= fetchSet().finally(() => {
      flight = undefined
    })
    return flight
  }

  const ageMs = ({ fetchedAt }: Held): number => clock.now() - fetchedAt
  const isFresh = (set: Held): boolean => ageMs(set) < set.freshMs
  const isUsable = (set: Held): boolean =>
    isFresh(set) || ageMs(set) < options.maxStaleSeconds * second
  const isDue = (set: Held | undefined): boolean =>
    set === undefined || trouble !== undefined || ageMs(set) >= set.freshMs * refreshAt
  /** After a failed fetch the back-off alone says when to ask again. */
  const mayRefetchFor = ({ peer }: KeyQuery): boolean =>
    coolDown.waitMs() === 0 && (trouble !== undefined || refetches.mayAsk(peer))

  const undecided = (because?: Problem): KeyLookup => {
    const problem = because ?? trouble?.problem ?? pending
    const waitMs = coolDown.waitMs()
    const seconds = waitMs > 0 ? Math.ceil(waitMs / second) : undefined
    return undecidedLookup(problem, trouble?.checks ?? [], seconds)
  }
  /** What can be said without another fetch. */
  const answer = (query: KeyQuery): KeyLookup => {
    if (held === undefined) return undecided()
    if (!isUsable(held)) {
      const age = Math.round(ageMs(held) / second)
      const why = trouble?.problem.detail ?? 'no fetch'
      return undecided(problemOf('jwks-fetch', 'stale', { why, age }))
    }
    if (trouble !== undefined && held.set.usable > 0 && !knowsKid(held.set, query.kid)) {
      // The key may be new: an issuer that is down is no reason to call its token invalid.
      const values = { why: trouble.problem.detail, kid: quote(query.kid) }
      return undecided(problemOf('jwks-fetch', 'new-kid', values))
    }
    const ageSeconds = Math.round(ageMs(held) / second)
    return lookUp(query, { set: held.set, place: held.url, ageSeconds, clock: held.clock })
  }
  const peek = (query: KeyQuery): KeyLookup | undefined => {
    const waiting = coolDown.waitMs() > 0
    if (held === undefined || !isUsable(held) || !isFresh(held)) {
      return waiting ? answer(query) : undefined
    }
    if (knowsKid(held.set, query.kid)) return answer(query)
    return flight !== undefined || mayRefetchFor(query) ? undefined : answer(query)
  }
  const fetchFor = async (query: KeyQuery, signal: AbortSignal): Promise<KeyLookup> => {
    if (flight === undefined && held !== undefined && isFresh(held)) refetches.asked(query.peer)
    await untilDoneOrGone(refresh(), signal)
    return signal.aborted && flight !== undefined
      ? undecided(problemOf('jwks-fetch', 'gone'))
      : answer(query)
  }

  return {
    get revision() {
      return revision
    },
    peek,
    find: (query, signal) => {
      const settled = peek(query)
      if (settled === undefined) return fetchFor(query, signal)
      if (isDue(held) && coolDown.waitMs() === 0) void refresh()
      return settled
    },
    again: async (query, tried, signal) => {
      if (revision !== tried) return answer(query)
      if (flight === undefined && !mayRefetchFor(query)) return undefined
      const found = await fetchFor(query, signal)
      return revision === tried ? undefined : found
    },
    prepare: async () => {
      if (isDue(held) && coolDown.waitMs() === 0) await refresh()
    },
    dueInMs: () => {
      if (held === undefined || trouble !== undefined) return coolDown.waitMs()
      return Math.max(0, held.freshMs * refreshAt - ageMs(held))
    },
    failure: () => {
      if (held !== undefined && isUsable(held)) return undefined
      return trouble?.problem ?? pending
    },
    close: () => closed.abort(),
  }
}

/** Keys from a document that is at hand: no network, no age. Does not check where it came from. */
export const localKeySource = (document: unknown, place: string): KeySource => {
  const set = examineKeySet(document)
  const find = (query: KeyQuery): KeyLookup => lookUp(query, { set, place, ageSeconds: undefined })
  return { revision: 0, peek: find, find }
}
