// Asks one introspection endpoint with restraint: few calls at once, none while it keeps failing, none to nowhere.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { createBreaker } from '../../base/breaker.ts'
import { problemFrom, type Check } from '../verdict/check.ts'
import type { ClientCredentials } from '../client/client-authentication.ts'
import {
  findEndpoint,
  type Endpoint,
  type EndpointSource,
  type MissingEndpoint,
} from '../metadata/endpoint.ts'
import { createFlightLimit } from '../../base/flight-limit.ts'
import type { SignedAnswerOptions } from './introspection-jwt.ts'
import {
  requestIntrospection,
  unreachable,
  type IntrospectionAnswer,
  type IntrospectionExchange,
} from './introspection-request.ts'
import { failedChecks } from '../verdict/judge.ts'

export type SignedAnswers = Omit<SignedAnswerOptions, 'clock' | 'clientId'>

export interface IntrospectionAskerOptions {
  readonly endpoint: EndpointSource
  readonly credentials: ClientCredentials
  readonly ports: Ports
  /** Believe signed answers only (RFC 9701), and how to verify them. */
  readonly signedAnswers?: SignedAnswers
  readonly allowHttp?: boolean
  /** For one call, a second try included. Default: 3 s. */
  readonly timeoutMs?: number
}

export interface Asked extends IntrospectionExchange {
  /** What discovery has to say when there is no endpoint. */
  readonly advice: readonly Check[]
  /** Where it was asked, or would have been; undefined where nobody knows. */
  readonly endpoint: string | undefined
}

export interface IntrospectionAsker {
  /** Never rejects. The answer is proven where it has to be, and otherwise as it came. */
  ask(token: string): Promise<Asked>
  /** Why nobody is asked now; undefined as far as is known. */
  failure(): Problem | undefined
  close(): void
}

const maxInFlight = 64
const maxWaiting = 256
const breakerFailures = 5
const breakerOpenMs = 10_000
const defaultTimeoutMs = 3000

const troubleOf = (answer: IntrospectionAnswer | undefined): Problem | undefined => {
  if (answer?.kind === 'unverified') {
    const [first] = failedChecks(answer.checks)
    return first && problemFrom(first)
  }
  return answer !== undefined && 'detail' in answer ? answer : undefined
}

/** Why there is no endpoint, in words. */
export const unnamed = (missing: MissingEndpoint['missing']): string =>
  'issuer' in missing
    ? `the metadata of ${missing.issuer} names no introspection_endpoint`
    : missing.why

const secondsOf = (ms: number): number | undefined => (ms > 0 ? Math.ceil(ms / 1000) : undefined)

/** Does not remember answers, nor judge them. */
export const createIntrospectionAsker = (
  options: IntrospectionAskerOptions,
): IntrospectionAsker => {
  const { ports, credentials } = options
  const { clock, log } = ports
  const closed = new AbortController()
  const limit = createFlightLimit(maxInFlight, maxWaiting)
  const breaker = createBreaker({ clock, failures: breakerFailures, openMs: breakerOpenMs })
  let lastTrouble: IntrospectionAnswer | undefined

  /** Says again what the last call said, for the calls that are not made. */
  const refusedByBreaker = (): IntrospectionAnswer => {
    if (lastTrouble !== undefined && lastTrouble.kind !== 'unreachable') return lastTrouble
    const why = lastTrouble?.kind === 'unreachable' ? lastTrouble.detail : 'the last calls failed'
    return unreachable(
      problemOf('intro-reach', 'paused', { why }),
      secondsOf(breaker.waitMs()) ?? 1,
    )
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

  const call = async (token: string, endpoint: Endpoint): Promise<IntrospectionExchange> => {
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
    if (closed.signal.aborted) {
      return { answer: unreachable(problemOf('intro-reach', 'closed')), exchange: undefined }
    }
    note({ ...asked, answer }, endpoint.url)
    return { answer, exchange: asked.exchange }
  }

  const unasked = (answer: IntrospectionAnswer): IntrospectionExchange => ({
    answer,
    exchange: undefined,
  })

  return {
    ask: async (token) => {
      const endpoint = await findEndpoint(options.endpoint, closed.signal)
      if ('missing' in endpoint) {
        const { missing, checks, retryAfterMs } = endpoint
        const why = unnamed(missing)
        const answer = unreachable(
          problemOf('intro-reach', 'endpoint', { why }),
          secondsOf(retryAfterMs),
        )
        return { ...unasked(answer), advice: checks, endpoint: undefined }
      }
      const admitted = async (): Promise<IntrospectionExchange> =>
        breaker.admits() ? call(token, endpoint) : unasked(refusedByBreaker())
      const asked =
        (await limit.run(admitted)) ?? unasked(unreachable(problemOf('intro-reach', 'waiting'), 1))
      return { ...asked, advice: [], endpoint: endpoint.url }
    },
    failure: () => (breaker.waitMs() === 0 ? undefined : troubleOf(lastTrouble)),
    close: () => closed.abort(),
  }
}
