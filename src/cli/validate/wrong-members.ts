// Which members of a token its failed checks are about, so that each can be marked where it is shown.
import type { JsonObject } from '../../base/json.ts'
import type { AuthConfig } from '../../core/auth-config/auth-config.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import type { TokenView } from '../token/token-view.ts'

/** `header.alg`, `claims.aud`: one that is absent is listed too. */
export type WrongMember = `header.${string}` | `claims.${string}`

type Members = readonly WrongMember[]

interface Claims {
  readonly audience: readonly string[]
  readonly scope: readonly string[]
}

const present = (names: readonly string[], { claims }: TokenView): Members => {
  const found = names.filter((name) => claims?.[name] !== undefined)
  return (found.length > 0 ? found : names.slice(0, 1)).map((name) => `claims.${name}` as const)
}

const fixed: Partial<Record<ProblemCode, Members>> = {
  'claim-iss': ['claims.iss'],
  'time-exp': ['claims.exp'],
  'time-exp-missing': ['claims.exp'],
  'time-nbf': ['claims.nbf'],
  'time-iat-future': ['claims.iat'],
  'time-lifetime': ['claims.exp'],
  'pop-dpop': ['claims.cnf'],
  'pop-mtls': ['claims.cnf'],
  'jose-alg-none': ['header.alg'],
  'jose-alg-hmac': ['header.alg'],
  'jose-alg-allowed': ['header.alg'],
  'jose-typ': ['header.typ'],
  'jose-crit': ['header.crit'],
  'sig-kid-found': ['header.kid'],
  'sig-kid-ambiguous': ['header.kid'],
}

const dates = ['exp', 'nbf', 'iat'] as const
const kinds = ['token_use', 'token_type', 'nonce', 'at_hash', 'c_hash', 'events', 'typ'] as const

const named = (message: string, document: JsonObject | null, names: readonly string[]): Members =>
  names
    .filter((name) => document?.[name] !== undefined && new RegExp(`\\b${name}\\b`).test(message))
    .map((name) => `claims.${name}` as const)

type Wrong = Extract<Check, { readonly status: 'warn' | 'fail' }>

/** Members that depend on the token or on what is configured. */
const derived: Readonly<
  Partial<Record<ProblemCode, (check: Wrong, view: TokenView, claims: Claims) => Members>>
> = {
  'claim-aud': (_, view, { audience }) => present(audience, view),
  'claim-aud-missing': (_, view, { audience }) => present(audience, view),
  'claim-scope': (_, view, { scope }) => present(scope, view),
  'time-units': ({ message }, view) => named(message, view.claims, dates),
  'claim-token-kind': ({ message }, view) => {
    const telling = named(message, view.claims, kinds)
    return telling.length > 0 ? telling : ['header.typ']
  },
  'jose-nested': (_, { header }) =>
    (['cty', 'zip', 'b64'] as const)
      .filter((name) => header?.[name] !== undefined)
      .map((name) => `header.${name}` as const),
  'claim-identity': (_, { claims }) =>
    ['sub', 'client_id', 'jti', 'iat']
      .filter((name) => claims?.[name] === undefined)
      .map((name) => `claims.${name}` as const),
}

const membersOf = (check: Wrong, view: TokenView, claims: Claims): Members =>
  derived[check.id]?.(check, view, claims) ?? fixed[check.id] ?? []

const claimsOf = (auth: AuthConfig): Claims =>
  auth.type === 'jwt' || auth.type === 'oauth'
    ? { audience: auth.audience_claims, scope: auth.scope_claims }
    : { audience: ['aud'], scope: ['scope'] }

/** Of an accepted token none; of one that nothing can be read of none either. */
export const wrongMembers = (
  checks: readonly Check[],
  view: TokenView,
  auth: AuthConfig,
): Members => {
  if (view.kind === 'opaque') return []
  const claims = claimsOf(auth)
  const wrong = checks.flatMap((check) =>
    check.status === 'fail' ? membersOf(check, view, claims) : [],
  )
  return [...new Set(wrong)].filter(
    (member) => member.startsWith('header.') || view.claims !== null,
  )
}
