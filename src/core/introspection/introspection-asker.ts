// Asks one introspection endpoint with restraint: few calls at once, none while it keeps failing, none to nowhere.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { createBreaker, type CallOutcome } from '../../base/breaker.ts'
import { type Check, problemFrom } from '../verdict/check.ts'
import type { ClientCredentials } from '../client/client-authentication.ts'
import {
  type Endpoint,
  type EndpointSource,
  type MissingEndpoint,
  findEndpoint,
} from '../metadata/endpoint.ts'
import type { SignedAnswerOptions } from './introspection-jwt.ts'
import {
  requestIntrospection,
  unreachable,
  type IntrospectionAnswer,
  type IntrospectionExchange,
} from './introspection-request.ts'
import { outcomeOf } from './introspection-outcome.ts'
import { createTurns, unasked, type Origin } from './introspection-turns.ts'
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
  ask(token: string, from: Origin): Promise<Asked>
  /** Why nobody is asked now; undefined as far as is known. */
  failure(): Problem | undefined
  close(): void
}

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
  const turns = createTurns()
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

  const note = ({ answer }: IntrospectionExchange, outcome: CallOutcome, url: string): void => {
    if (outcome === 'up') lastTrouble = undefined
    if (outcome === 'down') lastTrouble = answer
    if (answer.kind === 'client-refused') {
      log.error(
        { introspection_endpoint: url, client_id: credentials.clientId, detail: answer.detail },
        answer.named
          ? 'the authorization server refused our own credentials: check client_id, client_secret, client_auth'
          : 'the authorization server refused a call: our credentials, or a token that it does not know',
      )
    } else if (answer.kind === 'unverified') {
      const detail = failedChecks(answer.checks).map(({ message }) => message)
      log.error(
        { introspection_endpoint: url, detail },
        'a signed introspection answer is not proven',
      )
    } else if (answer.kind === 'unreachable' || answer.kind === 'ambiguous') {
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
    return { answer, exchange: asked.exchange }
  }

  const admitted = async (
    token: string,
    endpoint: Endpoint,
    known: string | undefined,
  ): Promise<IntrospectionExchange> => {
    const ended = breaker.admit(known)
    if (ended === undefined) return unasked(refusedByBreaker())
    let outcome: CallOutcome = 'unclear'
    try {
      const asked = await call(token, endpoint)
      if (!closed.signal.aborted) {
        outcome = outcomeOf(asked, known)
        note(asked, outcome, endpoint.url)
      }
      return asked
    } finally {
      ended(outcome)
    }
  }

  return {
    ask: async (token, from) => {
      const endpoint = await findEndpoint(options.endpoint, closed.signal)
      if ('missing' in endpoint) {
        const { missing, checks, retryAfterMs } = endpoint
        const why = unnamed(missing)
        const problem =
          'issuer' in missing
            ? problemOf('intro-reach', 'endpoint', { why })
            : problemOf('intro-reach', 'no-metadata', missing)
        const answer = unreachable(problem, secondsOf(retryAfterMs))
        return { ...unasked(answer), advice: checks, endpoint: undefined }
      }
      const asked = await turns.take(() => admitted(token, endpoint, from.known), from)
      return { ...asked, advice: [], endpoint: endpoint.url }
    },
    failure: () => (breaker.waitMs() === 0 ? undefined : troubleOf(lastTrouble)),
    close: () => closed.abort(),
  }
}
