// Where a configuration lets in more than the one that is served: what a reload does only when it was told to.
import { problemOf, type Problem } from '../problems/problem.ts'
import { issuersOf } from '../core/auth-config/issuer-config.ts'
import { isLoopbackHost } from '../net/address.ts'
import { originPatterns } from '../net/origin-pattern.ts'
import { publicUrlOf } from './public-url.ts'
import { hasIssuer, keysFileOf, type IssuedAuth } from '../core/auth-config/auth-kinds.ts'
import type { Config } from './schema.ts'
import { weakerPolicy } from './weaker-policy.ts'

type Auth = Config['auth']
type Row<Section> = readonly [
  key: string,
  read: (section: Section) => unknown,
  isWeaker: (before: never, after: never) => boolean,
]

const strength: Readonly<Record<Auth['type'], number>> = {
  none: 0,
  bearer: 1,
  keys: 1,
  jwt: 2,
  oauth: 2,
}
const tlsVersions = ['1.2', '1.3'] as const
const profiles = ['off', 'lenient', 'strict'] as const

const turnedOn = (before: boolean, after: boolean): boolean => after && !before
const turnedOff = (before: boolean, after: boolean): boolean => before && !after
type List = readonly string[] | undefined
const additions = (before: List = [], after: List = []): readonly string[] =>
  after.filter((one) => !before.includes(one))
const hasMore = (before: List, after: List): boolean => additions(before, after).length > 0
/** One origin instead of a pattern that matches it is none more. */
const hasMoreOrigins = (before: readonly string[], after: readonly string[]): boolean => {
  const known = originPatterns(before)
  return additions(before, after).some(
    (entry) =>
      entry.includes('*') || !known.some((pattern) => pattern.matches(entry.toLowerCase())),
  )
}
const hasFewer = (before: List, after: List): boolean => hasMore(after, before)
const isLonger = (before: number, after: number): boolean => after > before
const isLongerOrGone = (before: number | undefined, after: number | undefined): boolean =>
  before !== undefined && (after === undefined || after > before)
const ranksLower =
  <Value extends string>(ranks: readonly Value[]) =>
  (before: Value, after: Value): boolean =>
    ranks.indexOf(after) < ranks.indexOf(before)
/** No list: all that we know. */
const isWider = (before: List, after: List): boolean =>
  before !== undefined && (after === undefined || hasMore(before, after))

/** Another server, or another file, is believed. Without an address it is the one that the issuer publishes. */
const isOther = (before: string | undefined, after: string | undefined): boolean =>
  after !== undefined && after !== before

type Rights = ReadonlyMap<string, readonly string[]>

const rightsOf = ({ security }: Config): Rights =>
  new Map(security.admin_tokens.map(({ name, rights }) => [name, rights]))

/** A token under a new name is no more than a new token. */
const hasMoreRights = (before: Rights, after: Rights): boolean =>
  [...after].some(([name, rights]) => before.has(name) && hasMore(before.get(name), rights))

type AdminTools = Config['security']['admin_tools']

const isMoreAdmin = (before: AdminTools, after: AdminTools): boolean =>
  after !== undefined &&
  (hasMore(before?.roles ?? [], after.roles) || hasMore(before?.rights ?? [], after.rights))

const documentRows: readonly Row<Config>[] = [
  [
    'proxy.listen.host',
    ({ proxy }) => proxy.listen.host,
    (before: string, after: string) => isLoopbackHost(before) && !isLoopbackHost(after),
  ],
  [
    'auth.type',
    ({ auth }) => auth.type,
    (before: Auth['type'], after: Auth['type']) => strength[after] < strength[before],
  ],
  ['auth.keys_file', ({ auth }) => keysFileOf(auth), isOther],
  [
    'auth.required_scopes',
    ({ auth }) => (auth.type === 'keys' ? auth.required_scopes : []),
    hasFewer,
  ],
  [
    'security.admin_token',
    ({ security }) => security.admin_token !== undefined || security.admin_tokens.length > 0,
    turnedOff,
  ],
  ['security.admin_tokens', rightsOf, hasMoreRights],
  ['security.admin_tools', ({ security }) => security.admin_tools, isMoreAdmin],
  ['security.allow_admin_programs', ({ security }) => security.allow_admin_programs, turnedOn],
  ['security.allow_insecure_listen', ({ security }) => security.allow_insecure_listen, turnedOn],
  ['security.allowed_origins', ({ security }) => security.allowed_origins, hasMoreOrigins],
  ['security.allowed_hosts', ({ security }) => security.allowed_hosts, hasMore],
  ['security.trusted_proxies', ({ security }) => security.trusted_proxies, hasMore],
  ['security.client_address_header', ({ security }) => security.client_address_header, isOther],
  ['security.session_id_header', ({ security }) => security.session_id_header, isOther],
  ['proxy.tls', ({ proxy }) => proxy.tls !== undefined, turnedOff],
]

type Tls = NonNullable<Config['proxy']['tls']>

const tlsRows: readonly Row<Tls>[] = [
  ['client_auth', (tls) => tls.client_auth === 'require', turnedOff],
  // Of other authorities, or of none any more: any certificate at all.
  [
    'client_ca',
    (tls) => tls.client_ca,
    (before: string | undefined, after: string | undefined) =>
      before !== undefined && after !== before,
  ],
  ['min_version', (tls) => tls.min_version, ranksLower(tlsVersions)],
]

