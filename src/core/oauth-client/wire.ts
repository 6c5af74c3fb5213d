// Carries the requests of oauth4webapi over our own port, so that caps, address rules and silence about secrets hold.
import { problemOf, type Problem } from '../../problems/problem.ts'
import { printable } from '../../base/escape.ts'
import { reachOf } from '../../net/address.ts'
import type { ClientCertificate } from '../../net/client-certificate.ts'
import { exchange, type Exchange, type ExchangePorts } from '../../net/exchange.ts'
import { isJsonObject, parseJson } from '../../base/json.ts'
import {
  bodyObject,
  errorIn,
  failureWords,
  type OauthError,
  secretsOf,
} from '../client/server-words.ts'
import { UsageError, usageProblem } from '../../problems/usage-error.ts'

export interface WireOptions {
  readonly ports: ExchangePorts
  /** What the operator wrote: documents may lead to these hosts wherever they are. */
  readonly trusted: readonly string[]
  readonly allowHttp: boolean
  readonly allowPrivate: boolean
  readonly certificate?: ClientCertificate | undefined
  readonly signal?: AbortSignal | undefined
  /** Sees each request with its answer, secrets included. */
  readonly onExchange?: ((sent: SentRequest, answer: Exchange) => void) | undefined
}

export interface SentRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface WireRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
}

export interface Wire {
  /** For oauth4webapi's `customFetch`. Throws a UsageError where no answer came. */
  readonly fetch: (url: string, request: WireRequest) => Promise<Response>
  /** The last answer as it came. */
  last(): Exchange | undefined
  /** The error of OAuth in the last answer, as it may be shown; in a form it is one too. */
  error(): OauthError | undefined
  /** What the last answer, one of failure, says of itself in whatever words. */
  words(): OauthError | undefined
}

/** Servers that register and issue may take longer than those that only publish. */
const timeoutMs = 15_000

/** A token response may bring an ID token: nobody here uses it, so nobody has to judge it. */
const withoutIdToken = (body: string): string => {
  if (!body.includes('"id_token"')) return body
  const parsed = parseJson(body)
  if (!parsed.ok || !isJsonObject(parsed.value)) return body
  const { id_token: _, ...rest } = parsed.value
  return JSON.stringify(rest)
}

/** RFC 8259 section 4: parsers disagree about which value counts, so that none does. */
const repeatedMember = (body: string): string | undefined => {
  const parsed = parseJson(body)
  const name = parsed.ok ? parsed.duplicates[0] : undefined
  return name === undefined ? undefined : printable(name.slice(0, 60))
}

/** Neither credentials nor a query: a document may have put anything there. */
const shown = (url: string): string => {
  if (!URL.canParse(url)) return 'an address that is not a URL'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

export type Unreachable =
  | 'answer'
  | 'foreign'
  | 'busy'
  | 'private'
  | 'http'
  | 'form'
  | 'member'
  | 'other-member'
  | 'moved'
  | 'twice'
  | 'unregistered'

/** No answer of OAuth came. */
export class Unanswered extends UsageError {
  readonly why: string

  constructor(problem: Problem, why: string) {
    super(usageProblem(problem))
    this.why = why
  }
}

export const unreachable = (url: string, why: string, cause: Unreachable = 'answer'): Unanswered =>
  new Unanswered(problemOf('login-unreachable', cause, { url: shown(url), why }), why)

/** Where an answer came and is none of OAuth: the network carried it. */
export const noOauthAnswer = (answer: Exchange | undefined): Unreachable => {
  const { status = 0 } = answer ?? {}
  return status === 429 || status >= 500 ? 'busy' : 'foreign'
}

/** The connection worked: an answer came. */
const cameAnyway: ReadonlySet<string> = new Set(['redirect', 'too-large', 'encoding', 'protocol'])

/** Whether something answered, although no answer can be made of it. */
export const isAnswered = ({ fault }: Exchange): boolean =>
  fault !== undefined && cameAnyway.has(fault.kind)

const causeOf = (answer: Exchange): Unreachable => {
  if (answer.fault?.kind === 'redirect') return 'moved'
  if (isAnswered(answer)) return noOauthAnswer(answer)
  if (answer.fault?.kind === 'address') return 'private'
  return answer.fault?.kind === 'url' ? 'http' : 'answer'
}

export const openWire = (options: WireOptions): Wire => {
  const { ports, trusted, allowHttp, allowPrivate, certificate, signal, onExchange } = options
  const secrets = new Set<string>()
  let last: Exchange | undefined
  return {
    fetch: async (url, request) => {
      for (const secret of secretsOf(request)) secrets.add(secret)
      const method = request.method === 'POST' ? 'POST' : 'GET'
      const answer = await exchange(
        {
          method,
          url,
          headers: request.headers,
          ...(request.body === undefined ? {} : { body: request.body.toString() }),
          ...(certificate === undefined ? {} : { certificate }),
          ...(signal === undefined ? {} : { signal }),
        },
        ports,
        { timeoutMs, allowHttp, reach: reachOf(url, trusted, allowPrivate) },
      )
      last = answer
      onExchange?.(
        { method, url, headers: request.headers, body: request.body?.toString() ?? '' },
        answer,
      )
      const { status, fault, body = '', headers } = answer
      if (fault !== undefined) throw unreachable(url, fault.detail, causeOf(answer))
      if (status === undefined || status < 200 || status > 599) {
        throw unreachable(url, `HTTP status ${String(status)}`, noOauthAnswer(answer))
      }
      const twice = status <= 299 ? repeatedMember(body) : undefined
      if (twice !== undefined) throw unreachable(url, `"${twice}" appears twice in it`, 'twice')
      const isEmpty = [204, 205, 304].includes(status)
      return new Response(isEmpty ? null : withoutIdToken(body), { status, headers })
    },
    last: () => last,
    error: () => {
      const body = last === undefined ? undefined : bodyObject(last.body ?? '', last.contentType)
      return body === undefined ? undefined : errorIn(body, secrets)
    },
    words: () =>
      last === undefined ? undefined : failureWords(last.body ?? '', last.contentType, secrets),
  }
}
