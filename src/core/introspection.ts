// Decides about tokens by asking their authorization server (RFC 7662): once per token and while, never more than it bears.
import type { Ports } from '../base/ports.ts'
import { createBreaker } from './breaker.ts'
import type { ClaimPolicy } from './claim-policy.ts'
import { skip, type Check } from './check.ts'
import type { ClientCredentials } from './client-authentication.ts'
import type { SignedAnswerOptions } from './introspection-jwt.ts'
import { probeIntrospection, type IntrospectionProbe } from './introspection-probe.ts'
import { findEndpoint, type Endpoint, type EndpointSource } from './endpoint.ts'
import { createFlightLimit } from './flight-limit.ts'
import {
  createIntrospectionCache,
  introspectionKey,
  type CachedAnswer,
} from './introspection-cache.ts'
import { judgeIntrospection } from './introspection-judgement.ts'
import {
  requestIntrospection,
  type IntrospectionAnswer,
  type IntrospectionExchange,
} from './introspection-request.ts'
import { failedChecks, judge } from './judge.ts'
import { skippedClaims } from './claims.ts'
import { checkInput } from './token-input.ts'
import type { Principal, TokenValidator, Verdict } from './verdict.ts'

export interface IntrospectionOptions {
  readonly endpoint: EndpointSource
  readonly credentials: ClientCredentials
  readonly policy: ClaimPolicy
  readonly ports: Ports
  readonly cacheTtlSeconds: number
  readonly negativeCacheTtlSeconds: number
  /** Whether an answer that says `no-store` is not remembered. Default: false, real servers say it always. */
  readonly respectNoStore?: boolean
  /** Believe signed answers only (RFC 9701), and how to verify them. */
  readonly signedAnswers?: SignedAnswers
  readonly allowHttp?: boolean
  /** For one call, a second try included. Default: 3 s. */
  readonly timeoutMs?: number
}

export type SignedAnswers = Omit<SignedAnswerOptions, 'clock' | 'clientId'>

/** Everything that one question brought to light. */
export interface Introspection extends IntrospectionExchange {
  readonly verdict: Verdict
}

export interface IntrospectionValidator extends TokenValidator {
  /** Asks past the cache, and shows the raw exchange beside the verdict. */
  introspect(token: string, signal: AbortSignal): Promise<Introspection>
  /** Whether the endpoint answers anybody: asks it about a random token without credentials. */
  probe(signal: AbortSignal): Promise<IntrospectionProbe>
  /** Why no token can be decided now; undefined as far as is known. */
  failure(): string | undefined
  close(): void
}

/** An acceptance drawn from a remembered answer: true until a date check can change its mind. */
interface Drawn {
  readonly verdict: Verdict
  readonly key: string
  readonly endpoint: string | undefined
  readonly hit: CachedAnswer
  readonly from: number
  readonly until: number
}

const isTrue = ({ from, until }: Drawn, now: number): boolean => now >= from && now < until

interface Outcome extends IntrospectionExchange {
  /** What discovery has to say when there is no endpoint. */
  readonly advice: readonly Check[]
  /** When the answer has to be asked for again. */
  readonly until: number
}

const maxInFlight = 64
const maxWaiting = 256
const breakerFailures = 5
const breakerOpenMs = 10_000
const defaultTimeoutMs = 3000

const neverAccepted = (): Principal => {
  throw new Error('a token was accepted that nobody was asked about')
}

const unreachable = (detail: string, retryAfterSeconds?: number): IntrospectionAnswer => ({
  kind: 'unreachable',
  detail,
  retryAfterSeconds,
})

const troubleOf = (answer: IntrospectionAnswer | undefined): string | undefined => {
  if (answer?.kind === 'unverified') return failedChecks(answer.checks)[0]?.message
  return answer !== undefined && 'detail' in answer ? answer.detail : undefined
}

const secondsOf = (ms: number): number | undefined => (ms > 0 ? Math.ceil(ms / 1000) : undefined)

/** The shared work, or undefined when this caller left before it was done. */
const untilGone = async <Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> => {
  const ended = new AbortController()
  const gone = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { signal: ended.signal })
  })
  try {
    return await Promise.race([work, gone])
  } finally {
    ended.abort()
  }
}

