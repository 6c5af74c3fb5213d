// Asks an authorization server about a token (RFC 7662 section 2) and reads what it says, without judging it.
import type { Reach } from '../base/address.ts'
import { exchange, type Exchange } from '../base/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import { authenticateForm, type ClientCredentials } from './client-authentication.ts'

export type IntrospectionAnswer =
  /** The server spoke about the token; whether `active` is true, false or nonsense is still to be judged. */
  | { readonly kind: 'answer'; readonly body: JsonObject }
  /** The server refused our credentials: nothing was said about the token. */
  | { readonly kind: 'client-refused'; readonly detail: string }
  | {
      readonly kind: 'unreachable'
      readonly detail: string
      readonly retryAfterSeconds: number | undefined
    }

export interface IntrospectionExchange {
  readonly exchange: Exchange | undefined
  readonly answer: IntrospectionAnswer
}

export interface IntrospectionTarget {
  readonly url: string
  readonly reach: Reach
  readonly credentials: ClientCredentials
  readonly allowHttp: boolean
  /** For the whole call, a second try included. */
  readonly timeoutMs: number
}

const unreachable = (detail: string, retryAfterSeconds?: number): IntrospectionAnswer => ({
  kind: 'unreachable',
  detail,
  retryAfterSeconds,
})

/** RFC 9110 section 10.2.3: seconds, or a date. */
const retryAfterOf = ({ headers, startedAt }: Exchange): number | undefined => {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - startedAt) / 1000))
}

const readBody = (body: string): JsonObject | string => {
  const parsed = parseJson(body)
  if (!parsed.ok) {
    return body.trimStart().startsWith('<') ? 'HTML or XML, not JSON' : parsed.reason
  }
  return isJsonObject(parsed.value) ? parsed.value : 'not a JSON object'
}

const namesInvalidClient = (body: string | undefined): boolean => {
  const read = readBody(body ?? '')
  return typeof read !== 'string' && read['error'] === 'invalid_client'
}

/**
 * What one exchange is worth, in the words of the seed: `introspection request failed`, `introspection
 * endpoint returned`, `invalid introspection response`. Does not look at what `active` says.
 */
export const readIntrospection = (answer: Exchange): IntrospectionAnswer => {
  const { fault, status, body } = answer
  if (fault !== undefined) return unreachable(`introspection request failed: ${fault.detail}`)
  if (status === 401 || status === 403 || (status === 400 && namesInvalidClient(body))) {
    return { kind: 'client-refused', detail: `introspection endpoint returned ${status}` }
  }
  if (status === undefined || status < 200 || status > 299) {
    return unreachable(`introspection endpoint returned ${status}`, retryAfterOf(answer))
  }
  if (answer.contentType === 'application/token-introspection+jwt') {
    return unreachable('invalid introspection response: a signed answer was not asked for')
  }
  const read = readBody(body ?? '')
  if (typeof read === 'string') return unreachable(`invalid introspection response: ${read}`)
  if (read['active'] === undefined) {
    return unreachable('invalid introspection response: missing field `active`')
  }
  return { kind: 'answer', body: read }
}

/** Nothing was decided and asking again does no harm: no connection, or a gateway without its server. */
const worthSecondTry = ({ fault, status, headers }: Exchange): boolean => {
  if (fault !== undefined) return fault.kind === 'connect' || fault.kind === 'reset'
  const gateway = status === 502 || status === 503 || status === 504
  return gateway && headers['retry-after'] === undefined
}

/**
 * One call, with one second try where that can help. Resolves for every kind of trouble. Does not
 * cache, limit or judge.
 */
export const requestIntrospection = async (
  token: string,
  target: IntrospectionTarget,
  ports: Pick<Ports, 'http' | 'clock'>,
  signal: AbortSignal,
): Promise<IntrospectionExchange> => {
  const form = authenticateForm({ token, token_type_hint: 'access_token' }, target.credentials)
  const startedAt = ports.clock.now()
  const ask = (timeoutMs: number): Promise<Exchange> =>
    exchange(
      {
        method: 'POST',
        url: target.url,
        headers: { accept: 'application/json', ...form.headers },
        body: form.body,
        signal,
      },
      ports,
      { timeoutMs, allowHttp: target.allowHttp, reach: target.reach },
    )
  const first = await ask(target.timeoutMs)
  const leftMs = target.timeoutMs - (ports.clock.now() - startedAt)
  const last = worthSecondTry(first) && leftMs > 0 && !signal.aborted ? await ask(leftMs) : first
  return { exchange: last, answer: readIntrospection(last) }
}
