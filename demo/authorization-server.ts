// A real authorization server for the tour, run as a child of it: what it announces on stdout is all that is known of it.
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type Context, type StructuredToken } from 'oidc-provider'
import {
  clientNames,
  latenessSeconds,
  lifetimeSeconds,
  scopes,
  type Announcement,
  type ClientName,
} from './realm.ts'

const signingKey = async (alg: string) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `demo-${alg.toLowerCase()}` }
}

const newSecret = (): string => randomBytes(24).toString('base64url')

const backdate = (context: Context | undefined, _token: unknown, jwt: StructuredToken): void => {
  if (context?.oidc?.client?.clientId !== 'late') return
  const shift = lifetimeSeconds + latenessSeconds
  jwt.payload.iat -= shift
  jwt.payload.exp -= shift
}

const resourceServer = (_context: Context, resource: string, client: { clientId: string }) => ({
  scope: scopes.join(' '),
  audience: resource,
  accessTokenFormat: client.clientId === 'opaque' ? 'opaque' : 'jwt',
  accessTokenTTL: lifetimeSeconds,
  jwt: { sign: { alg: 'ES256' } },
})

const configuration = async (secrets: Announcement['clients']) => ({
  jwks: { keys: [await signingKey('RS256'), await signingKey('ES256')] },
  cookies: { keys: [newSecret()] },
  scopes: ['openid', ...scopes],
  responseTypes: ['code'],
  ttl: { ClientCredentials: lifetimeSeconds },
  clients: clientNames.map((name) => ({
    client_id: name,
    client_secret: secrets[name],
    grant_types: name === 'proxy' ? [] : ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_context: Context, client: { clientId: string }) =>
        client.clientId === 'proxy',
    },
    revocation: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: resourceServer,
    },
  },
  formats: { customizers: { jwt: backdate } },
})

const listen = async (): Promise<void> => {
  let answer: RequestListener | undefined
  const server = createServer((request, response) => answer?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = Object.fromEntries(clientNames.map((name) => [name, newSecret()])) as Record<
    ClientName,
    string
  >
  answer = new Provider(issuer, await configuration(clients)).callback()
  const announcement: Announcement = { issuer, clients }
  process.stdout.write(`${JSON.stringify(announcement)}\n`)
  const end = (): void => {
    server.close()
    server.closeAllConnections()
    process.stdin.destroy()
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  // The parent holds the other end of stdin: when it is gone, so is the reason to run.
  process.stdin.once('end', end).resume()
}

await listen()