/**
 * Answers are remembered: time, issuer, audience and scopes count on every hit, and a hit is synchronous. Does not read the token: a JWT that could be refused locally is asked about
 * all the same, unless `fallback` stands before it.
 */
export const createIntrospectionValidator = (
  options: IntrospectionOptions,
): IntrospectionValidator => {
  const { policy, ports, credentials } = options
  const { clock, log } = ports
  const closed = new AbortController()
  const cache = createIntrospectionCache({
    clock,
    ttlSeconds: options.cacheTtlSeconds,
    negativeTtlSeconds: options.negativeCacheTtlSeconds,
  })
  const limit = createFlightLimit(maxInFlight, maxWaiting)
  const breaker = createBreaker({ clock, failures: breakerFailures, openMs: breakerOpenMs })
  const drawn = new WeakMap<CachedAnswer, Drawn>()
  const acceptances = new WeakMap<Verdict, Drawn>()
  const flights = new Map<string, Promise<Outcome>>()
  /** The endpoint that the cached answers are from; known after the first question. */
  let known = typeof options.endpoint === 'function' ? undefined : options.endpoint.url
  let lastTrouble: IntrospectionAnswer | undefined

  const keyOf = (token: string): string =>
    introspectionKey(known ?? '', credentials.clientId, token)

  const outcome = (
    answer: IntrospectionAnswer,
    exchange?: Outcome['exchange'],
    advice: readonly Check[] = [],
  ): Outcome => ({ answer, exchange, advice, until: clock.now() })

  /** Says again what the last call said, for the calls that are not made. */
  const refusedByBreaker = (): Outcome => {
    if (lastTrouble !== undefined && lastTrouble.kind !== 'unreachable') return outcome(lastTrouble)
    const why = lastTrouble?.kind === 'unreachable' ? lastTrouble.detail : 'the last calls failed'
    return outcome(unreachable(`${why} (not asked again yet)`, secondsOf(breaker.waitMs()) ?? 1))
  }

  const note = ({ answer, exchange }: IntrospectionExchange, url: string): void => {
    // A server that says 500 is up, and often it is one token that it chokes on: whoever sends such
    // tokens must not shut out the others.
    const isUp = answer.kind === 'answer' || exchange?.status === 500
    breaker.record(isUp)
    lastTrouble = isUp ? undefined : answer
    if (answer.kind === 'client-refused') {
      log.error(
        { introspection_endpoint: url, client_id: credentials.clientId, detail: answer.detail },
        'the authorization server refused our own credentials: check client_id, client_secret, client_auth',
      )
    } else if (answer.kind === 'unverified') {
      const detail = failedChecks(answer.checks).map(({ message }) => message)
      log.error(
        { introspection_endpoint: url, detail },
        'a signed introspection answer is not proven',
      )
    } else if (answer.kind === 'unreachable') {
      log.warn({ introspection_endpoint: url, detail: answer.detail }, 'introspection failed')
    }
  }

  const proven = async (answer: IntrospectionAnswer): Promise<IntrospectionAnswer> => {
    const { signedAnswers: signed } = options
    if (answer.kind !== 'signed' || signed === undefined) return answer
    // Loaded by whoever needs it: the command line starts without.
    const { verifySignedAnswer } = await import('./introspection-jwt.ts')
    const clientId = credentials.clientId ?? ''
    return verifySignedAnswer(answer.jwt, { ...signed, clientId, clock }, closed.signal)
  }

  const call = async (token: string, endpoint: Endpoint): Promise<Outcome> => {
    const asked = await requestIntrospection(
      token,
      {
        url: endpoint.url,
        reach: endpoint.reach,
        credentials,
        answerForm: options.signedAnswers === undefined ? 'json' : 'jwt',
        allowHttp: options.allowHttp ?? false,
        timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      },
      ports,
      closed.signal,
    )
    const answer = await proven(asked.answer)
    if (closed.signal.aborted) return outcome(unreachable('the validator was closed'))
    note({ ...asked, answer }, endpoint.url)
    if (answer.kind !== 'answer') return outcome(answer, asked.exchange)
    const control = asked.exchange?.headers['cache-control'] ?? ''
    const mayStore = options.respectNoStore !== true || !/no-store/i.test(control)
    const { until } = cache.put(keyOf(token), answer.body, mayStore)
    return { answer, exchange: asked.exchange, advice: [], until }
  }

  const ask = async (token: string): Promise<Outcome> => {
    const endpoint = await findEndpoint(options.endpoint, closed.signal)
    if ('missing' in endpoint) {
      const { missing, checks, retryAfterMs } = endpoint
      return outcome(unreachable(missing, secondsOf(retryAfterMs)), undefined, checks)
    }
    known = endpoint.url
    const admitted = async (): Promise<Outcome> =>
      breaker.admits() ? call(token, endpoint) : refusedByBreaker()
    return (
      (await limit.run(admitted)) ??
      outcome(unreachable('too many introspection calls are waiting', 1))
    )
  }

  const fly = (token: string): Promise<Outcome> => {
    const key = keyOf(token)
    const flying = flights.get(key)
    if (flying !== undefined) return flying
    const flight = ask(token).finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }

  const conclude = (token: string, before: readonly Check[], found: Outcome): Verdict =>
    judgeIntrospection(found.answer, {
      token,
      policy,
      nowSeconds: clock.now() / 1000,
      before: [...before, ...found.advice],
      answerEnds: found.until,
    })

  /**
   * Answer and policy of a hit are those of the time before, so only the clock can change the verdict;
   * where it cannot either, the checks need not run again.
   */
  const onHit = (token: string, key: string, hit: CachedAnswer): Verdict => {
    const now = clock.now()
    const entry = drawn.get(hit)
    if (entry !== undefined && isTrue(entry, now)) return entry.verdict
    const answer: IntrospectionAnswer = {
      kind: 'answer',
      body: hit.body,
      ...(options.signedAnswers === undefined ? {} : { signed: true }),
    }
    const verdict = conclude(token, checkInput(token), { ...outcome(answer), until: hit.until })
    if (verdict.outcome === 'accepted') {
      // Dates that had come by then have come ever after: only the end is left to watch.
      const until = verdict.expiresAt ?? hit.until
      const made = { verdict, key, endpoint: known, hit, from: now, until }
      drawn.set(hit, made)
      acceptances.set(verdict, made)
    }
    return verdict
  }

  const leftBehind = (): Outcome => outcome(unreachable('given up by the caller'))

  const refusedInput = (before: readonly Check[]): Verdict =>
    judge(
      [...before, ...skippedClaims('what was sent is not a whole token')],
      neverAccepted,
      undefined,
    )

  return {
    validate: (token, signal) => {
      const key = keyOf(token)
      const hit = cache.get(key)
      if (hit !== undefined) return onHit(token, key, hit)
      const before = checkInput(token)
      if (failedChecks(before).length > 0) return refusedInput(before)
      return untilGone(fly(token), signal).then((found) =>
        conclude(token, before, found ?? leftBehind()),
      )
    },
    holds: (verdict) => {
      const entry = acceptances.get(verdict)
      return (
        entry !== undefined &&
        isTrue(entry, clock.now()) &&
        entry.endpoint === known &&
        cache.get(entry.key) === entry.hit
      )
    },
    introspect: async (token, signal) => {
      const before = checkInput(token)
      if (failedChecks(before).length > 0) {
        const answer = unreachable('nobody was asked: what was sent is not a whole token')
        return { exchange: undefined, answer, verdict: refusedInput(before) }
      }
      const found = (await untilGone(fly(token), signal)) ?? leftBehind()
      const { exchange, answer } = found
      return { exchange, answer, verdict: conclude(token, before, found) }
    },
    probe: async (signal) => {
      const endpoint = await findEndpoint(options.endpoint, signal)
      return 'missing' in endpoint
        ? { check: skip('intro-open', endpoint.missing), exchange: undefined }
        : probeIntrospection(endpoint, ports, { allowHttp: options.allowHttp ?? false, signal })
    },
    failure: () => (breaker.waitMs() === 0 ? undefined : troubleOf(lastTrouble)),
    close: () => closed.abort(),
  }
}
