// What [auth] says about one issuer, and what each further one of [[auth.issuers]] takes over from it.
import * as z from 'zod/mini'
import { refusedUrl } from '../../net/exchange.ts'
import type { ClientAuthMethod } from '../client/client-authentication.ts'
import {
  withDescription,
  descriptionOf,
  filled,
  listOf,
  type Complain,
  type KeyPath,
} from './schema.ts'
import { checkAudienceKeys, identityKeys, strategyKeys, tokenPolicyKeys } from './issuer-keys.ts'

type Bare<Schema> = Schema extends z.ZodMiniDefault<infer Inner> ? z.ZodMiniOptional<Inner> : Schema

/** The same keys without their defaults: what is not written is taken over. */
const bare = <Shape extends Readonly<Record<string, z.ZodMiniType>>>(
  shape: Shape,
): { [Key in keyof Shape]: Bare<Shape[Key]> } =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      key,
      schema instanceof z.ZodMiniDefault
        ? withDescription(z.optional(schema.def.innerType), descriptionOf(schema))
        : schema,
    ]),
  ) as { [Key in keyof Shape]: Bare<Shape[Key]> }

const furtherSchema = z.lazy(() =>
  z.strictObject({
    issuer: withDescription(filled(), 'The exact issuer string'),
    ...identityKeys,
    ...bare(strategyKeys),
    ...bare(tokenPolicyKeys),
  }),
)

export const issuersKeys = {
  issuer: withDescription(
    z.optional(filled()),
    'The exact issuer string; required, unless [[auth.issuers]] names all of them',
  ),
  issuers: withDescription(
    z.optional(listOf(furtherSchema)),
    'Further issuers whose tokens are accepted; settings for strategy, cache and claims that an issuer omits come from [auth]',
  ),
}

type SettingsKeys = typeof identityKeys & typeof strategyKeys & typeof tokenPolicyKeys
type Settings = z.infer<z.ZodMiniObject<SettingsKeys>>

/** The part of [auth] that one issuer is judged by. */
export type IssuerConfig = Settings & {
  readonly type: 'oauth'
  readonly issuer: string
}

type IssuersConfig = Settings & {
  readonly type: 'oauth'
  readonly issuer?: string | undefined
  readonly issuers?: readonly z.infer<typeof furtherSchema>[] | undefined
}

export interface PlacedIssuer<Auth extends IssuersConfig> {
  readonly auth: Omit<Auth, 'issuer' | 'issuers'> & { readonly issuer: string }
  /** Below [auth]. */
  readonly path: KeyPath
}

const inherits = (key: string): boolean =>
  key !== 'issuer' && key !== 'issuers' && !Object.hasOwn(identityKeys, key)

/** Every issuer with all that holds for it: that of [auth] first, then those of [[auth.issuers]]. */
export const issuersOf = <Auth extends IssuersConfig>(
  auth: Auth,
): readonly PlacedIssuer<Auth>[] => {
  const { issuer: first, issuers: further = [], ...rest } = auth
  const inherited = Object.fromEntries(Object.entries(auth).filter(([key]) => inherits(key)))
  const own = first === undefined ? [] : [{ auth: { ...rest, issuer: first }, path: [] }]
  return [
    ...own,
    ...further.map((written, at) => ({
      auth: {
        ...inherited,
        // An issuer that allows any takes no audience over.
        ...(written.allow_any_audience === true ? { audience: undefined } : {}),
        ...written,
      } as unknown as PlacedIssuer<Auth>['auth'],
      path: ['issuers', at],
    })),
  ]
}

/** What each way of a client to prove itself needs. */
export const clientNeeds: Readonly<
  Record<ClientAuthMethod, readonly (keyof typeof identityKeys)[]>
> = {
  client_secret_basic: ['client_id', 'client_secret'],
  client_secret_basic_raw: ['client_id', 'client_secret'],
  client_secret_post: ['client_id', 'client_secret'],
  private_key_jwt: ['client_id', 'client_key'],
  tls_client_auth: ['client_id', 'client_cert', 'client_cert_key'],
  bearer: ['client_secret'],
  none: [],
}

