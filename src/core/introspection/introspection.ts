// Decides about tokens by asking their authorization server (RFC 7662): once per token and while, never more than it bears.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { unlessAborted } from '../../base/within.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import { skip, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { skippedClaims } from '../claims/claims.ts'
import { findEndpoint } from '../metadata/endpoint.ts'
import { createDrawnVerdicts } from './drawn-verdicts.ts'
import {
  createIntrospectionAsker,
  unnamed,
  type IntrospectionAskerOptions,
} from './introspection-asker.ts'
import {
  createIntrospectionCache,
  introspectionKey,
  type CachedAnswer,
} from './introspection-cache.ts'
import { createKnownTokens } from './known-tokens.ts'
import { judgeIntrospection } from './introspection-judgement.ts'
import { probeIntrospection, type IntrospectionProbe } from './introspection-probe.ts'
import type { Introspection } from './introspection-report.ts'
import {
  unreachable,
  type IntrospectionAnswer,
  type IntrospectionExchange,
} from './introspection-request.ts'
import { failedChecks, judge, neverAccepted } from '../verdict/judge.ts'
import { checkInput } from '../token/token-input.ts'
import type { TokenValidator, Verdict } from '../verdict/verdict.ts'

export interface IntrospectionOptions extends IntrospectionAskerOptions {
  readonly policy: ClaimPolicy
  readonly cacheTtlSeconds: number
  readonly negativeCacheTtlSeconds: number
  /** What other replicas were answered; default: none. */
  readonly shared?: SharedAnswers
  /** Whether an answer that says `no-store` is not remembered. Default: false, real servers say it always. */
  readonly respectNoStore?: boolean
}

export interface IntrospectionValidator extends TokenValidator {
  /** Asks past the cache, and shows the raw exchange beside the verdict. */
  introspect(token: string, signal: AbortSignal): Promise<Introspection>
  /** Whether the endpoint answers anybody: asks it about a random token without credentials. */
  probe(signal: AbortSignal): Promise<IntrospectionProbe>
  /** Why no token can be decided now; undefined as far as is known. */
  failure(): Problem | undefined
  close(): void
}

/** Answers that replicas of one proxy give each other. Never rejects. */
export interface SharedAnswers {
  get(id: string): Promise<JsonObject | undefined>
  put(id: string, value: JsonObject, ttlMs: number): Promise<void>
}

interface Outcome extends IntrospectionExchange {
  /** What discovery has to say when there is no endpoint. */
  readonly advice: readonly Check[]
  /** When the answer has to be asked for again. */
  readonly until: number
}

/**
 * Answers are remembered: time, issuer, audience and scopes count on every hit, and a hit is synchronous.
 * Does not read the token: a JWT that could be refused locally is asked about all the same, unless
 * `fallback` stands before it.
 */
