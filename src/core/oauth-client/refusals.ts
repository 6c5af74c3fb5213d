// What the errors of oauth4webapi and of the server behind it mean to the person who logs in.
import { problemOf, type Saying } from '../../problems/problem.ts'
import type { JsonObject } from '../../base/json.ts'
import { quote } from '../../base/quote.ts'
import { UsageError, usageError } from '../../problems/usage-error.ts'
import { bodyObject, errorText, type OauthError, remoteWords } from '../client/server-words.ts'
import {
  type Unreachable,
  type Wire,
  Unanswered,
  isAnswered,
  noOauthAnswer,
  unreachable,
} from './wire.ts'

type Case = Saying<'login-refused'>[0]

/** RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, RFC 8707 section 2, RFC 7591 section 3.2.2. */
const cases: Readonly<Record<string, Case>> = {
  invalid_client: 'client',
  // Words of single vendors, said with 200.
  incorrect_client_credentials: 'client',
  invalid_client_id: 'client',
  bad_client_secret: 'client',
  unauthorized_client: 'grant',
  unsupported_grant_type: 'flow',
  invalid_scope: 'scope',
  invalid_target: 'resource',
  invalid_request: 'request',
  invalid_redirect_uri: 'redirect',
  invalid_client_metadata: 'metadata',
  server_error: 'trouble',
  temporarily_unavailable: 'trouble',
  invalid_grant: 'code',
  bad_verification_code: 'code',
  incorrect_device_code: 'code',
  redirect_uri_mismatch: 'redirect',
  // Of an endpoint that no person sees.
  access_denied: 'denied',
}

/** Entra refuses a resource beside a scope of another one, under a generic code. */
const resourceBesideScope = /AADSTS901\d{4}/

/** Auth0 says so of a resource that is none of its APIs, under the code of a declined login. */
const unknownResource = /^Service not found/i

const caseOf = ({ error, description = '' }: OauthError): Case => {
  if (resourceBesideScope.test(description)) return 'entra'
  if (unknownResource.test(description)) return 'unknown-resource'
  return (Object.hasOwn(cases, error) ? cases[error] : undefined) ?? 'other'
}

/** One line: a server does not get to write lines of its own, here or in the address of a callback. */
const textOf = (oauthError: OauthError): string => remoteWords(errorText(oauthError), [])

/** `who` names the endpoint: "The token endpoint". */
export const refusal = (who: string, oauthError: OauthError): UsageError => {
  const values = { who, error: textOf(oauthError) }
  return usageError(problemOf('login-refused', caseOf(oauthError), values))
}

/** The same of an answer that a person at the server had a part in: that person may have declined. */
export const refusalOfPerson = (who: string, oauthError: OauthError): UsageError =>
  oauthError.error === 'access_denied' && caseOf(oauthError) === 'denied'
    ? usageError(problemOf('login-declined', { error: textOf(oauthError) }))
    : refusal(who, oauthError)

/**
 * The refusal that the last answer carries, where it is one of OAuth: some servers say it with 200. A server
 * in trouble (5xx) or too busy (429) refuses nothing.
 */
export const errorOf = (wire: Wire): OauthError | undefined => {
  const status = wire.last()?.status ?? 0
  const speaks = (status >= 200 && status <= 299) || (status >= 400 && status <= 499)
  return speaks && status !== 429 ? wire.error() : undefined
}

/** By its code: the names of classes do not survive the build. */
const isOfLibrary = (error: Error): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && code.startsWith('OAUTH_')
}

