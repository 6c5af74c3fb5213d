// Keeps the key set of an issuer at hand: when to fetch it, how long to trust it, what to do when it cannot be had.
import { unlessAborted } from '../../base/within.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { createCoolDown } from '../../base/backoff.ts'
import { fail, type Check } from '../verdict/check.ts'
import { checkClock } from '../metadata/clock-check.ts'
import { findEndpoint, type EndpointSource, type MissingEndpoint } from '../metadata/endpoint.ts'
import { lookUp } from './key-lookup.ts'
import { freshnessOf, readKeySetAnswer, requestKeySet } from './key-set-request.ts'
import { examineKeySet } from './key-set.ts'
import { createKeptKeySet, type FetchedKeySet } from './kept-key-set.ts'
import { createRefetchLimit } from './refetch-limit.ts'
import type { KeyLookup, KeyQuery, KeySource } from './key-source.ts'

const second = 1000

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

const withoutEndpoint = (missing: MissingEndpoint['missing']): Problem =>
  'issuer' in missing
    ? problemOf('jwks-fetch', 'no-uri', missing)
    : problemOf('jwks-fetch', 'no-metadata', missing)

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
  const refetches = createRefetchLimit(clock)
  const kept = createKeptKeySet(clock, options.maxStaleSeconds * second)
  let flight: Promise<void> | undefined

  const failed = (problem: Problem, checks: readonly Check[] = []): void => {
    coolDown.failed()
    kept.failed({ problem, checks })
    const retry_in_ms = coolDown.waitMs()
    log.warn({ jwks_fetch: problem.detail, retry_in_ms }, 'could not fetch the key set')
  }
  const take = (fetched: FetchedKeySet): void => {
    const { url, set } = fetched
    if (kept.trouble !== undefined || kept.isEmpty) {
      log.info({ jwks_uri: url, keys: set.keys.length, usable: set.usable }, 'fetched the key set')
    }
    coolDown.succeeded()
    for (const kid of kept.take(fetched)) {
      log.warn({ jwks_uri: url, kid }, 'a kid names another key than before')
    }
  }
  const fetchSet = async (): Promise<void> => {
    const found = await findEndpoint(options.endpoint, closed.signal)
    if ('missing' in found) {
      // Whoever looks for the address counts its failures and logs them.
      coolDown.hold(found.retryAfterMs)
      kept.failed({ problem: withoutEndpoint(found.missing), checks: found.checks })
      return
    }
    const { url, reach } = found
    const { allowHttp = false } = options
    const answer = await requestKeySet(url, ports, { reach, allowHttp, signal: closed.signal })
    if (closed.signal.aborted) return
    const read = readKeySetAnswer(answer)
    if ('problem' in read) {
      failed(read.problem, read.isDocument ? [fail(read.problem)] : [])
      return
    }
    const set = examineKeySet(read.document)
    if (kept.isDoubtful(set)) {
      failed(problemOf('jwks-fetch', 'emptied', { url }))
      return
    }
    take({
      set,
      text: answer.body ?? '',
      url,
      fetchedAt: clock.now(),
      freshMs: freshnessOf(answer, set.usable),
      clock: checkClock([answer]),
    })
  }
  const refresh = (): Promise<void> => {
    flight ??= fetchSet().finally(() => {
      flight = undefined
    })
    return flight
  }
  const isTimely = (): boolean => kept.dueInMs() === 0 && coolDown.waitMs() === 0

  /** After a failed fetch the back-off alone says when to ask again. */
  const mayRefetchFor = ({ peer }: KeyQuery): boolean =>
    coolDown.waitMs() === 0 && (kept.trouble !== undefined || refetches.mayAsk(peer))
  const answer = (query: KeyQuery): KeyLookup => kept.answer(query, coolDown.waitMs())
  const peek = (query: KeyQuery): KeyLookup | undefined => {
    if (!kept.isFresh) return coolDown.waitMs() > 0 ? answer(query) : undefined
    if (kept.knows(query.kid)) return answer(query)
    return flight !== undefined || mayRefetchFor(query) ? undefined : answer(query)
  }
  const fetchFor = async (query: KeyQuery, signal: AbortSignal): Promise<KeyLookup> => {
    if (flight === undefined && kept.isFresh) refetches.asked(query.peer)
    await unlessAborted(refresh(), signal)
    return signal.aborted && flight !== undefined
      ? kept.undecided(coolDown.waitMs(), problemOf('jwks-fetch', 'gone'))
      : answer(query)
  }

  return {
    get revision() {
      return kept.revision
    },
    peek,
    find: (query, signal) => {
      const settled = peek(query)
      if (settled === undefined) return fetchFor(query, signal)
      if (isTimely()) void refresh()
      return settled
    },
    again: async (query, tried, signal) => {
      if (kept.revision !== tried) return answer(query)
      if (flight === undefined && !mayRefetchFor(query)) return undefined
      const found = await fetchFor(query, signal)
      return kept.revision === tried ? undefined : found
    },
    prepare: async () => {
      if (isTimely()) await refresh()
    },
    dueInMs: () =>
      kept.isEmpty || kept.trouble !== undefined ? coolDown.waitMs() : kept.dueInMs(),
    failure: () => kept.failure(),
    close: () => closed.abort(),
  }
}

/** Keys from a document that is at hand: no network, no age. Does not check where it came from. */
export const localKeySource = (document: unknown, place: string): KeySource => {
  const set = examineKeySet(document)
  const find = (query: KeyQuery): KeyLookup => lookUp(query, { set, place, ageSeconds: undefined })
  return { revision: 0, peek: find, find }
}
