// The public surface of the library: every name is listed here and pinned by a test.
export type { Clock } from './base/clock.ts'
export type { Json, JsonObject } from './base/json.ts'
export type { Logger, Meter, Ports } from './base/ports.ts'
export { problemSpec, type Problem, type ProblemCode } from './problems/problem.ts'
export { type ProblemSpec } from './problems/catalogue/spec.ts'
export { Secret } from './base/secret.ts'
export { systemPorts } from './net/system-ports.ts'
export { UsageError, type UsageProblem } from './problems/usage-error.ts'
export { audienceMatches } from './core/claims/audience.ts'
export { authConfigSchema, type AuthConfig } from './core/auth-config/auth-config.ts'
export type { AuthGate, Readiness } from './core/validator/auth-gate.ts'
export type { Check, Evidence } from './core/verdict/check.ts'
export { createValidator, type ValidatorOptions } from './core/validator/create-validator.ts'
export type { Discovery, DiscoveryAttempt, DiscoveryOptions } from './core/metadata/discovery.ts'
export type { AuthServerMetadata } from './core/metadata/metadata.ts'
export type { Presentation } from './core/verdict/presentation.ts'
export type { Verdict } from './core/verdict/verdict.ts'
export type { Principal } from './base/principal.ts'
export { DiscoveryError, discoverAuthServer } from './library/discover-auth-server.ts'
export { FallbackValidator, type FallbackValidatorOptions } from './library/fallback-validator.ts'
export {
  IntrospectionValidator,
  type IntrospectionValidatorOptions,
} from './library/introspection-validator.ts'
export { JwtValidator, type JwtValidatorOptions } from './library/jwt-validator.ts'
export { OAuthError, type OAuthErrorKind } from './library/oauth-error.ts'
export type { TokenClaims } from './library/token-claims.ts'
export { asTokenValidator, type TokenValidator } from './library/token-validator.ts'
export type { GuardAnswer } from './library/guard-answer.ts'
export {
  protectResource,
  type AcceptedVerdict,
  type GuardDecision,
  type ProtectedRequest,
  type ProtectResourceOptions,
  type ResourceGuard,
} from './library/protect-resource.ts'
