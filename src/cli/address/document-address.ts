// The address of a metadata document, which people open in a browser, and what the document is about.

/** What a document at a well-known location describes. */
export type About = 'mcp' | 'issuer'

export interface DocumentAddress {
  readonly about: About
  readonly address: string
}

const metadataPath =
  /^(.*)\/\.well-known\/(oauth-protected-resource|oauth-authorization-server|openid-configuration)(\/.*)?$/

/** Undefined for any other address. RFC 8414 section 3, RFC 9728 section 3. */
export const documentAddress = (address: string): DocumentAddress | undefined => {
  const { origin, pathname, search } = new URL(address)
  const [, before = '', document, after = ''] = metadataPath.exec(pathname) ?? []
  if (document === undefined) return undefined
  const path = `${before}${after}`
  return {
    about: document === 'oauth-protected-resource' ? 'mcp' : 'issuer',
    // The query belongs to the identifier (RFC 9728 section 3.1).
    address: `${origin}${path === '/' ? '' : path}${search}`,
  }
}