const tokenRows: readonly Row<IssuedAuth>[] = [
  [
    'sender_constraint',
    (auth) => auth.sender_constraint,
    (before: string, after: string) => after === 'ignore' && before !== 'ignore',
  ],
  ['sender_constraint_required', (auth) => auth.sender_constraint_required, turnedOff],
  ['dpop_algorithms', (auth) => auth.dpop_algorithms, isWider],
  ['dpop_max_age', (auth) => auth.dpop_max_age, isLonger],
  ['dpop_nonce', (auth) => auth.dpop_nonce, turnedOff],
]

type IssuerSettings = Readonly<
  Pick<
    IssuedAuth,
    | 'audience'
    | 'required_scopes'
    | 'audience_claims'
    | 'scope_claims'
    | 'clock_tolerance'
    | 'max_lifetime'
    | 'profile'
    | 'algorithms'
    | 'allow_any_audience'
    | 'allow_http'
  >
> & {
  readonly token_validation?: 'jwt' | 'introspection' | 'both' | undefined
  readonly introspect_jwts?: boolean | undefined
  readonly allow_private?: boolean | undefined
  readonly introspection_response?: 'json' | 'jwt' | undefined
  readonly fallback?: 'undecided' | 'any' | undefined
  readonly jwks_uri?: string | undefined
  readonly introspection_endpoint?: string | undefined
  readonly metadata_issuer?: string | undefined
}

const seesRevocation = (strategy: IssuerSettings['token_validation']): boolean =>
  strategy !== undefined && strategy !== 'jwt'

const issuerRows: readonly Row<IssuerSettings>[] = [
  // Any audience at all is a key of its own.
  [
    'audience',
    ({ audience }) => audience,
    (before: List, after: List) =>
      before !== undefined && after !== undefined && hasMore(before, after),
  ],
  ['allow_any_audience', (auth) => auth.allow_any_audience, turnedOn],
  ['required_scopes', (auth) => auth.required_scopes, hasFewer],
  ['audience_claims', (auth) => auth.audience_claims, hasMore],
  ['scope_claims', (auth) => auth.scope_claims, hasMore],
  ['jwks_uri', (auth) => auth.jwks_uri, isOther],
  ['introspection_endpoint', (auth) => auth.introspection_endpoint, isOther],
  ['metadata_issuer', (auth) => auth.metadata_issuer, isOther],
  ['fallback', (auth) => auth.fallback === 'any', turnedOn],
  ['clock_tolerance', (auth) => auth.clock_tolerance, isLonger],
  ['max_lifetime', (auth) => auth.max_lifetime, isLongerOrGone],
  ['profile', ({ profile }) => profile, ranksLower(profiles)],
  ['algorithms', ({ algorithms }) => algorithms, isWider],
  ['allow_http', (auth) => auth.allow_http, turnedOn],
  ['token_validation', (auth) => seesRevocation(auth.token_validation), turnedOff],
  ['introspect_jwts', (auth) => auth.introspect_jwts ?? false, turnedOff],
  ['allow_private', (auth) => auth.allow_private ?? false, turnedOn],
  ['introspection_response', (auth) => auth.introspection_response === 'jwt', turnedOff],
]

const weaker = (key: string): Problem => problemOf('config-weaker', { key })

const compared = <Section>(
  rows: readonly Row<Section>[],
  before: Section,
  after: Section,
  place: string,
): readonly Problem[] =>
  rows.flatMap(([key, read, isWeaker]) =>
    isWeaker(read(before) as never, read(after) as never) ? [weaker(`${place}${key}`)] : [],
  )

/** By issuer. Without an audience the public URL stands in for it. */
const settingsOf = (auth: IssuedAuth, publicUrl: string | undefined) => {
  const byDefault = publicUrl === undefined ? [] : [publicUrl]
  const all: readonly (IssuerSettings & { readonly issuer: string })[] =
    auth.type === 'jwt' ? [auth] : issuersOf(auth).map(({ auth: own }) => own)
  return new Map<string, IssuerSettings>(
    all.map((own) => [
      own.issuer,
      { ...own, audience: own.audience ?? (own.allow_any_audience ? undefined : byDefault) },
    ]),
  )
}

const comparedIssuers = (
  [before, oldUrl]: readonly [IssuedAuth, string | undefined],
  [after, newUrl]: readonly [IssuedAuth, string | undefined],
): readonly Problem[] => {
  const known = settingsOf(before, oldUrl)
  return [...settingsOf(after, newUrl)].flatMap(([issuer, settings]) => {
    const old = known.get(issuer)
    if (old === undefined)
      return [problemOf('config-weaker', { key: `auth: the issuer ${issuer}` })]
    return compared(issuerRows, old, settings, 'auth.')
  })
}

/**
 * Every key by which `after` accepts callers, tokens, calls or addresses that `before` refuses; empty where it is as strict.
 * New bearer tokens and keys are no such thing: that is how they are rotated. Backends are not compared.
 */
export const weakerThan = (before: Config, after: Config): readonly Problem[] => [
  ...compared(documentRows, before, after, ''),
  ...(before.proxy.tls !== undefined && after.proxy.tls !== undefined
    ? compared(tlsRows, before.proxy.tls, after.proxy.tls, 'proxy.tls.')
    : []),
  ...weakerPolicy(before, after).map(weaker),
  ...(hasIssuer(before.auth) && hasIssuer(after.auth)
    ? [
        ...compared(tokenRows, before.auth, after.auth, 'auth.'),
        ...comparedIssuers([before.auth, publicUrlOf(before)], [after.auth, publicUrlOf(after)]),
      ]
    : []),
]
