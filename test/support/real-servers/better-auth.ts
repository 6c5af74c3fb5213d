// Better Auth (TypeScript, in this process) with its OAuth provider: JWTs by resource, opaque tokens without an audience.
import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth, type BetterAuthPlugin } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import {
  askForToken,
  audience,
  basic,
  machineGrant,
  otherAudience,
  postForm,
  scopes,
  type RealServer,
} from './real-server.ts'

export interface BetterAuthServer extends RealServer {
  /** A good JWT of another client than the one that introspects. */
  readonly ofAnotherClient: string
}

const models = [
  'user',
  'session',
  'account',
  'verification',
  'jwks',
  'oauthResource',
  'oauthClient',
  'oauthClientResource',
  'oauthAccessToken',
  'oauthRefreshToken',
  'oauthConsent',
  'oauthClientAssertion',
]

/** Tokens of this scope are issued with an `exp` that has passed. */
const lateScope = 'late'
const lateSeconds = 312

const configure = (origin: string) =>
  betterAuth({
    baseURL: origin,
    secret: 'only-for-tests-only-for-tests-only',
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: memoryAdapter(Object.fromEntries(models.map((model) => [model, []]))),
    emailAndPassword: { enabled: true },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: 'ES256' } }, disableSettingJwtHeader: true }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: [...scopes, lateScope],
        resources: [audience, otherAudience],
        enforcePerClientResources: false,
        scopeExpirations: { [lateScope]: new Date(Date.now() - lateSeconds * 1000) },
        clientPrivileges: () => true,
      }) as BetterAuthPlugin,
    ],
  })

type Auth = ReturnType<typeof configure>

/** What the plugin adds: its types and exactOptionalPropertyTypes exclude each other. */
interface ClientRegistration {
  adminCreateOAuthClient(request: {
    readonly headers: Headers
    readonly body: Readonly<Record<string, string | readonly string[]>>
  }): Promise<{ readonly client_id: string; readonly client_secret?: string }>
}

/** A session of somebody who may register clients. */
const signIn = async (auth: Auth): Promise<Headers> => {
  const { headers } = await auth.api.signUpEmail({
    body: { email: 'admin@acme.test', password: 'only-for-tests', name: 'Admin' },
    returnHeaders: true,
  })
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  return new Headers({ cookie: cookies.join('; ') })
}

const register = async (auth: Auth, headers: Headers, name: string) => {
  const api = auth.api as unknown as ClientRegistration
  const client = await api.adminCreateOAuthClient({
    headers,
    body: {
      client_name: name,
      redirect_uris: ['https://client.acme.test/callback'],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      client_credentials_scopes: [...scopes, lateScope],
    },
  })
  return { id: client.client_id, secret: client.client_secret ?? '' }
}

const listen = async (answer: () => RequestListener) => {
  const server = createServer((request, response) => {
    answer()(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { origin: `http://127.0.0.1:${port}`, close }
}

export const startBetterAuth = async (): Promise<BetterAuthServer> => {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end()
  const { origin, close } = await listen(() => answer)
  const auth = configure(origin)
  answer = (request, response) => void toNodeHandler(auth)(request, response)
  const admin = await signIn(auth)
  const client = await register(auth, admin, 'resource server')
  const other = await register(auth, admin, 'another client')
  const issuer = `${origin}/api/auth`
  const credentials = basic(client.id, client.secret)
  const ask = (resource?: string, scope?: string) =>
    askForToken(`${issuer}/oauth2/token`, credentials, machineGrant(resource, scope))
  const revoked = await ask()
  await postForm(`${issuer}/oauth2/revoke`, credentials, { token: revoked })
  return {
    name: 'better-auth',
    issuer,
    client,
    tokens: {
      good: await ask(audience),
      expired: await ask(audience, lateScope),
      elsewhere: await ask(otherAudience),
      aimless: await ask(),
      opaque: await ask(),
      revoked,
    },
    ofAnotherClient: await askForToken(
      `${issuer}/oauth2/token`,
      basic(other.id, other.secret),
      machineGrant(audience),
    ),
    close,
  }
}
