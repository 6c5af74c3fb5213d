// The client that the operator registered: from flags or from the store to what it proves itself with.
import { resolve } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import {
  clientAuthMethods,
  type ClientAuthMethod,
  type ClientCredentials,
} from '../../core/client/client-authentication.ts'
import type { AuthServerMetadata } from '../../core/metadata/metadata.ts'
import type { AuthFlagValues } from '../flags/auth-flags.ts'
import { clientSecret } from '../token/client-secret.ts'
import type { Flow, StoredClient } from './stored-login.ts'
import type { Narrator } from '../terminal/narrator.ts'

export type OwnClientFlags = Pick<
  AuthFlagValues,
  | 'client-id'
  | 'client-secret-file'
  | 'client-secret-stdin'
  | 'client-auth'
  | 'client-key-file'
  | 'client-cert-file'
  | 'client-cert-key-file'
>

interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly warn: Narrator['warn']
  readonly clock: Clock
}

const isMethod = (text: string): text is ClientAuthMethod =>
  clientAuthMethods.some((method) => method === text)

const namedMethod = (flags: OwnClientFlags): ClientAuthMethod | undefined => {
  const method = flags['client-auth']
  if (method !== undefined && !isMethod(method)) {
    const methods = clientAuthMethods.join(', ')
    throw usageError(problemOf('usage-flag', 'client-auth', { methods }))
  }
  if (method !== undefined) return method
  if (flags['client-key-file'] !== undefined) return 'private_key_jwt'
  return flags['client-cert-file'] === undefined ? undefined : 'tls_client_auth'
}

/** RFC 8414 section 2: without a list, client_secret_basic is what every server takes. */
const methodForSecret = ({
  token_endpoint_auth_methods_supported: known,
}: AuthServerMetadata): ClientAuthMethod =>
  !known.includes('client_secret_basic') && known.includes('client_secret_post')
    ? 'client_secret_post'
    : 'client_secret_basic'

const absolute = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : resolve(file)

const secretMissing = (id: string): UsageError =>
  usageError(problemOf('usage-missing', 'client-secret', { id }))

const withSecret = new Set<ClientAuthMethod>([
  'client_secret_basic',
  'client_secret_basic_raw',
  'client_secret_post',
  'bearer',
])

const credentials = async (
  client: StoredClient,
  secret: string | undefined,
  issuer: string,
  clock: Clock,
): Promise<ClientCredentials> => {
  if (withSecret.has(client.method) && secret === undefined) throw secretMissing(client.id)
  const { credentialsOf } = await import('../../core/auth-config/client-credentials.ts')
  return credentialsOf(
    {
      issuer,
      client_id: client.id,
      client_auth: client.method,
      client_secret: secret === undefined ? undefined : new Secret(secret),
      client_key: client.keyFile,
      client_cert: client.certFile,
      client_cert_key: client.certKeyFile,
    },
    'client',
    clock,
  )
}

/** Whether the flags, or the environment, say where a secret is. */
const hasSecret = (flags: OwnClientFlags, env: NodeJS.ProcessEnv): boolean =>
  flags['client-secret-file'] !== undefined ||
  flags['client-secret-stdin'] === true ||
  (env['MCP_PROXY_CLIENT_SECRET'] ?? '') !== ''

/** What no answer of a server could replace is said before anybody is asked anything, and before a browser opens. */
export const requireSecret = (flow: Flow, flags: OwnClientFlags, env: NodeJS.ProcessEnv): void => {
  const id = flags['client-id']
  if (id === undefined || hasSecret(flags, env)) return
  const method = namedMethod(flags)
  const isNamed = method !== undefined && withSecret.has(method)
  // RFC 6749 section 4.4: only a client that authenticates may ask for itself.
  if (isNamed || (flow === 'client_credentials' && method === undefined)) throw secretMissing(id)
}

export interface OwnClient {
  readonly stored: StoredClient
  readonly credentials: ClientCredentials
}

/** `id`: of a pre-registered client, or the URL of a metadata document. */
export const ownClient = async (
  id: string,
  from: StoredClient['from'],
  flags: OwnClientFlags,
  metadata: AuthServerMetadata,
  { env, warn, clock }: Surroundings,
): Promise<OwnClient> => {
  const secret =
    from === 'metadata-document'
      ? undefined
      : await clientSecret({
          file: flags['client-secret-file'],
          stdin: flags['client-secret-stdin'] === true,
          env,
          warn,
        })
  const known = metadata.token_endpoint_auth_methods_supported
  // A server that lists how clients authenticate, and not "none", takes no client without a secret.
  const isPublic = from === 'metadata-document' || known.length === 0 || known.includes('none')
  const named = namedMethod(flags)
  if (named === undefined && secret === undefined && !isPublic) throw secretMissing(id)
  const method = named ?? (secret === undefined ? 'none' : methodForSecret(metadata))
  const stored: StoredClient = {
    id,
    from,
    method,
    secret: undefined,
    secretFile: absolute(flags['client-secret-file']),
    keyFile: absolute(flags['client-key-file']),
    certFile: absolute(flags['client-cert-file']),
    certKeyFile: absolute(flags['client-cert-key-file']),
  }
  return { stored, credentials: await credentials(stored, secret, metadata.issuer, clock) }
}

/** The client of an earlier login: a secret that the operator keeps is read again from where it is. */
export const storedCredentials = async (
  client: StoredClient,
  issuer: string,
  { env, warn, clock }: Surroundings,
): Promise<ClientCredentials> => {
  const needsSecret = withSecret.has(client.method)
  const secret =
    client.secret?.reveal() ??
    (needsSecret
      ? await clientSecret({ file: client.secretFile, stdin: false, env, warn })
      : undefined)
  return credentials(client, secret, issuer, clock)
}
