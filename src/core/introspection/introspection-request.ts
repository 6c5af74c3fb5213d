// Asks an authorization server about a token (RFC 7662 section 2) and reads what it says, without judging it.
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, type Check } from '../verdict/check.ts'
import { authenticateForm, type ClientCredentials } from '../client/client-authentication.ts'

export type IntrospectionAnswer =
  /** The server spoke about the token; whether `active` is true, false or nonsense is still to be judged. */
  | { readonly kind: 'answer'; readonly body: JsonObject; readonly signed?: true }
  /** What is said is signed (RFC 9701); it is not believed before that was checked. */
  | { readonly kind: 'signed'; readonly jwt: string }
  /** It should be signed so that we can believe it, and is not. */
  | {
      readonly kind: 'unverified'
      readonly checks: readonly Check[]
      readonly retryAfterSeconds?: number
    }
  /** The server refused our credentials: nothing was said about the token. */
  | (Problem & { readonly kind: 'client-refused' })
  | (Problem & {
      readonly kind: 'unreachable'
      readonly retryAfterSeconds: number | undefined
    })

export interface IntrospectionExchange {
  readonly exchange: Exchange | undefined
  readonly answer: IntrospectionAnswer
}

export type AnswerForm = 'json' | 'jwt'

const signedType = 'application/token-introspection+jwt'
const acceptedTypes: Readonly<Record<AnswerForm, string>> = {
  json: 'application/json',
  jwt: signedType,
}

export interface IntrospectionTarget {
  readonly url: string
  readonly reach: Reach
  readonly credentials: ClientCredentials
  /** `jwt`: a signed answer is asked for (RFC 9701), and nothing else is believed. */
  readonly answerForm: AnswerForm
  readonly allowHttp: boolean
  /** For the whole call, a second try included. */
  readonly timeoutMs: number
}

export const unreachable = (problem: Problem, retryAfterSeconds?: number): IntrospectionAnswer => ({
  kind: 'unreachable',
  ...problem,
  retryAfterSeconds,
})

const clientRefused = (status = 0): IntrospectionAnswer => ({
  kind: 'client-refused',
  ...problemOf('intro-client-auth', status === 403 ? 'forbidden' : 'credentials', { status }),
})

const failedStatus = (status: number | undefined): Problem => {
  const values = { status: status ?? 0 }
  if (status === 404 || status === 405) return problemOf('intro-reach', 'not-found', values)
  return problemOf('intro-reach', status === 429 ? 'busy' : 'status', values)
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
const retryAfterOf = ({ headers, startedAt }: Exchange): number | undefined => {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - startedAt) / 1000))
}

const html = 'HTML or XML, not JSON'

const notIntrospection = (why: string): Problem =>
  why === html ? problemOf('intro-reach', 'html') : problemOf('intro-reach', 'invalid', { why })

const readBody = (body: string): JsonObject | string => {
  const parsed = parseJson(body)
  if (!parsed.ok) {
    return body.trimStart().startsWith('<') ? html : parsed.reason
  }
  return isJsonObject(parsed.value) ? parsed.value : 'not a JSON object'
}

/** RFC 9701 section 5: who asked for a signed answer and gets another one has no proof of it. */
const unsigned = (contentType: string | undefined): IntrospectionAnswer => {
  const type = contentType ?? 'absent'
  const evidence = { expected: signedType, actual: contentType ?? null }
  return {
    kind: 'unverified',
    checks: [fail(problemOf('intro-jwt', 'unsigned', { type }), evidence)],
  }
}

const errorOf = (body: string | undefined): JsonObject => {
  const read = readBody(body ?? '')
  return typeof read === 'string' ? {} : read
}

/**
 * RFC 7009 section 2.2.1, said of the token by a server that is well: whoever sends such tokens must
 * not make it look down to the others.
 */
export const isRefusedKind = ({ active, error }: JsonObject): boolean =>
  active === undefined && error === 'unsupported_token_type'

/**
 * What one exchange is worth, in the words of the seed: `introspection request failed`, `introspection
 * endpoint returned`, `invalid introspection response`. Does not look at what `active` says, nor at
 * the signature of a signed answer.
 */
export const readIntrospection = (answer: Exchange, form: AnswerForm): IntrospectionAnswer => {
  const { fault, status, body, contentType } = answer
  if (fault !== undefined)
    return unreachable(problemOf('intro-reach', 'failed', { why: fault.detail }))
  const refusal = status === 400 ? errorOf(body) : {}
  if (status === 401 || status === 403 || refusal['error'] === 'invalid_client') {
    return clientRefused(status)
  }
  if (isRefusedKind(refusal)) return { kind: 'answer', body: refusal }
  if (status === undefined || status < 200 || status > 299) {
    return unreachable(failedStatus(status), retryAfterOf(answer))
  }
  if (form === 'jwt') {
    return contentType === signedType
      ? { kind: 'signed', jwt: (body ?? '').trim() }
      : unsigned(contentType)
  }
  if (contentType === signedType) {
    return unreachable(problemOf('intro-reach', 'signed'))
  }
  const read = readBody(body ?? '')
  if (typeof read === 'string') return unreachable(notIntrospection(read))
  if (read['active'] === undefined) {
    return unreachable(notIntrospection('missing field `active`'))
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
  const { credentials, url } = target
  const startedAt = ports.clock.now()
  // An assertion is good for one call, so a second try makes its own.
  const ask = async (timeoutMs: number): Promise<Exchange> => {
    const fields = { token, token_type_hint: 'access_token' }
    const form = await authenticateForm(fields, credentials, url)
    const shown =
      credentials.method === 'tls_client_auth' ? { certificate: credentials.certificate } : {}
    return exchange(
      {
        method: 'POST',
        url,
        headers: { accept: acceptedTypes[target.answerForm], ...form.headers },
        body: form.body,
        ...shown,
        signal,
      },
      ports,
      { timeoutMs, allowHttp: target.allowHttp, reach: target.reach },
    )
  }
  const first = await ask(target.timeoutMs)
  const leftMs = target.timeoutMs - (ports.clock.now() - startedAt)
  const last = worthSecondTry(first) && leftMs > 0 && !signal.aborted ? await ask(leftMs) : first
  return { exchange: last, answer: readIntrospection(last, target.answerForm) }
}