/** What clients of the official SDK need of a token response too (RFC 6749 section 5.1). */
const tokenMembers = ['access_token', 'token_type'] as const

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`

/** What else a token response may have, and the library judges (RFC 6749 section 5.1). */
const otherMembers: Readonly<Record<string, (value: unknown) => boolean>> = {
  expires_in: (value) => !Number.isNaN(Number(value)) && value !== null && Number(value) >= 0,
  scope: (value) => typeof value === 'string',
  refresh_token: (value) => typeof value === 'string' && value !== '',
}

const otherFault = (body: JsonObject): string | undefined => {
  const name = Object.keys(otherMembers).find(
    (one) => body[one] !== undefined && otherMembers[one]?.(body[one]) === false,
  )
  if (name === undefined) return undefined
  const value = body[name]
  const found = typeof value === 'number' ? String(value) : value === '' ? 'empty' : kindOf(value)
  return `${name} of the token response is ${found}`
}

/** In our words, where the answer is a token response with something wrong in it. */
const tokenFault = (body: JsonObject): string | undefined => {
  if (!tokenMembers.some((name) => Object.hasOwn(body, name))) return undefined
  let type = ''
  for (const name of tokenMembers) {
    const value = body[name]
    if (value === undefined) return `the token response has no ${name}`
    if (typeof value !== 'string') return `${name} of the token response is ${kindOf(value)}`
    if (value === '') return `${name} of the token response is empty`
    type = value
  }
  return /^(?:bearer|dpop)$/i.test(type)
    ? otherFault(body)
    : `token_type of the token response is ${quote(type).slice(0, 60)}, which no client can use`
}

const memberCase = (fault: string): Unreachable =>
  Object.keys(otherMembers).some((name) => fault.startsWith(name)) ? 'other-member' : 'member'

/** What is wrong with an answer that is neither a success nor a refusal of OAuth, and which remedy that has. */
const complaint = (error: Error, wire: Wire): readonly [why: string, cause: Unreachable] => {
  const answer = wire.last()
  if (answer === undefined) return [error.message, 'answer']
  const { status = 0, contentType, body = '' } = answer
  const type = contentType ?? 'no content type'
  if (status < 200 || status > 299) {
    const said = wire.words()
    const words = said === undefined ? 'no OAuth error' : errorText(said)
    return [`HTTP status ${String(status)}, ${type}, ${words}`, noOauthAnswer(answer)]
  }
  const object = bodyObject(body, contentType)
  const fault = object === undefined ? undefined : tokenFault(object)
  if (
    contentType === 'application/x-www-form-urlencoded' &&
    fault === undefined &&
    object !== undefined
  ) {
    return [`it came as ${type}`, Object.hasOwn(object, 'access_token') ? 'form' : 'foreign']
  }
  if (body === '') return [`HTTP status ${String(status)}, an empty body`, 'foreign']
  if (contentType !== 'application/json') return [`it came as ${type}`, 'foreign']
  if (fault !== undefined) return [fault, memberCase(fault)]
  return [
    status === 200 ? error.message : `HTTP status ${String(status)} instead of 200`,
    'foreign',
  ]
}

/** How a request to an authorization server failed, as a value. */
export type WireTrouble =
  /** The server refuses in the words of OAuth. */
  | { readonly kind: 'refused'; readonly error: OauthError }
  /** `unreachable`: no answer. `busy`: it is in trouble (429, 5xx). `malformed`: its answer is none of OAuth. */
  | { readonly kind: 'unreachable' | 'busy' | 'malformed'; readonly why: string }

/** What an error that was thrown on the way says of the server; undefined for a mistake of ours. */
export const wireTroubleOf = (error: unknown, wire: Wire): WireTrouble | undefined => {
  const refused = errorOf(wire)
  if (refused !== undefined) return { kind: 'refused', error: refused }
  const answer = wire.last()
  const cause = noOauthAnswer(answer) === 'busy' ? 'busy' : 'malformed'
  if (!(error instanceof Unanswered)) return undefined
  const isSilent = answer?.fault !== undefined && !isAnswered(answer)
  return { kind: isSilent ? 'unreachable' : cause, why: error.why }
}

/** Runs one step; what the server or the library refuses becomes a UsageError, a mistake of ours stays one. */
export const step = async <T>(who: string, wire: Wire, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError) throw error
    const refused = errorOf(wire)
    if (refused !== undefined) throw refusal(who, refused)
    if (!isOfLibrary(error)) throw error
    const [why, cause] = complaint(error, wire)
    throw unreachable(wire.last()?.url ?? who, why, cause)
  }
}
