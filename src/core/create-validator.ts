// From the [auth] section to the one validator: the only place where validators are put together.
import type { Ports } from '../base/ports.ts'
import type { AuthConfig } from './auth-config.ts'
import type { AuthGate } from './auth-gate.ts'
import { policyOf, type TokenConfig } from './auth-policy.ts'
import type { ClaimPolicy } from './claim-policy.ts'
import { fallback } from './combine.ts'
import type { Endpoint, EndpointSource } from './endpoint.ts'
import { createIntrospectionValidator, type IntrospectionValidator } from './introspection.ts'
import { createJwtValidator } from './jwt-validator.ts'
import type { KeySource } from './key-source.ts'
import { localKeySource, remoteKeySource, type RemoteKeySource } from './keys.ts'
import { createMetadataSource, type MetadataSource } from './metadata-source.ts'
import { withPossession } from './possession.ts'
import { createStaticValidator } from './static-validator.ts'
import { tokenGate } from './token-gate.ts'
import type { Principal } from './verdict.ts'

export interface ValidatorOptions {
  /** The audience where the configuration names none: the public URL of the proxy. */
  readonly defaultAudience?: string
  /** A key set that is at hand; replaces `jwks_uri` and discovery of it. */
  readonly localKeys?: unknown
}

type JwtConfig = Extract<TokenConfig, { readonly type: 'jwt' }>
type OauthConfig = Extract<TokenConfig, { readonly type: 'oauth' }>

const anyone: Principal = { method: 'none', key: 'anonymous', scopes: [], audience: [], claims: {} }

/** What a gate without an issuer has in common. */
const withoutIssuer: Omit<AuthGate, 'type' | 'validate'> = {
  anonymous: undefined,
  authorizationServers: [],
  audiences: [],
  requiredScopes: [],
  introspect: undefined,
  probe: undefined,
  discovery: () => undefined,
  start: () => undefined,
  ready: () => ({ ready: true }),
  close: () => undefined,
}

/** For what the rules above rule out: a strategy always has keys, an endpoint or a way to find them. */
const unreachable = (): never => {
  throw new Error('a strategy was left without a validator')
}

const named = (url: string): Endpoint => ({ url, reach: 'private' })

/** The given keys, else those of the endpoint; undefined without either. */
const keysOf = (
  endpoint: EndpointSource | undefined,
  auth: TokenConfig,
  ports: Ports,
  { localKeys }: ValidatorOptions,
): { readonly keys: KeySource; readonly remote: RemoteKeySource | undefined } | undefined => {
  if (localKeys !== undefined) {
    return { keys: localKeySource(localKeys, 'the given key set'), remote: undefined }
  }
  if (endpoint === undefined) return undefined
  const remote = remoteKeySource({
    endpoint,
    ports,
    maxStaleSeconds: auth.jwks_max_stale,
    allowHttp: auth.allow_http,
  })
  return { keys: remote, remote }
}

const jwtGate = (auth: JwtConfig, ports: Ports, options: ValidatorOptions): AuthGate => {
  const policy = policyOf(auth, [auth.issuer], options.defaultAudience)
  const { keys, remote } = keysOf(named(auth.jwks_uri), auth, ports, options) ?? unreachable()
  const { algorithms } = auth
  const validator = createJwtValidator({ keys, policy, algorithms, clock: ports.clock })
  const none = { metadata: undefined, introspection: undefined }
  return tokenGate({ auth, policy, validator, keys: remote, ...none }, ports)
}

/** Discovery, unless everything that the strategy needs is configured: then nobody is asked at the start. */
const metadataOf = (
  auth: OauthConfig,
  ports: Ports,
  { localKeys }: ValidatorOptions,
): MetadataSource | undefined => {
  const { token_validation: strategy } = auth
  const findsKeys =
    strategy !== 'introspection' && auth.jwks_uri === undefined && localKeys === undefined
  const findsEndpoint = strategy !== 'jwt' && auth.introspection_endpoint === undefined
  if (!findsKeys && !findsEndpoint) return undefined
  return createMetadataSource({
    issuer: auth.issuer,
    metadataIssuer: auth.metadata_issuer,
    strategy,
    allowHttp: auth.allow_http,
    allowPrivate: auth.allow_private,
    ports,
  })
}

/** What is configured wins over what is discovered. */
const endpointOf = (
  url: string | undefined,
  found: EndpointSource | undefined,
): EndpointSource | undefined => (url === undefined ? found : named(url))

const introspectionOf = (
  auth: OauthConfig,
  policy: ClaimPolicy,
  metadata: MetadataSource | undefined,
  ports: Ports,
): IntrospectionValidator | undefined => {
  const endpoint = endpointOf(auth.introspection_endpoint, metadata?.introspectionEndpoint)
  if (endpoint === undefined || auth.token_validation === 'jwt') return undefined
  return createIntrospectionValidator({
    endpoint,
    credentials: {
      clientId: auth.client_id,
      clientSecret: auth.client_secret,
      method: auth.client_auth ?? 'client_secret_basic',
    },
    policy,
    ports,
    cacheTtlSeconds: auth.cache_ttl,
    negativeCacheTtlSeconds: auth.negative_cache_ttl,
    allowHttp: auth.allow_http,
  })
}

const oauthGate = (auth: OauthConfig, ports: Ports, options: ValidatorOptions): AuthGate => {
  const { token_validation: strategy, metadata_issuer: pinned } = auth
  const issuers = [...new Set([auth.issuer, pinned ?? auth.issuer])]
  const policy = policyOf(auth, issuers, options.defaultAudience)
  const metadata = metadataOf(auth, ports, options)
  const introspection = introspectionOf(auth, policy, metadata, ports)
  const found =
    strategy === 'introspection'
      ? undefined
      : keysOf(endpointOf(auth.jwks_uri, metadata?.jwksUri), auth, ports, options)
  const jwt =
    found &&
    createJwtValidator({
      keys: found.keys,
      policy,
      algorithms: auth.algorithms,
      clock: ports.clock,
    })
  const validator =
    jwt !== undefined && introspection !== undefined
      ? fallback(jwt, introspection, {
          fallback: auth.fallback,
          introspectJwts: auth.introspect_jwts,
        })
      : (jwt ?? introspection ?? unreachable())
  return tokenGate({ auth, policy, validator, keys: found?.remote, metadata, introspection }, ports)
}

/**
 * Builds the validator that a configuration asks for. Asks nobody: what has to be fetched is fetched by
 * the first token that needs it, or ahead of need after `start()`, so an issuer that is down stops
 * nothing. Throws a UsageError for a configuration that would accept tokens of any audience.
 */
export const createValidator = async (
  auth: AuthConfig,
  ports: Ports,
  options: ValidatorOptions = {},
): Promise<AuthGate> => {
  switch (auth.type) {
    case 'none':
      return {
        ...withoutIssuer,
        type: 'none',
        anonymous: anyone,
        validate: () => ({
          outcome: 'accepted',
          checks: [],
          principal: anyone,
          expiresAt: undefined,
        }),
      }
    case 'bearer':
      return { ...withoutIssuer, type: 'bearer', ...createStaticValidator(auth.tokens) }
    case 'jwt':
      return withPossession(jwtGate(auth, ports, options), auth, ports.clock)
    case 'oauth':
      return withPossession(oauthGate(auth, ports, options), auth, ports.clock)
  }
}
