// A caller as conditions see it.
import type { JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { Facts } from './conditions.ts'

/** All members are there, so that a condition reads an empty text and no missing key. */
export const factsOf = (
  principal: Principal,
  roles: readonly string[],
  /** Null: it is not known yet. */
  address: string | null | undefined,
): Facts & { readonly caller: JsonObject } => ({
  caller: {
    subject: principal.sub ?? '',
    issuer: principal.iss ?? '',
    client_id: principal.clientId ?? '',
    method: principal.method,
    scopes: principal.scopes,
    roles,
    claims: principal.claims,
  },
  tool: {},
  ...(address === null ? {} : { peer: { address: address ?? '' } }),
})
