// Asks an authorization server about a token (RFC 7662 section 2) and reads what it says, without judging it.
import { retryAfterSeconds } from '../../base/retry-after.ts'
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { readChallenges } from '../../net/www-authenticate.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, type Check } from '../verdict/check.ts'
import { authenticateForm, type ClientCredentials } from '../client/client-authentication.ts'
import {
  errorIn,
  errorText,
  failureWords,
  remoteWords,
  secretsOf,
  type OauthError,
} from '../client/server-words.ts'
import { quote } from '../../base/quote.ts'

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
  | (Problem & {
      readonly kind: 'client-refused'
      /** The server said so itself; else only the status suggests it. */
      readonly named: boolean
    })
  /** A member of it appears twice, so that nobody can tell which value counts. */
  | (Problem & { readonly kind: 'ambiguous'; readonly member: string })
  /** Nobody was asked: too many calls are under way. */
  | (Problem & { readonly kind: 'busy'; readonly retryAfterSeconds: number })
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

/** `words`: what the server said, cleaned; empty where it gave no reason. */
const clientRefused = (
  status: number,
  said: OauthError | undefined,
  named: boolean,
): IntrospectionAnswer => {
  const isForbidden = said === undefined || !named ? status === 403 : forbidding.has(said.error)
  return {
    kind: 'client-refused',
    named,
    ...problemOf('intro-client-auth', isForbidden ? 'forbidden' : 'credentials', {
      status,
      words: wordsOf(said),
    }),
  }
}

/** Goes on from a status. */
const wordsOf = (said: OauthError | undefined): string =>
  said === undefined ? '' : `: ${errorText(said)}`

/** The request as such: its form, its client, or what else it has to say. */
const ofRequest: ReadonlySet<number> = new Set([400, 406, 415, 422])

const failedStatus = (status: number, said: OauthError | undefined): Problem => {
  const values = { status, words: wordsOf(said) }
  if (status === 404 || status === 405) return problemOf('intro-reach', 'not-found', values)
  if (ofRequest.has(status)) return problemOf('intro-reach', 'request', values)
  return problemOf('intro-reach', status === 429 ? 'busy' : 'status', values)
}

const retryAfterOf = ({ headers, startedAt }: Exchange): number | undefined =>
  retryAfterSeconds(headers['retry-after'], startedAt)

const html = 'HTML or XML, not JSON'

const notIntrospection = (why: string): Problem =>
  why === html ? problemOf('intro-reach', 'html') : problemOf('intro-reach', 'invalid', { why })

interface ReadBody {
  readonly object: JsonObject
  /** A member name that appears twice, anywhere. */
  readonly twice: string | undefined
}