/** What means nothing to the other ways. */
export const clientOnlyWith: readonly (readonly [
  ClientAuthMethod,
  readonly (keyof typeof identityKeys)[],
])[] = [
  [
    'private_key_jwt',
    ['client_key', 'client_key_alg', 'client_key_id', 'client_assertion_audience'],
  ],
  ['tls_client_auth', ['client_cert', 'client_cert_key']],
]

/** RFC 7662 section 2.1: introspection needs to know who asks, in the way that client_auth says. */
const checkClient = (auth: IssuerConfig, complain: Complain): void => {
  const { client_auth: written, token_validation: strategy } = auth
  const method = written ?? 'client_secret_basic'
  for (const [other, keys] of clientOnlyWith) {
    for (const key of keys) {
      if (auth[key] !== undefined && method !== other) {
        complain([key], `takes effect only with client_auth = "${other}"`)
      }
    }
  }
  const signed = auth.introspection_response === 'jwt'
  if (strategy === 'jwt') {
    const message = 'applies only with token_validation = "introspection" or "both"'
    if (signed) complain(['introspection_response'], message)
    return
  }
  for (const key of clientNeeds[method]) {
    if (auth[key] !== undefined) continue
    const because =
      key === 'client_id' || key === 'client_secret'
        ? `token_validation = "${strategy}"`
        : `client_auth = "${method}"`
    complain([key], `is required with ${because}`)
  }
  // RFC 9701 section 5: the answer is made for one client, and names it.
  if (signed && auth.client_id === undefined && !clientNeeds[method].includes('client_id')) {
    complain(['client_id'], 'is required with introspection_response = "jwt"')
  }
}

const checkIssuer = (auth: IssuerConfig, written: object, complain: Complain): void => {
  const { token_validation: strategy, allow_http: http } = auth
  const checkUrl = (key: 'issuer' | 'jwks_uri' | 'introspection_endpoint'): void => {
    const url = auth[key]
    const refused = url === undefined ? undefined : refusedUrl(url, http)
    if (refused !== undefined) complain([key], `cannot be used: ${refused}`)
  }
  checkClient(auth, complain)
  checkAudienceKeys(written, complain)
  checkUrl('jwks_uri')
  checkUrl('introspection_endpoint')
  const findsKeys = strategy !== 'introspection' || auth.introspection_response === 'jwt'
  const discovers =
    (findsKeys && auth.jwks_uri === undefined) ||
    (strategy !== 'jwt' && auth.introspection_endpoint === undefined)
  if (discovers) checkUrl('issuer')
  if (auth.introspect_jwts && strategy !== 'both' && Object.hasOwn(written, 'introspect_jwts')) {
    complain(['introspect_jwts'], 'applies only with token_validation = "both"')
  }
}

/** Everything that one key alone cannot tell. Does not read the files of keys. */
export const checkIssuers = (auth: IssuersConfig, complain: Complain): void => {
  if (auth.issuer === undefined && auth.issuers === undefined) {
    complain(['issuer'], 'is required, unless [[auth.issuers]] names the issuers')
  }
  if (auth.issuer === undefined) {
    const ownerless = Object.entries(auth).filter(
      ([key, value]) => Object.hasOwn(identityKeys, key) && value !== undefined && value !== 'json',
    )
    for (const [key] of ownerless) {
      complain([key], 'belongs to one issuer: write it in its [[auth.issuers]]')
    }
  }
  const seen = new Set<string>()
  for (const { auth: merged, path } of issuersOf(auth)) {
    const [, at] = path
    const written = typeof at === 'number' ? (auth.issuers?.[at] ?? {}) : auth
    if (seen.has(merged.issuer)) complain([...path, 'issuer'], 'is named twice')
    seen.add(merged.issuer)
    checkIssuer(merged, written, (key, message) => complain([...path, ...key], message))
  }
}
