// Dynamic client registration (RFC 7591): what we say of ourselves, and who we are afterwards.
import { problemOf } from '../../problems/problem.ts'
import type { Exchange } from '../../net/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { Secret } from '../../base/secret.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { ClientCredentials, SecretAuthMethod } from '../client/client-authentication.ts'
import type { AuthServerMetadata } from '../metadata/metadata.ts'
import { memberFaults, registrationMembers, type MemberFault } from '../metadata/members.ts'
import type { LoginServer } from './grant.ts'
import { errorText } from '../client/server-words.ts'
import { errorOf, refusal } from './refusals.ts'
import { noOauthAnswer, openWire, unreachable, type WireOptions } from './wire.ts'

/** A client that a server made for us; it is valid there and nowhere else. */
export interface RegisteredClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  readonly method: SecretAuthMethod
  readonly redirectUri: string | undefined
  readonly grants: readonly string[]
  readonly scopes: readonly string[]
  /** Milliseconds since 1970; undefined: the secret does not expire. */
  readonly secretEndsAt: number | undefined
}

export interface RegistrationWish {
  readonly redirectUri: string | undefined
  readonly grants: readonly string[]
  readonly scopes: readonly string[]
}

const methods = ['none', 'client_secret_basic', 'client_secret_post'] as const

/** A command line keeps no secret well: none, where the server lets us. */
const methodFor = ({
  token_endpoint_auth_methods_supported: known,
}: AuthServerMetadata): SecretAuthMethod =>
  known.length === 0 ? 'none' : (methods.find((method) => known.includes(method)) ?? 'none')

const ourMetadata = (wish: RegistrationWish, method: SecretAuthMethod): JsonObject => ({
  client_name: 'mcp-proxy',
  software_id: 'mcp-proxy',
  application_type: 'native',
  redirect_uris: wish.redirectUri === undefined ? [] : [wish.redirectUri],
  response_types: wish.redirectUri === undefined ? [] : ['code'],
  grant_types: wish.grants,
  token_endpoint_auth_method: method,
  ...(wish.scopes.length === 0 ? {} : { scope: wish.scopes.join(' ') }),
})

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Whether a client that was registered can authenticate in this way. */
export const isSecretAuthMethod = (value: unknown): value is SecretAuthMethod =>
  methods.some((method) => method === value)

const clientOf = (
  document: JsonObject,
  asked: { readonly issuer: string; readonly wish: RegistrationWish; method: SecretAuthMethod },
): RegisteredClient | undefined => {
  const clientId = text(document['client_id'])
  if (clientId === undefined) return undefined
  const secret = text(document['client_secret'])
  const given = document['token_endpoint_auth_method']
  const ends = document['client_secret_expires_at']
  return {
    issuer: asked.issuer,
    clientId,
    clientSecret: secret === undefined ? undefined : new Secret(secret),
    // RFC 7591 section 3.2.1: the server may have decided otherwise.
    method: isSecretAuthMethod(given) ? given : asked.method,
    redirectUri: asked.wish.redirectUri,
    grants: asked.wish.grants,
    scopes: asked.wish.scopes,
    secretEndsAt: typeof ends === 'number' && ends > 0 ? ends * 1000 : undefined,
  }
}

/** RFC 7591 section 3: an initial access token is missing, or is a wrong one. */
const wantsToken: ReadonlySet<string> = new Set(['invalid_token', 'insufficient_scope'])

interface Registration {
  readonly server: LoginServer
  readonly metadata: AuthServerMetadata
  readonly wish: RegistrationWish
  /** Learns what other clients would refuse in the answer. */
  readonly note: (text: string) => void
}

/** What is wrong with the members of the answer; never their values, which may be secrets. */
const wrongMembers = (document: JsonObject, counts: (fault: MemberFault) => boolean): string =>
  memberFaults(document, registrationMembers)
    .filter(counts)
    .map(({ name, what, found }) => (what === 'missing' ? `no ${name}` : `${found} as ${name}`))
    .join(', ')

/** Of an answer of success that registers no client. */
const whyNoClient = (answer: Exchange | undefined, document: JsonObject): string => {
  const { status = 0, body = '', contentType = 'no content type' } = answer ?? {}
  const how = `with HTTP status ${String(status)}`
  if (body.trim() === '') return `it is empty, ${how}`
  const parsed = parseJson(body)
  if (!parsed.ok) return `it came as ${contentType} and is not JSON, ${how}`
  if (!isJsonObject(parsed.value)) return `it is JSON but no object, ${how}`
  return `the registration has ${wrongMembers(document, ({ member }) => member.name === 'client_id')}`
}

/**
 * Throws a UsageError when the server does not register us. Takes 200 for 201, as clients do; does not
 * check that the client can log in.
 */
export const register = async (
  { server, metadata, wish, note }: Registration,
  options: WireOptions,
): Promise<RegisteredClient> => {
  const { issuer, registration_endpoint: endpoint } = server
  if (endpoint === undefined) throw new Error('registration without an endpoint')
  const lib = await import('oauth4webapi')
  const wire = openWire(options)
  const method = methodFor(metadata)
  const said = ourMetadata(wish, method) as never
  const response = await lib.dynamicClientRegistrationRequest(
    { issuer, registration_endpoint: endpoint },
    said,
    { [lib.customFetch]: wire.fetch, [lib.allowInsecureRequests]: true },
  )
  const answer = wire.last()
  const isSuccess = response.status === 200 || response.status === 201
  const parsed = parseJson(answer?.body ?? '')
  const document = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}
  const client = isSuccess ? clientOf(document, { issuer, wish, method }) : undefined
  if (client !== undefined) {
    // A client without a redirect asked for none.
    const wrong = wrongMembers(
      document,
      ({ isRefused, what }) => isRefused && (what !== 'missing' || wish.redirectUri !== undefined),
    )
    if (wrong !== '') note(`the registration would be refused by other clients: ${wrong}`)
    return client
  }
  const refused = errorOf(wire)
  const words = wire.words()
  const isClosed = response.status === 401 || response.status === 403
  if (isClosed && (refused === undefined || wantsToken.has(refused.error))) {
    const told = words === undefined ? '' : `: ${errorText(words)}`
    const values = { endpoint, status: response.status, words: told }
    throw usageError(problemOf('login-client', 'protected', values))
  }
  if (refused !== undefined) throw refusal('The registration endpoint', refused)
  if (isSuccess) throw unreachable(endpoint, whyNoClient(answer, document), 'unregistered')
  const told = words === undefined ? '' : `, ${errorText(words)}`
  const why = `HTTP status ${String(answer?.status ?? response.status)}${told}`
  throw unreachable(endpoint, why, noOauthAnswer(answer))
}

export const credentialsOfRegistered = (client: RegisteredClient): ClientCredentials => ({
  method: client.method,
  clientId: client.clientId,
  clientSecret: client.clientSecret,
})
