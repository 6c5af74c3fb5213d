// Where an issuer may publish its metadata (RFC 8414 section 3.1, OpenID Connect Discovery section 4).

import { isLoopbackHost } from '../../net/address.ts'

export type MetadataForm =
  /** `/.well-known/oauth-authorization-server` + path: the form RFC 8414 asks for. */
  | 'oauth-inserted'
  | 'oidc-inserted'
  /** path + `/.well-known/openid-configuration`: the form OpenID Connect asks for. */
  | 'oidc-appended'
  /** In no specification, but the only one that some servers have. */
  | 'oauth-appended'
  /** An issuer without a path, where inserting and appending are the same. */
  | 'oauth'
  | 'oidc'

export interface MetadataLocation {
  readonly form: MetadataForm
  readonly url: string
}

const oauth = '/.well-known/oauth-authorization-server'
const oidc = '/.well-known/openid-configuration'

/** The document that the form names, in the words of the specifications. */
export const formSource = (form: MetadataForm): 'RFC 8414' | 'OIDC' =>
  form.startsWith('oauth') ? 'RFC 8414' : 'OIDC'

/** AD FS: tokens name the service, and the metadata is that of the directory above it. Tokens say http, it serves https. */
const adfsLocation = ({ protocol, host, hostname, pathname }: URL): string | undefined => {
  const directory = /^(\/adfs)\/services\/trust$/i.exec(pathname)?.[1]
  if (directory === undefined) return undefined
  const scheme = isLoopbackHost(hostname) ? protocol : 'https:'
  return `${scheme}//${host}${directory}${oidc}`
}

/**
 * The URLs to try, in order; none for what is no http URL. One trailing slash is trimmed here and only
 * here: the issuer itself keeps it. Does not check that the issuer is well-formed otherwise.
 */
export const metadataLocations = (issuer: string): readonly MetadataLocation[] => {
  if (!URL.canParse(issuer)) return []
  const { protocol, origin, pathname } = new URL(issuer)
  if (protocol !== 'https:' && protocol !== 'http:') return []
  const adfs = adfsLocation(new URL(issuer))
  if (adfs !== undefined) return [{ form: 'oidc-appended', url: adfs }]
  const path = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname
  if (path === '') {
    return [
      { form: 'oauth', url: `${origin}${oauth}` },
      { form: 'oidc', url: `${origin}${oidc}` },
    ]
  }
  return [
    { form: 'oauth-inserted', url: `${origin}${oauth}${path}` },
    { form: 'oidc-inserted', url: `${origin}${oidc}${path}` },
    { form: 'oidc-appended', url: `${origin}${path}${oidc}` },
    { form: 'oauth-appended', url: `${origin}${path}${oauth}` },
  ]
}
