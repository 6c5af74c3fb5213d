// Sets up an empty Glewlwyd through its admin API: scopes, an OpenID Connect plugin, clients, a user.
import type { JWK } from 'jose'
import { audience, otherAudience, scopes } from './real-server.ts'

/** The administrator that the package's own schema creates. */
const administrator = { username: 'admin', password: 'password' }

export type Admin = (method: 'POST' | 'PUT', path: string, body: object) => Promise<void>

export const signInAsAdmin = async (api: string): Promise<Admin> => {
  const send = async (method: string, path: string, body: object, cookie: string) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return response
  }
  const { headers } = await send('POST', '/auth/', administrator, '')
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0])
  return async (method, path, body) => {
    await send(method, path, body, cookie.join('; '))
  }
}

export const addScope = (admin: Admin, name: string): Promise<void> =>
  admin('POST', '/scope/', {
    name,
    display_name: name,
    description: name,
    password_required: false,
    scheme: {},
  })

export interface PluginOptions {
  readonly issuer: string
  readonly keys: readonly JWK[]
  readonly lifetimeSeconds: number
}

/** An issuer of its own below the API, with all that a resource server may need of it. */
export const addIssuer = (
  admin: Admin,
  name: string,
  { issuer, keys, lifetimeSeconds }: PluginOptions,
): Promise<void> =>
  admin('POST', '/mod/plugin/', {
    module: 'oidc',
    name,
    display_name: name,
    parameters: {
      iss: issuer,
      'jwks-private': JSON.stringify({ keys }),
      'jwks-show': true,
      'access-token-duration': lifetimeSeconds,
      'refresh-token-duration': 3600,
      'code-duration': 600,
      'refresh-token-rolling': true,
      'allow-non-oidc': true,
      'auth-type-code-enabled': true,
      'auth-type-password-enabled': true,
      'auth-type-client-enabled': true,
      'auth-type-refresh-enabled': true,
      'pkce-allowed': true,
      'allowed-scope': ['openid', ...scopes],
      'introspection-revocation-allowed': true,
      'introspection-revocation-allow-target-client': true,
      'resource-allowed': true,
      'resource-scope': Object.fromEntries(
        scopes.map((scope) => [scope, [audience, otherAudience]]),
      ),
      'resource-scope-and-client-property': false,
      'encrypt-out-token-allow': true,
      'client-enc-parameter': 'enc',
      'client-alg-parameter': 'alg',
      'client-alg_kid-parameter': 'alg_kid',
      'client-encrypt_at-parameter': 'encrypt_at',
      'client-jwks-parameter': 'jwks',
    },
  })

export interface ClientOptions {
  readonly secret: string
  readonly grants: readonly string[]
  /** Extra properties, such as the ones that ask for encrypted tokens. */
  readonly more?: object
}

export const addClient = (
  admin: Admin,
  id: string,
  { secret, grants, more }: ClientOptions,
): Promise<void> =>
  admin('POST', '/client/?source=database', {
    client_id: id,
    name: id,
    password: secret,
    confidential: true,
    enabled: true,
    authorization_type: grants,
    scope: scopes,
    redirect_uri: [],
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
    ...more,
  })

export const addUser = (admin: Admin, username: string, password: string): Promise<void> =>
  admin('POST', '/user/?source=database', {
    username,
    name: username,
    password,
    enabled: true,
    scope: scopes,
  })
