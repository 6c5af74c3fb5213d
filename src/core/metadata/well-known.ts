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
  /** Where no client looks for this issuer. */
  | 'elsewhere'

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

/** Below an origin, where servers of some make have their issuer. */
const usualPaths = [
  '/oauth2/default',
  '/oauth2',
  '/oauth',
  '/oidc',
  '/auth',
  '/api/auth',
  '/auth/v1',
  '/adfs',
  '/idp',
]

/** `/a/b` of `/a/b/c`, then `/a`, then the root. */
const pathsAbove = (path: string): readonly string[] => {
  const steps = path.split('/').filter((step) => step !== '')
  return steps
    .map((_, at) => steps.slice(0, steps.length - 1 - at))
    .map((rest) => `/${rest.join('/')}`)
}

/** The same path as people and updates write it differently: Keycloak 17 dropped /auth, Entra has /v2.0. */
const variantsOf = (path: string): readonly string[] => {
  const single = path.replace(/\/{2,}/g, '/')
  const realm = /^(?:\/auth)?(\/realms\/.+)$/.exec(single)?.[1]
  const toggled = realm === undefined ? [] : [single.startsWith('/auth/') ? realm : `/auth${realm}`]
  return [single, single.toLowerCase(), ...toggled, `${single}/v2.0`].filter((one) => one !== path)
}

/** How many places one run asks for one issuer. */
const mostPlaces = 28

/** Names of the document that no specification has, and that servers use. */
const misspelt = [`${oauth}/`, `${oauth}.json`, `${oidc}.json`, '/.well-known/oauth-server']

/**
 * Where the metadata may be when it is at none of its locations, the likeliest first. `paths`: more of the origin that
 * are worth a look.
 */
export const placesElsewhere = (
  issuer: string,
  paths: readonly string[] = [],
): readonly string[] => {
  const asked = metadataLocations(issuer).map(({ url }) => url)
  if (asked.length === 0) return []
  const { origin, pathname } = new URL(issuer)
  const bare = pathname.replace(/\/+$/, '')
  const standard = (path: string) =>
    metadataLocations(`${origin}${path === '/' ? '' : path}`).map(({ url }) => url)
  const above = pathsAbove(bare).slice(0, 5)
  const below = bare === '' ? [...paths, ...usualPaths] : paths
  const places = [
    // A person may have pasted the address of the document.
    ...(pathname.includes('/.well-known/') ? [`${origin}${bare}`] : []),
    ...(bare === '' ? [] : standard('/')),
    ...above.filter((path) => path !== '/').flatMap((path) => standard(path).slice(0, 3)),
    ...(bare === '' ? [] : variantsOf(bare).flatMap((path) => standard(path).slice(0, 3))),
    ...misspelt.map((name) => `${origin}${bare}${name}`),
    ...below.flatMap((path) =>
      standard(path)
        .slice(0, 3)
        .filter((_, at) => at !== 1),
    ),
  ]
  return [...new Set(places)].filter((url) => !asked.includes(url)).slice(0, mostPlaces)
}
