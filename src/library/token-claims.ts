// What an accepted token says, with a field for each claim that resource servers ask for.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'

export interface TokenClaims {
  readonly sub: string | undefined
  readonly iss: string | undefined
  /** Always a list; empty when the token has no audience. */
  readonly aud: readonly string[]
  /** Seconds since 1970, as `nbf` and `iat`. */
  readonly exp: number | undefined
  readonly nbf: number | undefined
  readonly iat: number | undefined
  readonly jti: string | undefined
  /** Space-delimited, wherever the issuer put the scopes. */
  readonly scope: string | undefined
  readonly client_id: string | undefined
  readonly username: string | undefined
  readonly token_type: string | undefined
  readonly cnf: JsonObject | undefined
  /** Every other member, as it came. */
  readonly extra: JsonObject
}

const named: ReadonlySet<string> = new Set([
  'sub',
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'scope',
  'client_id',
  'username',
  'token_type',
  'cnf',
  'active',
])

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

const seconds = (value: Json | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined

export const tokenClaimsOf = (principal: Principal): TokenClaims => {
  const { claims, scopes } = principal
  return {
    sub: principal.sub,
    iss: principal.iss,
    aud: principal.audience,
    exp: seconds(claims['exp']),
    nbf: seconds(claims['nbf']),
    iat: seconds(claims['iat']),
    jti: text(claims['jti']),
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
    client_id: principal.clientId,
    username: text(claims['username']),
    token_type: text(claims['token_type']),
    cnf: isJsonObject(claims['cnf']) ? claims['cnf'] : undefined,
    extra: Object.fromEntries(Object.entries(claims).filter(([name]) => !named.has(name))),
  }
}
