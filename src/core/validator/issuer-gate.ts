// The gate before the tokens of one issuer: which validators its part of [auth] asks for, and what they need.
import type { Ports } from '../../base/ports.ts'
import { bothLoopback, reachOf, type Reach } from '../../net/address.ts'
import type { AuthGate } from './auth-gate.ts'
import { policyOf, type TokenConfig } from '../auth-config/auth-policy.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { credentialsOf } from '../auth-config/client-credentials.ts'
import { fallback } from './fallback.ts'
import type { Endpoint, EndpointSource } from '../metadata/endpoint.ts'
import type { SignedAnswers } from '../introspection/introspection-asker.ts'
import {
  createIntrospectionValidator,
  type IntrospectionValidator,
  type SharedAnswers,
} from '../introspection/introspection.ts'
import type { IssuerConfig } from '../auth-config/issuer-config.ts'
import { createJwtValidator } from './jwt-validator.ts'
import type { KeySource } from '../keys/key-source.ts'
import { localKeySource, remoteKeySource, type RemoteKeySource } from '../keys/keys.ts'
import { createMetadataSource, type MetadataSource } from '../metadata/metadata-source.ts'
import type { PossessionConfig } from '../auth-config/possession-config.ts'
import type { PossessionMemory } from '../possession/possession-memory.ts'
import { createSecondOpinion, type SecondOpinion } from './second-opinion.ts'
import { tokenGate } from './token-gate.ts'

export interface ValidatorOptions {
  /** The audience where the configuration names none: the public URL of the proxy. */
  readonly defaultAudience?: string
  /** A key set that is at hand; replaces `jwks_uri` and discovery of it. */
  readonly localKeys?: unknown
  /** Used proofs and nonces of an earlier validator; default: none. */
  readonly possessionMemory?: PossessionMemory
  /** Introspection answers of other replicas; default: none. */
  readonly sharedAnswers?: SharedAnswers
  /** The token alone names the issuer: it is no address of a private network, this machine aside. */
  readonly issuerOfToken?: boolean
  /** Go on after a refusal, signature included: see `JwtValidatorOptions`. */
  readonly thorough?: boolean
}

type OneIssuer = IssuerConfig & PossessionConfig

/** For what the schema rules out: a strategy always has keys, an endpoint or a way to find them. */
const unreachable = (): never => {
  throw new Error('a strategy was left without a validator')
}

const named = (url: string): Endpoint => ({ url, reach: 'private' })

interface Keys {
  readonly keys: KeySource
  readonly remote: RemoteKeySource | undefined
}

