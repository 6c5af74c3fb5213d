// Issuers that are named after a host of an internal network: one server that is known by two names.

/** Names that only an internal network resolves: a single label, or a domain that is never public. */
const isInternal = (hostname: string): boolean =>
  !hostname.includes('.')
    ? !/^\[|^localhost$/.test(hostname)
    : /\.(?:internal|local|svc)$/.test(hostname)

const isPublicName = (hostname: string): boolean =>
  hostname.includes('.') && !isInternal(hostname) && !/^[\d.]+$|\.localhost$/.test(hostname)

const hostOf = (issuer: string): string => (URL.canParse(issuer) ? new URL(issuer).hostname : '')

/**
 * The public one of two issuers of which the other is named after an internal host (`http://keycloak:8080`); undefined for
 * any other pair, IP addresses and loopback names included. Resolves nothing, and does not check that both are one server.
 */
export const publicOfPair = (a: string, b: string): string | undefined => {
  const [left, right] = [hostOf(a), hostOf(b)]
  if (left === '' || right === '') return undefined
  if (isInternal(left) && isPublicName(right)) return b
  return isInternal(right) && isPublicName(left) ? a : undefined
}
