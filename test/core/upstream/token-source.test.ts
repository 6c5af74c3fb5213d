// A client that proves itself by its certificate at a real token endpoint (oidc-provider over TLS, RFC 8705 section 2).
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ports } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { openHttp } from '../../../src/net/http.ts'
import { createTokenSource } from '../../../src/core/upstream/token-source.ts'
import { upstreamAuthSchema } from '../../../src/core/upstream/upstream-config.ts'
import type { Certified } from '../../support/certificates.ts'
import {
  registered,
  startClientRegistry,
  type ClientRegistry,
} from '../../support/client-registry.ts'
import { testAudience } from '../../support/tokens.ts'

let registry: ClientRegistry
let ports: Ports

beforeAll(async () => {
  registry = await startClientRegistry()
  const http = openHttp({ authorities: registry.authority.certificate })
  ports = systemPorts({ http: () => Promise.resolve(http) })
})
afterAll(() => registry.close())

const takeWith = async ({ certificate, key }: Certified, more: object) => {
  const source = createTokenSource({
    name: 'far',
    place: 'backends[0].oauth',
    ports,
    auth: upstreamAuthSchema.parse({
      client_id: registered.byCertificate,
      client_auth: 'tls_client_auth',
      client_cert: certificate,
      client_cert_key: key,
      scopes: ['mcp:read'],
      resource: testAudience,
      ...more,
    }),
  })
  try {
    await source.prove()
    return await source.take()
  } finally {
    source.close()
  }
}

const places = (): readonly (readonly [string, object])[] => [
  ['that is discovered', { issuer: registry.issuer }],
  ['that is named', { token_endpoint: `${registry.issuer}/token` }],
]

test('its certificate is shown to the token endpoint, discovered or named', async () => {
  for (const [, place] of places()) {
    expect(await takeWith(registry.certificate, place)).toMatchObject({
      token: expect.anything(),
    })
  }
})

test('the certificate of another is refused, and no connection is shared with it', async () => {
  for (const [, place] of places()) {
    expect(await takeWith(registry.strangersCertificate, place)).toMatchObject({
      trouble: { kind: 'refused', error: { error: 'invalid_client' } },
    })
    expect(await takeWith(registry.certificate, place)).not.toHaveProperty('trouble')
  }
})
