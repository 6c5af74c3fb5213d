// A real authorization server (oidc-provider) over TLS that knows clients by key, by certificate, or wants to sign its answers.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { Agent, request } from 'undici'
import { Provider, type Context } from 'oidc-provider'
import { createAuthority, type Certified, type TestAuthority } from './certificates.ts'
import { testAudience } from './tokens.ts'

export const registered = {
  byKey: 'proves-by-key',
  byCertificate: 'proves-by-certificate',
  wantsSigned: 'wants-signed-answers',
} as const

export interface ClientRegistry {
  readonly issuer: string
  /** Trusted by nobody but the tests. */
  readonly authority: TestAuthority
  /** Private keys of the client `byKey`, as they would be in its files. */
  readonly keys: { readonly rsa: JWK; readonly ec: JWK }
  /** What the server knows the client `byCertificate` by, and another client's. */
  readonly certificate: Certified
  readonly strangersCertificate: Certified
  readonly secret: string
  opaqueToken(): Promise<string>
  close(): Promise<void>
}

const secret = 'secret-of-a-client-for-tests'
const tokenClient = 'asks-for-opaque'

const keyPair = async (alg: string, kid: string): Promise<JWK> => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, kid }
}

const publicPart = ({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: JWK): JWK => rest

/** The raw socket lies below what oidc-provider types of its context. */
const socketOf = (context: Context): TLSSocket =>
  (context as unknown as { readonly req: { readonly socket: TLSSocket } }).req.socket

const client = (id: string, more: Record<string, unknown>) => ({
  client_id: id,
  grant_types: [],
  redirect_uris: [],
  response_types: [],
  ...more,
})

const clients = (keys: readonly JWK[]) => [
  client(tokenClient, { client_secret: secret, grant_types: ['client_credentials'] }),
  client(registered.byKey, {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: keys.map(publicPart) },
  }),
  client(registered.byCertificate, {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=resource-server',
    grant_types: ['client_credentials'],
  }),
  client(registered.wantsSigned, { client_secret: secret }),
]

const features = {
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  introspection: { enabled: true, allowedPolicy: () => true },
  jwtIntrospection: { enabled: true },
  mTLS: {
    enabled: true,
    tlsClientAuth: true,
    getCertificate: (context: Context) => socketOf(context).getPeerX509Certificate(),
    certificateAuthorized: (context: Context) => socketOf(context).authorized,
    certificateSubjectMatches: (context: Context, _property: string, expected: string) =>
      socketOf(context).getPeerX509Certificate()?.subject === expected,
  },
  resourceIndicators: {
    enabled: true,
    defaultResource: () => undefined,
    useGrantedResource: () => true,
    getResourceServerInfo: () => ({
      scope: 'mcp:read',
      audience: testAudience,
      accessTokenFormat: 'opaque',
      accessTokenTTL: 3600,
    }),
  },
}

export const startClientRegistry = async (): Promise<ClientRegistry> => {
  const authority = await createAuthority()
  const [server, certificate, strangersCertificate] = await Promise.all([
    authority.issue('127.0.0.1', 'server'),
    authority.issue('resource-server'),
    authority.issue('somebody-else'),
  ])
  const [rsa, ec, signing] = await Promise.all([
    keyPair('RS256', 'client-rsa'),
    keyPair('ES256', 'client-ec'),
    keyPair('ES256', 'as-es256'),
  ])
  let answer: ReturnType<Provider['callback']> | undefined
  const https = createServer(
    {
      key: server.key,
      cert: server.certificate,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, response) => answer?.(incoming, response),
  )
  await new Promise<void>((resolve) => {
    https.listen(0, '127.0.0.1', resolve)
  })
  const issuer = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
  const configuration = {
    jwks: { keys: [{ ...signing, use: 'sig' }] },
    cookies: { keys: ['only-for-tests'] },
    scopes: ['openid', 'mcp:read'],
    responseTypes: ['code'],
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
    },
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
    clients: clients([rsa, ec]),
    features,
  }
  answer = new Provider(issuer, configuration).callback()
  const trusting = new Agent({ connect: { ca: authority.certificate } })
  return {
    issuer,
    authority,
    keys: { rsa, ec },
    certificate,
    strangersCertificate,
    secret,
    opaqueToken: async () => {
      const { body } = await request(`${issuer}/token`, {
        method: 'POST',
        dispatcher: trusting,
        headers: {
          authorization: `Basic ${Buffer.from(`${tokenClient}:${secret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          scope: 'mcp:read',
          resource: testAudience,
        }).toString(),
      })
      const answer = (await body.json()) as { readonly access_token?: string }
      if (answer.access_token === undefined) throw new Error(JSON.stringify(answer))
      return answer.access_token
    },
    close: async () => {
      await trusting.close()
      await new Promise<void>((resolve) => {
        https.close(() => resolve())
        https.closeAllConnections()
      })
      await authority.close()
    },
  }
}