export const createIntrospectionValidator = (
  options: IntrospectionOptions,
): IntrospectionValidator => {
  const { policy, ports, credentials } = options
  const { clock } = ports
  const asker = createIntrospectionAsker(options)
  const cache = createIntrospectionCache({
    clock,
    ttlSeconds: options.cacheTtlSeconds,
    negativeTtlSeconds: options.negativeCacheTtlSeconds,
  })
  const knownTokens = createKnownTokens(clock)
  const drawn = createDrawnVerdicts(clock)
  const flights = new Map<string, Promise<Outcome>>()
  /** The endpoint that the cached answers are from; known after the first question. */
  let known = typeof options.endpoint === 'function' ? undefined : options.endpoint.url

  const keyOf = (token: string): string =>
    introspectionKey(known ?? '', credentials.clientId, token)

  const outcome = (
    answer: IntrospectionAnswer,
    exchange?: Outcome['exchange'],
    advice: readonly Check[] = [],
  ): Outcome => ({ answer, exchange, advice, until: clock.now() })

  /** A signed answer is no more than it was proven to be: the two are kept apart. */
  const sharedId = (key: string): string =>
    `${options.signedAnswers === undefined ? 'plain' : 'signed'}:${key}`

  /** What another replica was answered a moment ago. */
  const learn = async (key: string): Promise<Outcome | undefined> => {
    // As long as no endpoint is known, no key says whose answer it is.
    if (options.shared === undefined || known === undefined) return undefined
    const { body, until } = (await options.shared.get(sharedId(key))) ?? {}
    if (!isJsonObject(body) || typeof until !== 'number' || until <= clock.now()) return undefined
    cache.keep(key, { body, until })
    const signed = options.signedAnswers === undefined ? {} : { signed: true as const }
    return { ...outcome({ kind: 'answer', body, ...signed }), until }
  }
  const share = async (key: string, { body, until }: CachedAnswer): Promise<void> => {
    if (body['active'] !== true) return
    await options.shared?.put(sharedId(key), { body, until }, until - clock.now())
  }

  const askOnce = async (token: string, peer: string | undefined): Promise<Outcome> => {
    const key = keyOf(token)
    const learnt = await learn(key)
    if (learnt !== undefined) return learnt
    const origin = { known: knownTokens.has(key) ? key : undefined, peer }
    const { answer, exchange, advice, endpoint } = await asker.ask(token, origin)
    known = endpoint ?? known
    if (answer.kind !== 'answer') return outcome(answer, exchange, advice)
    const control = exchange?.headers['cache-control'] ?? ''
    const mayStore = options.respectNoStore !== true || !/no-store/i.test(control)
    const kept = cache.put(keyOf(token), answer.body, mayStore)
    if (mayStore) await share(keyOf(token), kept)
    return { answer, exchange, advice, until: kept.until }
  }

  const fly = (token: string, peer?: string): Promise<Outcome> => {
    const key = keyOf(token)
    const flying = flights.get(key)
    if (flying !== undefined) return flying
    const flight = askOnce(token, peer).finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }

  const conclude = (token: string, before: readonly Check[], found: Outcome): Verdict => {
    const { answer } = found
    const verdict = judgeIntrospection(answer, {
      token,
      policy,
      nowSeconds: clock.now() / 1000,
      before: [...before, ...found.advice],
      answerEnds: found.until,
    })
    if (answer.kind === 'answer') knownTokens.learn(keyOf(token), verdict, answer.body['exp'])
    return verdict
  }

  /**
   * Answer and policy of a hit are those of the time before, so only the clock can change the verdict;
   * where it cannot either, the checks need not run again.
   */
  const onHit = (token: string, key: string, hit: CachedAnswer): Verdict => {
    const before = drawn.of(hit)
    if (before !== undefined) return before
    const answer: IntrospectionAnswer = {
      kind: 'answer',
      body: hit.body,
      ...(options.signedAnswers === undefined ? {} : { signed: true }),
    }
    const verdict = conclude(token, checkInput(token), { ...outcome(answer), until: hit.until })
    drawn.keep(verdict, { key, endpoint: known, hit })
    return verdict
  }

  const leftBehind = (): Outcome => outcome(unreachable(problemOf('intro-reach', 'gone')))

  const refusedInput = (before: readonly Check[]): Verdict =>
    judge(
      [...before, ...skippedClaims('what was sent is not a whole token')],
      neverAccepted,
      undefined,
    )

  return {
    validate: (token, signal, _presentation, peer) => {
      const key = keyOf(token)
      const hit = cache.get(key)
      if (hit !== undefined) return onHit(token, key, hit)
      const before = checkInput(token)
      if (failedChecks(before).length > 0) return refusedInput(before)
      return unlessAborted(fly(token, peer), signal).then((found) =>
        conclude(token, before, found ?? leftBehind()),
      )
    },
    holds: (verdict) => {
      const ground = drawn.groundOf(verdict)
      return (
        ground !== undefined && ground.endpoint === known && cache.get(ground.key) === ground.hit
      )
    },
    introspect: async (token, signal) => {
      const before = checkInput(token)
      if (failedChecks(before).length > 0) {
        const answer = unreachable(problemOf('intro-reach', 'fragment'))
        return { exchange: undefined, answer, verdict: refusedInput(before) }
      }
      const found = (await unlessAborted(fly(token), signal)) ?? leftBehind()
      const { exchange, answer } = found
      return { exchange, answer, verdict: conclude(token, before, found) }
    },
    probe: async (signal) => {
      const endpoint = await findEndpoint(options.endpoint, signal)
      return 'missing' in endpoint
        ? { check: skip('intro-open', unnamed(endpoint.missing)), exchange: undefined }
        : probeIntrospection(endpoint, ports, { allowHttp: options.allowHttp ?? false, signal })
    },
    failure: () => asker.failure(),
    close: () => asker.close(),
  }
}
