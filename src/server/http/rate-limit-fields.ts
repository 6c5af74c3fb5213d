// The headers in which callers read what is left of limits: draft-ietf-httpapi-ratelimit-headers, as structured fields (RFC 9651).
import type { Quota } from '../../mcp/quota.ts'

/** Names of rules have no character that a string of a structured field escapes. */
const policyOf = ({ name, limit, periodSeconds }: Quota): string =>
  periodSeconds === undefined
    ? `"${name}";q=${limit};qu="concurrent-requests"`
    : `"${name}";q=${limit};w=${periodSeconds}`

const stateOf = ({ name, remaining, resetSeconds }: Quota): string =>
  resetSeconds === undefined
    ? `"${name}";r=${remaining}`
    : `"${name}";r=${remaining};t=${resetSeconds}`

export const rateLimitFields = (quotas: readonly Quota[]): Readonly<Record<string, string>> => ({
  'ratelimit-policy': quotas.map(policyOf).join(', '),
  ratelimit: quotas.map(stateOf).join(', '),
})
