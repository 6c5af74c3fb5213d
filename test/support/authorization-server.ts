// A real authorization server (oidc-provider) in the test's own process, on a loopback port.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type Context, type StructuredToken } from 'oidc-provider'
import { loginRealm, type LoginRealm } from './login-realm.ts'
import { exchangeGrant, registerTokenExchange } from './token-exchange.ts'
import { testAudience } from './tokens.ts'

export type TokenFormat = 'jwt' | 'opaque'

export interface TokenRequest {
  /** Default: `jwt`. JWTs are not kept by the server: only opaque tokens can be introspected and revoked. */
  readonly format?: TokenFormat
  /** The resource indicator, which becomes the audience; `null` asks for a token of no resource. */
  readonly resource?: string | null
  readonly scope?: string
  /** JWT only: how long ago it ran out, by its own `exp`. */
  readonly expiredSecondsAgo?: number
  /** The proof for a POST to the token endpoint: the token is bound to its key (RFC 9449). */
  readonly dpopProof?: string
  /** Another client that asks, with the secret of the machine client; JWT only. */
  readonly client?: string
  /** JWT only: the DER of the certificate that the token is bound to (RFC 8705). */
  readonly certificate?: Uint8Array
}

export interface AuthorizationServer {
  readonly issuer: string
  readonly jwksUri: string
  readonly introspectionEndpoint: string
  /** The client that may introspect and revoke. Its secret needs form-encoding (RFC 6749 section 2.3.1). */
  readonly clientId: string
  readonly clientSecret: string
  /** An access token by the client_credentials grant. */
  token(request?: TokenRequest): Promise<string>
  revoke(token: string): Promise<void>
  /** How many requests came for the path. */
  count(path: string): number
  /** The server loses a client that registered itself. */
  forgetClient(id: string): Promise<void>
  /** Refuses connections until `restart`, on the same port. */
  stop(): Promise<void>
  restart(): Promise<void>
  close(): Promise<void>
}

const lifetimeSeconds = 3600
const scopes = ['mcp:read', 'mcp:call'] as const
const introspector = { id: 'resource-server', secret: 's3cret:with%odd+characters' }
const tokenClients = { jwt: 'asks-for-jwt', opaque: 'asks-for-opaque' } as const
const certificateClient = 'asks-with-certificate'
/** Stands for what a TLS terminator would forward. */
const certificateHeader = 'x-test-certificate'
const tokenClientSecret = 'secret-of-a-test-client'
/** A client that gets JWTs by the client_credentials grant. Nothing in its secret needs form-encoding. */
export const machineClient = { id: tokenClients.jwt, secret: tokenClientSecret } as const
/** The client that may exchange tokens, where the server does so; and have tokens of its own. */
export const exchangeClient = {
  id: 'exchanges-tokens',
  secret: 'secret-of-the-exchanging-client',
} as const

const signingKey = async (alg: string) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `as-${alg.toLowerCase()}` }
}

const resourceServer = (_context: Context, resource: string, client: { clientId: string }) => ({
  scope: scopes.join(' '),
  audience: resource,
  accessTokenFormat: client.clientId === tokenClients.opaque ? 'opaque' : 'jwt',
  accessTokenTTL: lifetimeSeconds,
  jwt: { sign: { alg: 'ES256' } },
})

const clientOf = (id: string, secret: string, grants: readonly string[]) => ({
  client_id: id,
  client_secret: secret,
  grant_types: grants,
  redirect_uris: [],
  response_types: [],
})

const configuration = async (
  backdate: (jwt: StructuredToken) => void,
  realm: ReturnType<typeof loginRealm> | undefined,
  { claims, callers = [], exchange }: AuthorizationServerOptions,
  keys: readonly object[],
) => ({
  jwks: { keys },
  cookies: { keys: ['only-for-tests'] },
  scopes: ['openid', ...scopes, ...(realm?.scopes ?? [])],
  responseTypes: ['code'],
  ttl: { ClientCredentials: lifetimeSeconds },
  ...(claims === undefined ? {} : { extraTokenClaims: () => claims() }),
  clients: [
    clientOf(introspector.id, introspector.secret, []),
    ...Object.values(tokenClients).map((id) =>
      clientOf(id, tokenClientSecret, ['client_credentials']),
    ),
    {
      ...clientOf(certificateClient, tokenClientSecret, ['client_credentials']),
      tls_client_certificate_bound_access_tokens: true,
    },
    ...callers.map((id) => clientOf(id, tokenClientSecret, ['client_credentials'])),
    ...(exchange === undefined
      ? []
      : [
          clientOf(exchangeClient.id, exchangeClient.secret, ['client_credentials', exchangeGrant]),
        ]),
    ...(realm?.clients ?? []),
  ],
  features: {
    devInteractions: { enabled: realm !== undefined },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_context: Context, client: { clientId: string }) =>
        client.clientId === introspector.id,
    },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      getCertificate: (context: Context & { get(name: string): string }) =>
        context.get(certificateHeader),
    },
    revocation: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (
        context: Context,
        resource: string,
        client: { clientId: string },
      ) => ({
        ...resourceServer(context, resource, client),
        ...realm?.token,
      }),
    },
    ...realm?.features,
  },
  ...realm?.settings,
  formats: {
    customizers: {
      jwt: (_context: Context, _token: unknown, jwt: StructuredToken) => backdate(jwt),
    },
  },
})

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

