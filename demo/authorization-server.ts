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
    grant_types: name === 'mcp-proxy' ? [] : ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_context: Context, client: { clientId: string }) =>
        client.clientId === 'mcp-proxy',
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

/** In a container its address and the secret of its clients are written down before it runs: deploy/compose. */
const knownBefore = (): { readonly url: URL; readonly secret: string } | undefined => {
  const { DEMO_ISSUER: url, DEMO_SECRET: secret } = process.env
  return url === undefined || secret === undefined ? undefined : { url: new URL(url), secret }
}

const listen = async (): Promise<void> => {
  let answer: RequestListener | undefined
  const server = createServer((request, response) => answer?.(request, response))
  const known = knownBefore()
  // The tour names a port where the README does.
  const port = known === undefined ? Number(process.argv[2] ?? 0) : Number(known.url.port)
  const host = known === undefined ? '127.0.0.1' : '0.0.0.0'
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const issuer = known?.url.origin ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = Object.fromEntries(
    clientNames.map((name) => [name, known?.secret ?? newSecret()]),
  ) as Record<ClientName, string>
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
  // The parent has the other end of stdin: when it is gone, so is the reason to run. A container has no parent.
  if (known === undefined) process.stdin.once('end', end).resume()
}

await listen()
