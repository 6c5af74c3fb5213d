// From the client_ keys of one issuer to what our client proves itself with: reads the key files they name.
import type { Clock } from '../../base/clock.ts'
import type { ClientCredentials } from '../client/client-authentication.ts'
import type { IssuerConfig } from './issuer-config.ts'

type ClientConfig = Pick<
  IssuerConfig,
  | 'issuer'
  | 'metadata_issuer'
  | 'client_id'
  | 'client_secret'
  | 'client_auth'
  | 'client_key'
  | 'client_key_alg'
  | 'client_key_id'
  | 'client_assertion_audience'
  | 'client_cert'
  | 'client_cert_key'
>

/** For what the schema rules out: a method always has what it needs. */
const missing = (key: string): never => {
  throw new Error(`${key} is missing, and the configuration was accepted`)
}

const withKey = async (auth: ClientConfig, place: string, clock: Clock) => {
  const clientId = auth.client_id ?? missing('client_id')
  // Loaded by whoever signs: other clients start without.
  const [{ readSigningKey }, { assertionSource }] = await Promise.all([
    import('../client/key-material.ts'),
    import('../client/client-assertion.ts'),
  ])
  const signing = await readSigningKey({
    material: auth.client_key ?? missing('client_key'),
    alg: auth.client_key_alg,
    kid: auth.client_key_id,
    path: `${place}.client_key`,
  })
  const byEndpoint = auth.client_assertion_audience === 'endpoint'
  const audience = byEndpoint ? undefined : (auth.metadata_issuer ?? auth.issuer)
  return {
    method: 'private_key_jwt',
    clientId,
    assertion: assertionSource({ ...signing, clientId, audience, clock }),
  } as const
}

const withCertificate = async (auth: ClientConfig, place: string) => {
  const { readClientCertificate } = await import('../client/key-material.ts')
  const certificate = await readClientCertificate({
    certificate: auth.client_cert ?? missing('client_cert'),
    key: auth.client_cert_key ?? missing('client_cert_key'),
    paths: { certificate: `${place}.client_cert`, key: `${place}.client_cert_key` },
  })
  return { method: 'tls_client_auth', clientId: auth.client_id, certificate } as const
}

/**
 * Throws a UsageError that names the key of the configuration (`place` is its table) for a file that
 * cannot be used. Does not check that the authorization server knows the client.
 */
export const credentialsOf = async (
  auth: ClientConfig,
  place: string,
  clock: Clock,
): Promise<ClientCredentials> => {
  const method = auth.client_auth ?? 'client_secret_basic'
  if (method === 'private_key_jwt') return withKey(auth, place, clock)
  if (method === 'tls_client_auth') return withCertificate(auth, place)
  return { method, clientId: auth.client_id, clientSecret: auth.client_secret }
}
