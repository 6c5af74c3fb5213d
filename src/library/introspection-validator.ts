// Asks one introspection endpoint about tokens (RFC 7662): the library's class over the core's validator.
import { refusedUrl } from '../net/exchange.ts'
import type { Ports } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { systemPorts } from '../net/system-ports.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import type { ClaimPolicy } from '../core/token/claim-policy.ts'
import type { SecretAuthMethod } from '../core/client/client-authentication.ts'
import { createIntrospectionValidator } from '../core/introspection/introspection.ts'
import type { Verdict } from '../core/verdict/verdict.ts'
import type { TokenClaims } from './token-claims.ts'
import { asTokenValidator, type ExplainingValidator } from './token-validator.ts'

export interface IntrospectionValidatorOptions {
  /** Default: `client_secret_basic`, form-encoded as RFC 6749 section 2.3.1 asks. */
  readonly clientAuth?: SecretAuthMethod
  /** Where the answer names an issuer, it must be this one. */
  readonly issuer?: string
  readonly requiredScopes?: readonly string[]
  /** Default: 30 s; 0 asks every time. */
  readonly cacheTtlSeconds?: number
  /** Default: 5 s. */
  readonly negativeCacheTtlSeconds?: number
  readonly clockToleranceSeconds?: number
  /** Allow plain http beyond loopback: the secret travels in the clear. */
  readonly allowHttp?: boolean
  readonly ports?: Ports
}

type Audience = string | readonly string[]

const listOf = (audience: Audience | undefined): readonly string[] =>
  audience === undefined ? [] : typeof audience === 'string' ? [audience] : audience

const policyOf = (
  audience: Audience | undefined,
  { issuer, requiredScopes, clockToleranceSeconds }: IntrospectionValidatorOptions,
): ClaimPolicy => ({
  issuers: issuer === undefined ? [] : [issuer],
  audiences: listOf(audience),
  audienceClaims: ['aud'],
  requiredScopes: requiredScopes ?? [],
  scopeClaims: ['scope', 'scp'],
  clockToleranceSeconds: clockToleranceSeconds ?? 60,
  maxLifetimeSeconds: undefined,
  profile: 'lenient',
  senderConstraint: 'refuse',
})

/**
 * Fails closed: with an expected audience, an answer without `aud` is refused. Without one, every
 * active token of the server is accepted, whomever it was made for.
 */
export class IntrospectionValidator implements ExplainingValidator {
  readonly endpoint: string
  readonly clientId: string
  readonly audience: Audience | undefined
  readonly #secret: Secret
  readonly #options: IntrospectionValidatorOptions
  readonly #inner: ExplainingValidator

  constructor(
    endpoint: string,
    clientId: string,
    clientSecret: string | Secret,
    options: IntrospectionValidatorOptions & { readonly audience?: Audience } = {},
  ) {
    const refused = refusedUrl(endpoint, options.allowHttp ?? false)
    if (refused !== undefined) {
      throw usageError(problemOf('config-value', 'endpoint', { why: refused }))
    }
    this.endpoint = endpoint
    this.clientId = clientId
    this.audience = options.audience
    this.#secret = typeof clientSecret === 'string' ? new Secret(clientSecret) : clientSecret
    this.#options = options
    const core = createIntrospectionValidator({
      endpoint: { url: endpoint, reach: 'private' },
      credentials: {
        clientId,
        clientSecret: this.#secret,
        method: options.clientAuth ?? 'client_secret_basic',
      },
      policy: policyOf(options.audience, options),
      ports: options.ports ?? systemPorts(),
      cacheTtlSeconds: options.cacheTtlSeconds ?? 30,
      negativeCacheTtlSeconds: options.negativeCacheTtlSeconds ?? 5,
      allowHttp: options.allowHttp ?? false,
    })
    this.#inner = asTokenValidator({ ...core, requiredScopes: options.requiredScopes ?? [] })
  }

  /** The same validator with an expectation of who the token is for; this one stays as it is. */
  expectedAudience(audience: Audience): IntrospectionValidator {
    const options = { ...this.#options, audience }
    return new IntrospectionValidator(this.endpoint, this.clientId, this.#secret, options)
  }

  validate(token: string, signal?: AbortSignal): Promise<Verdict> {
    return this.#inner.validate(token, signal)
  }

  validateToken(token: string): Promise<TokenClaims> {
    return this.#inner.validateToken(token)
  }
}
