// The [auth] section: how callers prove who they are.
import * as z from 'zod'
import { refusedUrl } from '../base/exchange.ts'
import { Secret } from '../base/secret.ts'

export const secretSchema = z
  .string()
  .min(1, 'must not be empty')
  .transform((value) => new Secret(value))

const stringOrList = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

const tokenPolicyKeys = {
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
  sender_constraint: z
    .enum(['refuse', 'ignore'])
    .default('refuse')
    .describe('What to do with sender-constrained tokens'),
  algorithms: z
    .array(
      z.enum([
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
      ]),
    )
    .min(1)
    .optional()
    .describe('Accepted signature algorithms; default: all asymmetric ones we know'),
  jwks_max_stale: z
    .number()
    .min(0)
    .default(86_400)
    .describe('Seconds that keys stay usable after the last successful fetch'),
}

const allowHttp = z.boolean().default(false).describe('Allow plain http beyond loopback')

const jwtSchema = z.strictObject({
  type: z.literal('jwt'),
  issuer: z.string().min(1).describe('The exact issuer string'),
  jwks_uri: z.url().describe('Where the keys are'),
  allow_http: allowHttp,
  ...tokenPolicyKeys,
})

const oauthSchema = z.strictObject({
  type: z.literal('oauth'),
  issuer: z.string().min(1).describe('The exact issuer string; discovery starts there'),
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
    .enum([
      'client_secret_basic',
      'client_secret_basic_raw',
      'client_secret_post',
      'bearer',
      'none',
    ])
    .optional()
    .describe('How the client proves itself; default: client_secret_basic'),
  token_validation: z.enum(['jwt', 'introspection', 'both']).default('jwt').describe('Strategy'),
  fallback: z
    .enum(['undecided', 'any'])
    .default('undecided')
    .describe('With both: when to ask the authorization server'),
  introspect_jwts: z
    .boolean()
    .default(false)
    .describe('With both: ask about good JWTs too, to see revocation'),
  jwks_uri: z.url().optional().describe('Overrides the discovered one'),
  introspection_endpoint: z.url().optional().describe('Overrides the discovered one'),
  allow_http: allowHttp,
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
  ...tokenPolicyKeys,
})

type Context = z.RefinementCtx

const complain = (context: Context, key: string, message: string): void => {
  context.addIssue({ code: 'custom', path: [key], message })
}

const checkUrl = (context: Context, key: string, url: string | undefined, http: boolean): void => {
  const refused = url === undefined ? undefined : refusedUrl(url, http)
  if (refused !== undefined) complain(context, key, `cannot be used: ${refused}`)
}

type Oauth = z.infer<typeof oauthSchema>

/** RFC 7662 section 2.1: introspection needs to know who asks, in the way that client_auth says. */
const checkClient = (auth: Oauth, context: Context): void => {
  const { client_auth: method, token_validation: strategy } = auth
  if (strategy === 'jwt' || method === 'none') return
  const because = `is required with token_validation = "${strategy}"`
  if (auth.client_id === undefined && method !== 'bearer') complain(context, 'client_id', because)
  if (auth.client_secret === undefined) complain(context, 'client_secret', because)
}

const checkOauth = (auth: Oauth, context: Context): void => {
  const { token_validation: strategy, allow_http: http } = auth
  checkClient(auth, context)
  checkUrl(context, 'jwks_uri', auth.jwks_uri, http)
  checkUrl(context, 'introspection_endpoint', auth.introspection_endpoint, http)
  const discovers =
    (strategy !== 'introspection' && auth.jwks_uri === undefined) ||
    (strategy !== 'jwt' && auth.introspection_endpoint === undefined)
  if (discovers) checkUrl(context, 'issuer', auth.issuer, http)
  if (auth.introspect_jwts && strategy !== 'both') {
    complain(context, 'introspect_jwts', 'has a meaning only with token_validation = "both"')
  }
}

export const authConfigSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('bearer'),
    tokens: z.array(secretSchema).min(1).describe('Accepted tokens; write them as "${VAR}"'),
  }),
  jwtSchema.superRefine((auth, context) => {
    checkUrl(context, 'jwks_uri', auth.jwks_uri, auth.allow_http)
  }),
  oauthSchema.superRefine(checkOauth),
])

export type AuthConfig = z.infer<typeof authConfigSchema>
