// What the rest of the product sees of authentication: one validator, whether it can decide, what it publishes.
import type { Principal } from '../../base/principal.ts'
import type { Problem } from '../../problems/problem.ts'
import type { AuthConfig } from '../auth-config/auth-config.ts'
import type { Discovery } from '../metadata/discovery.ts'
import type { IntrospectionProbe } from '../introspection/introspection-probe.ts'
import type { Introspection } from '../introspection/introspection-report.ts'
import type { PossessionOffer } from '../possession/offer.ts'
import type { TokenValidator } from '../verdict/verdict.ts'

export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly problem: Problem }

export interface AuthGate extends TokenValidator {
  readonly type: AuthConfig['type']
  /** Who every caller is when nobody has to prove it (type none); undefined: a token is needed. */
  readonly anonymous: Principal | undefined
  /** Issuers that the protected resource metadata names; empty for none and bearer. */
  readonly authorizationServers: readonly string[]
  /** Accepted audiences; empty for none and bearer. */
  readonly audiences: readonly string[]
  /** Scopes that every token needs; the challenge names them. */
  readonly requiredScopes: readonly string[]
  /** What callers have to show beside a sender-constrained token; undefined where none is taken as such. */
  readonly possession?: PossessionOffer
  /** Asks the authorization server past every cache and shows the raw exchange; undefined without introspection. */
  readonly introspect: ((token: string, signal: AbortSignal) => Promise<Introspection>) | undefined
  /** Whether the introspection endpoint answers anybody (intro-open); undefined without introspection. */
  readonly probe: ((signal: AbortSignal) => Promise<IntrospectionProbe>) | undefined
  /** What the last discovery found, good or bad; undefined where none was needed so far. */
  discovery(): Discovery | undefined
  /** Begins background work (discovery, keys). Without it, the first token that needs them asks for them. */
  start(): void
  /** Whether tokens can be decided now, from what is at hand: asks nobody. */
  ready(): Readiness
  close(): void
}
