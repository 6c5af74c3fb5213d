// Who an accepted token says is calling.
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../base/json.ts'
import type { Principal } from '../../base/principal.ts'
import { fingerprint } from '../../base/secret.ts'
import { audienceList, audiencesOf } from './audience.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import { clientClaims } from './claims.ts'
import { scopesOf } from './scopes.ts'

/** 128 bits of the token's digest: the 8 digits of a log line are too few to keep callers apart. */
export const tokenKey = (token: string): string =>
  `token:${createHash('sha256').update(token).digest('hex').slice(0, 32)}`

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** JSON keeps the pair unambiguous whatever characters the two hold. */
const pair = (kind: string, iss: string, name: string): string => JSON.stringify([kind, iss, name])

export interface PrincipalSource {
  readonly method: 'jwt' | 'introspection'
  readonly token: string
  readonly policy: ClaimPolicy
}

/**
 * Builds the principal from claims. An introspection answer without `iss` speaks for the one issuer
 * that is configured. Does not check anything: call it only for claims that were accepted.
 */
export const principalOf = (
  claims: JsonObject,
  { method, token, policy }: PrincipalSource,
): Principal => {
  const configured = policy.issuers.length === 1 ? policy.issuers[0] : undefined
  const iss = text(claims['iss']) ?? configured
  const sub = text(claims['sub'])
  const clientId = clientClaims.map((name) => text(claims[name])).find((id) => id !== undefined)
  const key =
    iss !== undefined && sub !== undefined
      ? pair('sub', iss, sub)
      : iss !== undefined && clientId !== undefined
        ? pair('client', iss, clientId)
        : tokenKey(token)
  return {
    method,
    key,
    ...(iss === undefined ? {} : { iss }),
    ...(sub === undefined ? {} : { sub }),
    ...(clientId === undefined ? {} : { clientId }),
    scopes: scopesOf(claims, policy),
    audience: [...new Set([...audienceList(claims['aud']), ...audiencesOf(claims, policy)])],
    claims,
    fingerprint: fingerprint(token),
  }
}
