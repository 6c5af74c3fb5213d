// What a token endpoint granted, and the client in whose name it was asked.
import type * as oauth from 'oauth4webapi'
import { Secret } from '../../base/secret.ts'
import { authenticateForm, type ClientCredentials } from '../client/client-authentication.ts'
import { scopeList } from '../claims/scopes.ts'
import { step } from './refusals.ts'
import { openWire, type Wire, type WireOptions } from './wire.ts'

/** The issuer and those of its endpoints that a login needs; plain data that can be stored. */
export interface LoginServer {
  readonly issuer: string
  readonly authorization_endpoint?: string | undefined
  readonly token_endpoint?: string | undefined
  readonly device_authorization_endpoint?: string | undefined
  readonly registration_endpoint?: string | undefined
  readonly revocation_endpoint?: string | undefined
  readonly pushed_authorization_request_endpoint?: string | undefined
  readonly authorization_response_iss_parameter_supported?: boolean | undefined
}

export interface Grant {
  readonly accessToken: Secret
  readonly refreshToken: Secret | undefined
  /** Undefined where the server does not say it. */
  readonly lifetimeSeconds: number | undefined
  /** Undefined where the server does not say them: they are those that were asked for (RFC 6749 section 5.1). */
  readonly scopes: readonly string[] | undefined
}

/** What every request for a token says of the token. */
export interface Wish {
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  /** The name of the resource in the words of servers that know no `resource` (RFC 8693 section 2.1). */
  readonly audience?: string | undefined
}

export const wishFields = ({ scopes, resource, audience }: Wish): Record<string, string> => ({
  ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  ...(resource === undefined ? {} : { resource }),
  ...(audience === undefined ? {} : { audience }),
})

/** One client at one server, and the way to it. */
export interface Protocol {
  readonly lib: typeof oauth
  readonly as: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly auth: oauth.ClientAuth
  readonly options: oauth.HttpRequestOptions<'POST', URLSearchParams>
  readonly wire: Wire
}

const authentication =
  (credentials: ClientCredentials): oauth.ClientAuth =>
  async (as, _client, body, headers) => {
    const proof = await authenticateForm({}, credentials, as.token_endpoint ?? as.issuer)
    for (const [name, value] of Object.entries(proof.headers)) headers.set(name, value)
    for (const [name, value] of new URLSearchParams(proof.body)) body.set(name, value)
  }

const present = (server: LoginServer): oauth.AuthorizationServer =>
  Object.fromEntries(
    Object.entries(server).filter(([, value]) => value !== undefined),
  ) as unknown as oauth.AuthorizationServer

/** Some frameworks answer every POST with 201, and clients of MCP read a token that comes with it. */
const createdAsOk =
  ({ token_endpoint, device_authorization_endpoint }: oauth.AuthorizationServer, wire: Wire) =>
  async (...asked: Parameters<Wire['fetch']>): Promise<Response> => {
    const response = await wire.fetch(...asked)
    const [url] = asked
    const isToken = url === token_endpoint || url === device_authorization_endpoint
    return response.status === 201 && isToken
      ? new Response(response.body, { status: 200, headers: response.headers })
      : response
  }

export const openProtocol = async (
  server: LoginServer,
  credentials: ClientCredentials,
  options: WireOptions,
): Promise<Protocol> => {
  const lib = await import('oauth4webapi')
  const certificate =
    credentials.method === 'tls_client_auth' ? credentials.certificate : options.certificate
  const wire = openWire({ ...options, certificate })
  const as = present(server)
  return {
    lib,
    as,
    client: { client_id: credentials.clientId ?? '' },
    auth: authentication(credentials),
    // Whether http is allowed is decided by the wire, for each address.
    options: { [lib.customFetch]: createdAsOk(as, wire), [lib.allowInsecureRequests]: true },
    wire,
  }
}

const grantOf = (answer: oauth.TokenEndpointResponse): Grant => ({
  accessToken: new Secret(answer.access_token),
  refreshToken: answer.refresh_token === undefined ? undefined : new Secret(answer.refresh_token),
  lifetimeSeconds: answer.expires_in,
  scopes: answer.scope === undefined ? undefined : scopeList(answer.scope),
})

const tokenEndpoint = 'The token endpoint'

/** Asks the token endpoint by any grant. */
export const askForToken = (
  { lib, as, client, wire }: Protocol,
  request: () => Promise<Response>,
): Promise<Grant> =>
  step(tokenEndpoint, wire, async () =>
    grantOf(await lib.processGenericTokenEndpointResponse(as, client, await request())),
  )

/** RFC 6749 section 4.4. */
export const clientCredentialsGrant = (protocol: Protocol, wish: Wish): Promise<Grant> => {
  const { lib, as, client, auth, options } = protocol
  return askForToken(protocol, () =>
    lib.clientCredentialsGrantRequest(as, client, auth, wishFields(wish), options),
  )
}

export const tokenExchangeType = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** What kind of token is shown for exchange (RFC 8693 section 3). */
export const subjectTokenTypes = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const

export type SubjectTokenType = keyof typeof subjectTokenTypes

/** RFC 8693 section 2.1: an access token in exchange for that of another party. */
export const tokenExchangeGrant = (
  protocol: Protocol,
  wish: Wish,
  subject: { readonly token: string; readonly type: SubjectTokenType },
): Promise<Grant> => {
  const { lib, as, client, auth, options } = protocol
  const fields = {
    ...wishFields(wish),
    subject_token: subject.token,
    subject_token_type: subjectTokenTypes[subject.type],
    requested_token_type: subjectTokenTypes.access_token,
  }
  return askForToken(protocol, () =>
    lib.genericTokenEndpointRequest(as, client, auth, tokenExchangeType, fields, options),
  )
}

/** RFC 6749 section 6. The scopes stay those that were granted. */
export const refreshGrant = (
  protocol: Protocol,
  refreshToken: Secret,
  resource: string | undefined,
): Promise<Grant> => {
  const { lib, as, client, auth, options } = protocol
  return askForToken(protocol, () =>
    lib.refreshTokenGrantRequest(as, client, auth, refreshToken.reveal(), {
      ...options,
      additionalParameters: resource === undefined ? {} : { resource },
    }),
  )
}