/** The given keys, else those of the endpoint; undefined without either. */
const keysOf = (
  endpoint: EndpointSource | undefined,
  auth: Pick<TokenConfig, 'jwks_max_stale' | 'allow_http'>,
  ports: Ports,
  { localKeys }: ValidatorOptions,
): Keys | undefined => {
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

export const jwtGate = (
  auth: Extract<TokenConfig, { readonly type: 'jwt' }>,
  ports: Ports,
  options: ValidatorOptions,
): AuthGate => {
  const policy = policyOf(auth, [auth.issuer], options.defaultAudience)
  const { keys, remote } = keysOf(named(auth.jwks_uri), auth, ports, options) ?? unreachable()
  const { algorithms } = auth
  const validator = createJwtValidator({
    keys,
    policy,
    algorithms,
    clock: ports.clock,
    thorough: options.thorough ?? false,
  })
  const none = { metadata: undefined, introspection: undefined, opinion: undefined }
  return tokenGate({ auth, policy, validator, keys: remote, ...none }, ports)
}

/** Tokens or signed answers are verified here. */
const verifies = (auth: OneIssuer): boolean =>
  auth.token_validation !== 'introspection' || auth.introspection_response === 'jwt'

/** A person who pastes a token of this machine sits at it. */
const reachOfToken = (issuer: string, allowPrivate: boolean): Reach =>
  bothLoopback(issuer, issuer) ? 'private' : reachOf(issuer, [], allowPrivate)

const discovery = (
  auth: OneIssuer,
  strategy: OneIssuer['token_validation'],
  ports: Ports,
  { issuerOfToken = false, thorough = false }: ValidatorOptions,
) =>
  createMetadataSource({
    ...(issuerOfToken ? { reach: reachOfToken(auth.issuer, auth.allow_private) } : {}),
    issuer: auth.issuer,
    metadataIssuer: auth.metadata_issuer,
    strategy,
    mutualTls: auth.client_auth === 'tls_client_auth',
    allowHttp: auth.allow_http,
    allowPrivate: auth.allow_private,
    search: thorough,
    ports,
  })

/** Discovery, unless everything that the strategy needs is configured: then nobody is asked at the start. */
const metadataOf = (
  auth: OneIssuer,
  ports: Ports,
  options: ValidatorOptions,
): MetadataSource | undefined => {
  const { token_validation: strategy } = auth
  const { localKeys } = options
  const findsKeys = verifies(auth) && auth.jwks_uri === undefined && localKeys === undefined
  const findsEndpoint = strategy !== 'jwt' && auth.introspection_endpoint === undefined
  return findsKeys || findsEndpoint ? discovery(auth, strategy, ports, options) : undefined
}

/** What is configured wins over what is discovered. */
const endpointOf = (
  url: string | undefined,
  found: EndpointSource | undefined,
): EndpointSource | undefined => (url === undefined ? found : named(url))

interface Asking {
  readonly auth: OneIssuer
  /** The table of the configuration, for messages. */
  readonly place: string
  readonly policy: ClaimPolicy
  readonly metadata: MetadataSource | undefined
  readonly keys: Keys | undefined
}

const signedAnswersOf = ({ auth, policy, keys }: Asking): { signedAnswers?: SignedAnswers } =>
  auth.introspection_response === 'jwt'
    ? {
        signedAnswers: {
          keys: keys?.keys ?? unreachable(),
          issuers: policy.issuers,
          algorithms: auth.algorithms,
          clockToleranceSeconds: auth.clock_tolerance,
        },
      }
    : {}

const introspectionOf = async (
  asking: Asking,
  ports: Ports,
  { sharedAnswers: shared }: ValidatorOptions,
): Promise<IntrospectionValidator | undefined> => {
  const { auth, policy, place, metadata } = asking
  const endpoint = endpointOf(auth.introspection_endpoint, metadata?.introspectionEndpoint)
  if (endpoint === undefined || auth.token_validation === 'jwt') return undefined
  return createIntrospectionValidator({
    endpoint,
    credentials: await credentialsOf(auth, place, ports.clock),
    policy,
    ports,
    cacheTtlSeconds: auth.cache_ttl,
    negativeCacheTtlSeconds: auth.negative_cache_ttl,
    respectNoStore: auth.introspection_cache_respect_no_store,
    allowHttp: auth.allow_http,
    ...(shared === undefined ? {} : { shared }),
    ...signedAnswersOf(asking),
  })
}

/** Keys that no verdict needs are looked for only when a person asks why. */
const opinionOf = (
  { auth, policy, metadata, keys: known }: Asking,
  ports: Ports,
  options: ValidatorOptions,
): SecondOpinion => {
  const { algorithms } = auth
  const keys = (): KeySource => {
    if (known !== undefined) return known.keys
    const found = metadata ?? discovery(auth, 'jwt', ports, options)
    const endpoint = endpointOf(auth.jwks_uri, found.jwksUri)
    const { keys: opened } = keysOf(endpoint, auth, ports, options) ?? unreachable()
    return opened
  }
  return createSecondOpinion({ keys, policy, algorithms, clock: ports.clock })
}

/** Reads the key files that the configuration names; asks nobody. */
export const oauthGate = async (
  auth: OneIssuer,
  place: string,
  ports: Ports,
  options: ValidatorOptions,
): Promise<AuthGate> => {
  const { token_validation: strategy, metadata_issuer: pinned, algorithms } = auth
  const issuers = [...new Set([auth.issuer, pinned ?? auth.issuer])]
  const policy = policyOf(auth, issuers, options.defaultAudience)
  const metadata = metadataOf(auth, ports, options)
  const keys = verifies(auth)
    ? keysOf(endpointOf(auth.jwks_uri, metadata?.jwksUri), auth, ports, options)
    : undefined
  const asking = { auth, place, policy, metadata, keys }
  const introspection = await introspectionOf(asking, ports, options)
  const jwt =
    strategy === 'introspection' || keys === undefined
      ? undefined
      : createJwtValidator({
          keys: keys.keys,
          policy,
          algorithms,
          clock: ports.clock,
          thorough: options.thorough ?? false,
        })
  const validator =
    jwt !== undefined && introspection !== undefined
      ? fallback(jwt, introspection, {
          fallback: auth.fallback,
          introspectJwts: auth.introspect_jwts,
        })
      : (jwt ?? introspection ?? unreachable())
  const opinion = introspection && opinionOf(asking, ports, options)
  return tokenGate(
    { auth, policy, validator, keys: keys?.remote, metadata, introspection, opinion },
    ports,
  )
}
