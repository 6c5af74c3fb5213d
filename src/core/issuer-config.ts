// What [auth] says about one issuer, and what each further one of [[auth.issuers]] takes over from it.
import * as z from 'zod'
import { refusedUrl } from '../base/exchange.ts'
import type { ClientAuthMethod } from './client-authentication.ts'
import { knownAlgorithms } from './jose-header.ts'
import { privateKeySchema, secretSchema } from './secret-schema.ts'

const stringOrList = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

export const tokenPolicyKeys = {
  audience: stringOrList
    .optional()
    .describe('Accepted audiences, exact strings; default: the public URL of the proxy'),
  required_scopes: z.array(z.string().min(1)).default([]).describe('Scopes every token needs'),
  scope_claims: z
    .array(z.string().min(1))
    .default(['scope', 'scp'])
    .describe('Claims that hold scopes'),
  audience_claims: z
    .array(z.string().min(1))
    .default(['aud'])
    .describe('Claims that name the audience'),
  clock_tolerance: z
    .number()
    .int()
    .min(0)
    .max(300)
    .default(60)
    .describe('Seconds of clock difference to allow'),
  max_lifetime: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Longest accepted exp - iat, in seconds'),
  profile: z
    .enum(['strict', 'lenient', 'off'])
    .default('lenient')
    .describe('How much of RFC 9068 to demand'),
  algorithms: z
    .array(z.enum(knownAlgorithms))
    .min(1)
    .optional()
    .describe('Accepted signature algorithms; default: all asymmetric ones we know'),
  jwks_max_stale: z
    .number()
    .min(0)
    .default(86_400)
    .describe('Seconds that keys stay usable after the last successful fetch'),
  allow_http: z.boolean().default(false).describe('Allow plain http beyond loopback'),
}

export const strategyKeys = {
  token_validation: z.enum(['jwt', 'introspection', 'both']).default('jwt').describe('Strategy'),
  fallback: z
    .enum(['undecided', 'any'])
    .default('undecided')
    .describe('With both: when to ask the authorization server'),
  introspect_jwts: z
    .boolean()
    .default(false)
    .describe('With both: ask about good JWTs too, to see revocation'),
  allow_private: z
    .boolean()
    .default(false)
    .describe('Allow private addresses that a document names'),
  cache_ttl: z
    .number()
    .min(0)
    .max(300)
    .default(30)
    .describe('Seconds to remember an introspection answer'),
  negative_cache_ttl: z
    .number()
    .min(0)
    .max(300)
    .default(5)
    .describe('Seconds to remember active: false'),
  introspection_cache_respect_no_store: z
    .boolean()
    .default(false)
    .describe(
      'Whether Cache-Control: no-store of an introspection answer forbids to remember it; many servers send it with every answer',
    ),
}

const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_basic_raw',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'bearer',
  'none',
] as const satisfies readonly ClientAuthMethod[]

/** What belongs to one authorization server alone: a secret of one is never shown to another. */
export const identityKeys = {
  metadata_issuer: z
    .string()
    .optional()
    .describe('The exact issuer that the metadata names, if it differs'),
  client_id: z
    .string()
    .min(1)
    .optional()
    .describe('Our client at the authorization server, for introspection'),
  client_secret: secretSchema.optional().describe('Its secret; write it as "${VAR}"'),
  client_auth: z
    .enum(clientAuthMethods)
    .optional()
    .describe('How the client proves itself; default: client_secret_basic'),
  client_key: privateKeySchema
    .optional()
    .describe(
      'With private_key_jwt: the private key of the client, a PEM or JWK file, or the text itself from "${VAR}"',
    ),
  client_key_alg: z
    .enum(knownAlgorithms)
    .optional()
    .describe('With private_key_jwt: the algorithm; default: that of the JWK, else by kind of key'),
  client_key_id: z
    .string()
    .min(1)
    .optional()
    .describe('With private_key_jwt: the kid of the assertions; default: that of the JWK'),
  client_assertion_audience: z
    .enum(['issuer', 'endpoint'])
    .optional()
    .describe(
      'With private_key_jwt: whom the assertions name in aud; default: issuer, older servers want the endpoint',
    ),
  client_cert: z
    .string()
    .min(1)
    .optional()
    .describe('With tls_client_auth: the certificate of the client, a PEM file or the text itself'),
  client_cert_key: privateKeySchema
    .optional()
    .describe(
      'With tls_client_auth: its private key, a PEM file, or the text itself from "${VAR}"',
    ),
  introspection_response: z
    .enum(['json', 'jwt'])
    .default('json')
    .describe('jwt: ask for signed introspection answers and believe no others (RFC 9701)'),
  jwks_uri: z.url().optional().describe('Overrides the discovered one'),
  introspection_endpoint: z.url().optional().describe('Overrides the discovered one'),
}

