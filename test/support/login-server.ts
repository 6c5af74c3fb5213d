// A scripted authorization server that does everything right until a test says otherwise.
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server.ts'

/** Planted wherever a server or a login makes a secret up; none of them may be told. */
export const plantedCode = 'planted-authorization-code-5f1c'
export const plantedDeviceCode = 'planted-device-code-77aa'
export const plantedToken = 'planted-access-token-e01b'
export const plantedRefresh = 'planted-refresh-token-9d42'

export const granted = {
  access_token: plantedToken,
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: plantedRefresh,
  scope: 'mcp:read',
}

export interface LoginServerOptions {
  /** Put over the metadata; undefined takes a field away. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly token?: Script
  readonly device?: Script
  readonly registration?: Script
}

export const startLoginServer = async (
  options: LoginServerOptions = {},
): Promise<ScriptedServer> => {
  const server = await startScriptedServer()
  const { origin } = server
  server.on('/.well-known/oauth-authorization-server', {
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      device_authorization_endpoint: `${origin}/device`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
      ...options.metadata,
    },
  })
  server.on('/token', options.token ?? { body: granted })
  server.on(
    '/device',
    options.device ?? {
      body: {
        device_code: plantedDeviceCode,
        user_code: 'WDJB-MJHT',
        verification_uri: `${origin}/enter`,
        verification_uri_complete: `${origin}/enter?user_code=WDJB-MJHT`,
        expires_in: 600,
        interval: 7,
      },
    },
  )
  server.on(
    '/register',
    options.registration ?? { status: 201, body: { client_id: 'made-by-the-server' } },
  )
  server.on('/revoke', { body: '' })
  return server
}
