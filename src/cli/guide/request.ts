// An HTTP request that a person has in hand, as a curl command or in a HAR file, as far as it says where to look.

export interface GivenRequest {
  /** Without credentials, query and fragment: all of them may be secret. */
  readonly address: string
  /** What came as Authorization: Bearer or DPoP. */
  readonly token: string | undefined
  /** Whether it asks a token endpoint for a token. */
  readonly asksForToken: boolean
}

/** An absolute http or https URL without what could be secret; undefined for anything else. */
export const bareAddress = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, pathname } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  return pathname === '/' ? origin : `${origin}${pathname}`
}

/** From the value of an Authorization header. */
export const tokenFrom = (header: string | undefined): string | undefined =>
  /^\s*(?:bearer|dpop)\s+(\S+)\s*$/i.exec(header ?? '')?.[1]

/** Where token endpoints are, below their issuer. The longest that fits counts. */
const tokenPaths = [
  '/protocol/openid-connect/token',
  '/oauth2/v2.0/token',
  '/oauth2/token',
  '/oauth/token',
  '/connect/token',
  '/v1/token',
  '/token',
]

/** The address that probably has the metadata of a token endpoint. */
export const issuerOf = (tokenEndpoint: string): string => {
  const path = tokenPaths.find((one) => tokenEndpoint.endsWith(one))
  if (path === undefined) return new URL(tokenEndpoint).origin
  const before = tokenEndpoint.slice(0, -path.length)
  return path === '/oauth2/v2.0/token' ? `${before}/v2.0` : before
}
