// oidc-provider (JavaScript, in this process): JWTs by resource, opaque tokens that it can revoke and introspect.
import { startAuthorizationServer } from '../authorization-server.ts'
import { audience, otherAudience, type RealServer } from './real-server.ts'

export const startOidcProvider = async (): Promise<RealServer> => {
  const server = await startAuthorizationServer()
  const revoked = await server.token({ format: 'opaque', resource: audience })
  await server.revoke(revoked)
  return {
    name: 'oidc-provider',
    issuer: server.issuer,
    client: { id: server.clientId, secret: server.clientSecret },
    tokens: {
      good: await server.token({ resource: audience }),
      expired: await server.token({ resource: audience, expiredSecondsAgo: 312 }),
      elsewhere: await server.token({ resource: otherAudience }),
      aimless: await server.token({ resource: null }),
      opaque: await server.token({ format: 'opaque', resource: audience }),
      revoked,
    },
    close: () => server.close(),
  }
}