const post = async (
  url: string,
  credentials: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: credentials, ...headers },
    body: new URLSearchParams(form),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
  return text
}

export interface AuthorizationServerOptions {
  /** Default: an issuer without a path. */
  readonly path?: `/${string}`
  /** People can log in, by the server's own pages: see login-realm.ts. */
  readonly logins?: LoginRealm
  /** Clients beside the others, which get tokens for themselves; their ids are the subjects of those. */
  readonly callers?: readonly string[]
  /** A client that may exchange tokens of that audience (RFC 8693); denied to these subjects by policy. */
  readonly exchange?: { readonly audience: string; readonly denied?: readonly string[] }
  /** Further claims of the access token that is issued next. */
  readonly claims?: () => Readonly<Record<string, unknown>>
}

/** Below a path, as behind a reverse proxy that hides the /.well-known of the host. */
const mounted =
  (path: string, answer: RequestListener): RequestListener =>
  (request, response) => {
    const { url = '/' } = request
    if (path !== '' && !url.startsWith(`${path}/`)) {
      response.writeHead(404).end()
      return
    }
    Object.assign(request, { originalUrl: url, url: url.slice(path.length) })
    answer(request, response)
  }

export const startAuthorizationServer = async (
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> => {
  const { path, logins, exchange } = options
  let answer: RequestListener | undefined
  let shiftSeconds = 0
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push((request.url ?? '').split('?')[0] ?? '')
    answer?.(request, response)
  })
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}${path ?? ''}`
  const backdate = (jwt: StructuredToken): void => {
    jwt.payload.iat -= shiftSeconds
    jwt.payload.exp -= shiftSeconds
  }
  const realm = logins === undefined ? undefined : loginRealm(logins)
  const keys = [await signingKey('RS256'), await signingKey('ES256')]
  const provider = new Provider(issuer, await configuration(backdate, realm, options, keys))
  if (exchange !== undefined) {
    registerTokenExchange(provider, {
      issuer,
      keys: () => ({ keys }),
      audience: exchange.audience,
      resourceServer: (resource) => resourceServer({}, resource, { clientId: exchangeClient.id }),
      denied: new Set(exchange.denied),
    })
  }
  answer = mounted(path ?? '', provider.callback())
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    clientId: introspector.id,
    clientSecret: introspector.secret,
    token: async (request = {}) => {
      const resource = request.resource === undefined ? testAudience : request.resource
      const late = request.expiredSecondsAgo
      shiftSeconds = late === undefined ? 0 : lifetimeSeconds + late
      try {
        const text = await post(
          `${issuer}/token`,
          basic(
            request.certificate === undefined
              ? (request.client ?? tokenClients[request.format ?? 'jwt'])
              : certificateClient,
            tokenClientSecret,
          ),
          {
            grant_type: 'client_credentials',
            scope: request.scope ?? scopes.join(' '),
            ...(resource === null ? {} : { resource }),
          },
          {
            ...(request.dpopProof === undefined ? {} : { dpop: request.dpopProof }),
            ...(request.certificate === undefined
              ? {}
              : { [certificateHeader]: Buffer.from(request.certificate).toString('base64') }),
          },
        )
        return (JSON.parse(text) as { access_token: string }).access_token
      } finally {
        shiftSeconds = 0
      }
    },
    revoke: async (token) => {
      const credentials = basic(tokenClients.opaque, tokenClientSecret)
      await post(`${issuer}/token/revocation`, credentials, { token })
    },
    forgetClient: (id) => provider.Client.adapter.destroy(id),
    count: (path) => asked.filter((seen) => seen === path).length,
    stop,
    restart: () => listen(server, port),
    close: stop,
  }
}
