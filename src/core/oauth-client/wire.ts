// Carries the requests of oauth4webapi over our own port, so that caps, address rules and silence about secrets hold.
import { problemOf } from '../../problems/problem.ts'
import { reachOf } from '../../net/address.ts'
import type { ClientCertificate } from '../../net/client-certificate.ts'
import { exchange, type Exchange, type ExchangePorts } from '../../net/exchange.ts'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'

export interface WireOptions {
  readonly ports: ExchangePorts
  /** What the operator wrote: documents may lead to these hosts wherever they are. */
  readonly trusted: readonly string[]
  readonly allowHttp: boolean
  readonly allowPrivate: boolean
  readonly certificate?: ClientCertificate | undefined
  readonly signal?: AbortSignal | undefined
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
  /** Remote text that may be shown: short, and without any secret that was sent. */
  quoted(text: string): string
}

/** Servers that register and issue may take longer than those that only publish. */
const timeoutMs = 15_000

/** What a form may say aloud; every other value of it is a secret. */
const openFields = new Set([
  'grant_type',
  'client_id',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'code_challenge_method',
  'scope',
  'resource',
  'prompt',
  'token_type_hint',
])

const formDecoded = (text: string): string => new URLSearchParams(`v=${text}`).get('v') ?? text

const secretsOf = ({ headers, body }: WireRequest): readonly string[] => {
  const [scheme = '', credential = ''] = (headers['authorization'] ?? '').split(' ')
  // The part of Basic before the colon is the client's id, which is no secret.
  const basic = scheme === 'Basic' ? Buffer.from(credential, 'base64').toString('utf8') : ''
  const secret = basic.slice(basic.indexOf(':') + 1)
  const fields =
    body instanceof URLSearchParams
      ? [...body].flatMap(([name, value]) => (openFields.has(name) ? [] : [value]))
      : []
  return [credential, secret, formDecoded(secret), ...fields].filter(({ length }) => length > 3)
}

const longestQuote = 300

/** A token response may bring an ID token: nobody here uses it, so nobody has to judge it. */
const withoutIdToken = (body: string): string => {
  if (!body.includes('"id_token"')) return body
  const parsed = parseJson(body)
  if (!parsed.ok || !isJsonObject(parsed.value)) return body
  const { id_token: _, ...rest } = parsed.value
  return JSON.stringify(rest)
}

/** Neither credentials nor a query: a document may have put anything there. */
const shown = (url: string): string => {
  if (!URL.canParse(url)) return 'an address that is not a URL'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

export const unreachable = (
  url: string,
  why: string,
  cause: 'answer' | 'private' | 'http' = 'answer',
): UsageError => usageError(problemOf('login-unreachable', cause, { url: shown(url), why }))

const causeOf = (answer: Exchange): 'answer' | 'private' | 'http' => {
  if (answer.fault?.kind === 'address') return 'private'
  return answer.fault?.kind === 'url' ? 'http' : 'answer'
}

export const openWire = (options: WireOptions): Wire => {
  const { ports, trusted, allowHttp, allowPrivate, certificate, signal } = options
  const secrets = new Set<string>()
  let last: Exchange | undefined
  return {
    fetch: async (url, request) => {
      for (const secret of secretsOf(request)) secrets.add(secret)
      const answer = await exchange(
        {
          method: request.method === 'POST' ? 'POST' : 'GET',
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
      const { status, fault, body = '', headers } = answer
      if (fault !== undefined) throw unreachable(url, fault.detail, causeOf(answer))
      if (status === undefined || status < 200 || status > 599) {
        throw unreachable(url, `HTTP status ${String(status)}`)
      }
      const isEmpty = [204, 205, 304].includes(status)
      return new Response(isEmpty ? null : withoutIdToken(body), { status, headers })
    },
    last: () => last,
    quoted: (text) => {
      let clean = text
      for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
        clean = clean.replaceAll(secret, '[secret]')
        clean = clean.replaceAll(encodeURIComponent(secret), '[secret]')
      }
      return clean.length > longestQuote ? `${clean.slice(0, longestQuote)}...` : clean
    },
  }
}
