// What [auth] demands of tokens beside issuer, audience and scopes, as a text that can be compared and not read back.
import { createHash } from 'node:crypto'
import type { AuthConfig } from './auth-config.ts'
import { hasIssuer, type IssuedAuth } from './auth-kinds.ts'
import { issuersOf } from './issuer-config.ts'

/** By their names in the file. Where keys and answers come from is not among them: it is taken to be the same server. */
const keys = [
  'audience_claims',
  'scope_claims',
  'clock_tolerance',
  'max_lifetime',
  'profile',
  'algorithms',
  'token_validation',
  'fallback',
  'introspect_jwts',
  'introspection_response',
  'sender_constraint',
  'sender_constraint_required',
  'dpop_algorithms',
  'dpop_max_age',
  'dpop_nonce',
] as const

/** The first 64 bits of the SHA-256 of values in their order. For plain values without secrets. */
export const digestOf = (values: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16)

export interface TokenRules {
  /** The rules for tokens of that issuer; undefined where no issuer of that name is configured. */
  of(issuer: string | undefined): string | undefined
}

interface Placed {
  readonly names: readonly string[]
  readonly rules: string
}

const rulesIn = (auth: object): string => {
  const values: Readonly<Record<string, unknown>> = { ...auth }
  // With type = "jwt" there is one way to judge.
  const { token_validation = 'jwt', fallback = 'undecided', introspect_jwts = false } = values
  const whole: Readonly<Record<string, unknown>> = {
    introspection_response: 'json',
    ...values,
    token_validation,
    fallback,
    introspect_jwts,
  }
  return digestOf(keys.map((key) => whole[key] ?? null))
}

const placedIn = (auth: IssuedAuth): readonly Placed[] =>
  auth.type === 'jwt'
    ? [{ names: [auth.issuer], rules: rulesIn(auth) }]
    : issuersOf(auth).map(({ auth: one }) => ({
        names: [one.issuer, one.metadata_issuer ?? one.issuer],
        rules: rulesIn({ ...auth, ...one }),
      }))

/** For a token that names no issuer the rules are those of the only one. */
export const tokenRulesOf = (auth: AuthConfig): TokenRules => {
  const placed = hasIssuer(auth) ? placedIn(auth) : []
  return {
    of: (issuer) =>
      issuer === undefined && placed.length === 1
        ? placed[0]?.rules
        : placed.find(({ names }) => issuer !== undefined && names.includes(issuer))?.rules,
  }
}