const issuer = z.string().min(1)

type Bare<Schema> = Schema extends z.ZodDefault<infer Inner> ? z.ZodOptional<Inner> : Schema

/** The same keys without their defaults: what is not written is taken over. */
const bare = <Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): { [Key in keyof Shape]: Bare<Shape[Key]> } =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      key,
      schema instanceof z.ZodDefault
        ? (schema.unwrap() as z.ZodType).optional().describe(schema.description ?? '')
        : schema,
    ]),
  ) as { [Key in keyof Shape]: Bare<Shape[Key]> }

const furtherSchema = z.strictObject({
  issuer: issuer.describe('The exact issuer string'),
  ...identityKeys,
  ...bare(strategyKeys),
  ...bare(tokenPolicyKeys),
})

export const issuersKeys = {
  issuer: issuer
    .optional()
    .describe('The exact issuer string; required, unless [[auth.issuers]] names all of them'),
  issuers: z
    .array(furtherSchema)
    .min(1)
    .optional()
    .describe(
      'Further issuers whose tokens are accepted; what one does not say about strategy, cache and claims is taken over from [auth]',
    ),
}

const settingsSchema = z.object({ ...identityKeys, ...strategyKeys, ...tokenPolicyKeys })

/** The part of [auth] that one issuer is judged by. */
export type IssuerConfig = z.infer<typeof settingsSchema> & {
  readonly type: 'oauth'
  readonly issuer: string
}

type IssuersConfig = z.infer<typeof settingsSchema> & {
  readonly type: 'oauth'
  readonly issuer?: string | undefined
  readonly issuers?: readonly z.infer<typeof furtherSchema>[] | undefined
}

type KeyPath = readonly (string | number)[]

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
      auth: { ...inherited, ...written } as unknown as PlacedIssuer<Auth>['auth'],
      path: ['issuers', at],
    })),
  ]
}

export type Complain = (path: KeyPath, message: string) => void

const required: Readonly<Record<ClientAuthMethod, readonly (keyof typeof identityKeys)[]>> = {
  client_secret_basic: ['client_id', 'client_secret'],
  client_secret_basic_raw: ['client_id', 'client_secret'],
  client_secret_post: ['client_id', 'client_secret'],
  private_key_jwt: ['client_id', 'client_key'],
  tls_client_auth: ['client_id', 'client_cert', 'client_cert_key'],
  bearer: ['client_secret'],
  none: [],
}

const onlyWith: readonly (readonly [ClientAuthMethod, readonly (keyof typeof identityKeys)[]])[] = [
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
  for (const [other, keys] of onlyWith) {
    for (const key of keys) {
      if (auth[key] !== undefined && method !== other) {
        complain([key], `has a meaning only with client_auth = "${other}"`)
      }
    }
  }
  const signed = auth.introspection_response === 'jwt'
  if (strategy === 'jwt') {
    const message = 'has a meaning only with token_validation = "introspection" or "both"'
    if (signed) complain(['introspection_response'], message)
    return
  }
  for (const key of required[method]) {
    if (auth[key] !== undefined) continue
    const because =
      key === 'client_id' || key === 'client_secret'
        ? `token_validation = "${strategy}"`
        : `client_auth = "${method}"`
    complain([key], `is required with ${because}`)
  }
  // RFC 9701 section 5: the answer is made for one client, and names it.
  if (signed && auth.client_id === undefined && !required[method].includes('client_id')) {
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
  checkUrl('jwks_uri')
  checkUrl('introspection_endpoint')
  const findsKeys = strategy !== 'introspection' || auth.introspection_response === 'jwt'
  const discovers =
    (findsKeys && auth.jwks_uri === undefined) ||
    (strategy !== 'jwt' && auth.introspection_endpoint === undefined)
  if (discovers) checkUrl('issuer')
  if (auth.introspect_jwts && strategy !== 'both' && Object.hasOwn(written, 'introspect_jwts')) {
    complain(['introspect_jwts'], 'has a meaning only with token_validation = "both"')
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
