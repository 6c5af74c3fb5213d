// Verifies signed JWTs of one issuer against its key set: the library's class over the core's validator.
import type { Ports } from '../base/ports.ts'
import { systemPorts } from '../net/system-ports.ts'
import { authConfigSchema } from '../core/auth-config/auth-config.ts'
import { createValidator } from '../core/validator/create-validator.ts'
import type { Verdict } from '../core/verdict/verdict.ts'
import type { TokenClaims } from './token-claims.ts'
import { asTokenValidator, type ExplainingValidator } from './token-validator.ts'

export interface JwtValidatorOptions {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly jwksUri: string
  readonly requiredScopes?: readonly string[]
  readonly ports?: Ports
}

/** Needs no call for each token, and so does not see revocation. */
export class JwtValidator implements ExplainingValidator {
  readonly #inner: Promise<ExplainingValidator>

  constructor({ issuer, audience, jwksUri, requiredScopes, ports }: JwtValidatorOptions) {
    const auth = authConfigSchema.parse({
      type: 'jwt',
      issuer,
      audience: typeof audience === 'string' ? audience : [...audience],
      jwks_uri: jwksUri,
      required_scopes: [...(requiredScopes ?? [])],
    })
    this.#inner = createValidator(auth, ports ?? systemPorts()).then(asTokenValidator)
  }

  async validate(token: string, signal?: AbortSignal): Promise<Verdict> {
    return (await this.#inner).validate(token, signal)
  }

  async validateToken(token: string): Promise<TokenClaims> {
    return (await this.#inner).validateToken(token)
  }
}