const readBody = (body: string): ReadBody | string => {
  const parsed = parseJson(body)
  if (!parsed.ok) {
    return body.trimStart().startsWith('<') ? html : parsed.reason
  }
  return isJsonObject(parsed.value)
    ? { object: parsed.value, twice: parsed.duplicates[0] }
    : 'not a JSON object'
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

/** RFC 6750 section 3.1, RFC 7009 section 2.2.1: said of the token, by a server that is well. */
const tokenErrors: ReadonlySet<unknown> = new Set(['invalid_token', 'unsupported_token_type'])
/** RFC 6749 section 5.2: said of us. */
const clientErrors: ReadonlySet<unknown> = new Set([
  'invalid_client',
  'unauthorized_client',
  'access_denied',
])
/** Those among them that no other credential helps against. */
const forbidding: ReadonlySet<unknown> = new Set([
  'unauthorized_client',
  'access_denied',
  'insufficient_scope',
])
const serverErrors: ReadonlySet<unknown> = new Set(['server_error', 'temporarily_unavailable'])

/** Whether the body says no to the token, in the words of RFC 7662 or as an error about the token. */
export const isNo = ({ active, error }: JsonObject): boolean =>
  active === false || (active === undefined && tokenErrors.has(error))

type Subject = 'token' | 'client' | 'server' | undefined

/**
 * Of whom an answer speaks. `bearer`: our own credential is a bearer token too (RFC 7662 section 2.3), so an
 * error alone may be about that.
 */
const subjectOf = (body: JsonObject, status: number, bearer: boolean): Subject => {
  const { active, error } = body
  if (clientErrors.has(error)) return 'client'
  if (serverErrors.has(error)) return 'server'
  const ours = error === 'invalid_token' || error === 'insufficient_scope'
  if (bearer && ours && active === undefined && (status === 401 || status === 403)) return 'client'
  return isNo(body) ? 'token' : undefined
}

/** What came of the request itself, or of how busy the server is, says nothing about a token. */
const speaksOfTokens = (status: number): boolean =>
  (status >= 200 && status <= 299) ||
  (status >= 400 && status <= 499 && status !== 408 && status !== 429)

const withWords = (body: JsonObject, said: OauthError | undefined): JsonObject => {
  if (said === undefined) return body
  const { error_description: _, ...rest } = body
  const { error, description } = said
  return {
    ...rest,
    error,
    ...(description === undefined ? {} : { error_description: description }),
  }
}

/** An answer that counts by its status alone. */
const readRefusal = (
  answer: Exchange,
  said: OauthError | undefined,
  about: Subject,
): IntrospectionAnswer => {
  const { status = 0 } = answer
  if (about === 'client') return clientRefused(status, said, true)
  if ((status === 401 || status === 403) && about !== 'server') {
    return clientRefused(status, said, false)
  }
  return unreachable(failedStatus(status, said), retryAfterOf(answer))
}

const readSuccess = (
  object: JsonObject,
  said: OauthError | undefined,
  about: Subject,
): IntrospectionAnswer => {
  const { active } = object
  if (about === 'client') return clientRefused(200, said, true)
  if (said !== undefined && (active === undefined || active === true || about === 'server')) {
    const beside = active === undefined ? '' : `active is ${quote(active)} beside `
    return unreachable(notIntrospection(`${beside}error ${errorText(said)}`))
  }
  if (active === undefined) return unreachable(notIntrospection('missing field `active`'))
  return { kind: 'answer', body: withWords(object, said) }
}

/** Where the body says nothing, the challenge may (RFC 6750 section 3): as of a resource that refuses the token. */
const challengeError = (
  { headers }: Exchange,
  secrets: readonly string[],
): OauthError | undefined => {
  const header = headers['www-authenticate']
  const found =
    header === undefined
      ? undefined
      : readChallenges(header).find(({ params }) => params['error'] !== undefined)
  return found === undefined ? undefined : errorIn(found.params, secrets)
}

interface Request {
  readonly form: AnswerForm
  /** How we authenticated: as bearers, we may be what an `invalid_token` is about. */
  readonly method: ClientCredentials['method']
  /** What must not be shown where the server repeats it. */
  readonly secrets: readonly string[]
}

/**
 * What one exchange is worth, in the words of the seed: `introspection request failed`, `introspection
 * endpoint returned`, `invalid introspection response`. What the server says decides before its status does.
 * Does not judge what `active` says, nor the signature of a signed answer.
 */
export const readIntrospection = (
  answer: Exchange,
  { form, method, secrets }: Request,
): IntrospectionAnswer => {
  const { fault, status = 0, body = '', contentType } = answer
  if (fault !== undefined) {
    return unreachable(problemOf('intro-reach', 'failed', { why: fault.detail }))
  }
  const isSuccess = status >= 200 && status <= 299
  if (isSuccess && form === 'jwt') {
    return contentType === signedType ? { kind: 'signed', jwt: body.trim() } : unsigned(contentType)
  }
  if (isSuccess && contentType === signedType) {
    return unreachable(problemOf('intro-reach', 'signed'))
  }
  const read = readBody(body)
  const object = typeof read === 'string' ? {} : read.object
  if (typeof read !== 'string' && read.twice !== undefined && speaksOfTokens(status)) {
    const member = remoteWords(read.twice, secrets)
    return { kind: 'ambiguous', member, ...problemOf('intro-duplicate-member', { member }) }
  }
  const said = errorIn(object, secrets) ?? (isSuccess ? undefined : challengeError(answer, secrets))
  const judged = withWords(object, said)
  const isBearer = method === 'bearer'
  const about = speaksOfTokens(status) ? subjectOf(judged, status, isBearer) : undefined
  if (about === 'token') return { kind: 'answer', body: judged }
  if (isSuccess) {
    return typeof read === 'string'
      ? unreachable(notIntrospection(read))
      : readSuccess(object, said, about)
  }
  return readRefusal(answer, said ?? failureWords(body, contentType, secrets), about)
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
  const secrets = new Set([token])
  const ask = async (timeoutMs: number): Promise<Exchange> => {
    const fields = { token, token_type_hint: 'access_token' }
    const form = await authenticateForm(fields, credentials, url)
    for (const secret of secretsOf(form)) secrets.add(secret)
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
  const asked = { form: target.answerForm, method: credentials.method, secrets: [...secrets] }
  return { exchange: last, answer: readIntrospection(last, asked) }
}
