// As whom to log in, in the order that MCP names: pre-registered, metadata document, registration, nobody.
import { problemOf } from '../../problems/problem.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { exchange, refusedUrl } from '../../net/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import type { ClientCredentials } from '../client/client-authentication.ts'
import {
  credentialsOfRegistered,
  register,
  type RegisteredClient,
  type RegistrationWish,
} from './registration.ts'
import type { LoginTarget } from './target.ts'
import type { WireOptions } from './wire.ts'

export type ClientSource = 'pre-registered' | 'metadata-document' | 'remembered' | 'registered'

export interface LoginClient {
  readonly from: ClientSource
  readonly credentials: ClientCredentials
}

/** Where registrations are kept from one login to the next, one for each issuer. */
export interface ClientMemory {
  recall(issuer: string): RegisteredClient | undefined
  keep(client: RegisteredClient): void
  forget(issuer: string): void
}

/** Client ID Metadata Document, section 3: an https URL with a path, and nothing that hides where it leads. */
export const checkDocumentUrl = (url: string): void => {
  const wrong = (why: string) => usageError(problemOf('login-client', 'address', { why }))
  if (!URL.canParse(url)) throw wrong('is not a URL')
  const { protocol, pathname, username, password, hash } = new URL(url)
  if (protocol !== 'https:') throw wrong('is not https')
  if (pathname === '/') throw wrong('has no path')
  if (hash !== '' || username !== '' || password !== '')
    throw wrong('has a fragment or credentials')
}

/** The document as servers will read it; undefined where it cannot be read from here, which proves nothing. */
export const readDocument = async (
  url: string,
  options: WireOptions,
): Promise<JsonObject | undefined> => {
  const answer = await exchange({ url, headers: { accept: 'application/json' } }, options.ports, {
    allowHttp: false,
  })
  if (answer.fault !== undefined || answer.status !== 200) return undefined
  const parsed = parseJson(answer.body ?? '')
  const document = parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined
  if (document === undefined || document['client_id'] !== url) {
    const why = document === undefined ? 'is not a JSON object' : 'names another client_id'
    throw usageError(problemOf('login-client', 'document', { url, why }))
  }
  return document
}

/** The loopback redirect that a document or a registration names. */
export const loopbackRedirectOf = (document: JsonObject): string | undefined => {
  const uris = document['redirect_uris']
  if (!Array.isArray(uris)) return undefined
  return (uris as readonly unknown[]).find(
    (uri): uri is string =>
      typeof uri === 'string' &&
      refusedUrl(uri, false) === undefined &&
      isLoopbackHost(new URL(uri).hostname),
  )
}

interface Question {
  readonly target: LoginTarget
  readonly wish: RegistrationWish
  readonly memory: ClientMemory
  readonly now: number
  readonly note: (text: string) => void
}

const covers = (known: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((item) => known.includes(item))

/** Whether a registration of earlier can do what is wanted now. */
const fits = (client: RegisteredClient, { wish, now }: Question): boolean =>
  covers(client.grants, wish.grants) &&
  (wish.scopes.length === 0 || covers(client.scopes, wish.scopes)) &&
  (wish.redirectUri === undefined || client.redirectUri !== undefined) &&
  (client.secretEndsAt === undefined || client.secretEndsAt > now + 60_000)

const nobody = ({ target, wish }: Question): UsageError =>
  usageError(
    wish.redirectUri === undefined
      ? problemOf('login-client', 'unregistered', { issuer: target.server.issuer })
      : problemOf('login-client', 'redirect', {
          issuer: target.server.issuer,
          uri: wish.redirectUri,
        }),
  )

/**
 * The part of the order in which the server decides: a client from its own registration. `known` says
 * whether the server still knows a remembered one. Throws a UsageError where it makes none.
 */
export const registeredClient = async (
  question: Question,
  options: WireOptions,
  known: (client: RegisteredClient) => Promise<boolean>,
): Promise<LoginClient & { readonly registration: RegisteredClient }> => {
  const { target, wish, memory, note } = question
  const remembered = memory.recall(target.server.issuer)
  if (remembered !== undefined && fits(remembered, question)) {
    if (await known(remembered)) {
      const credentials = credentialsOfRegistered(remembered)
      return { from: 'remembered', credentials, registration: remembered }
    }
    note(`${target.server.issuer} no longer knows the client of the last login: registering anew`)
    memory.forget(target.server.issuer)
  }
  if (target.server.registration_endpoint === undefined) throw nobody(question)
  const made = await register(
    { server: target.server, metadata: target.metadata, wish, note },
    options,
  )
  memory.keep(made)
  return { from: 'registered', credentials: credentialsOfRegistered(made), registration: made }
}
