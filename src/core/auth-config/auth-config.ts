// The [auth] section: how callers prove who they are.
import * as z from 'zod/mini'
import { refusedUrl } from '../../net/exchange.ts'
import { accessListKeys, checkRoles, roleKeys, ruleKeys } from './access-keys.ts'
import { checkedBy, defaultsTo, withDescription, filled, listOf } from './schema.ts'
import { checkAudienceKeys, tokenPolicyKeys } from './issuer-keys.ts'
import { checkKeysFile, keysConfigSchema, keysFileKeys } from './keys-config.ts'
import { oauthConfigSchema } from './oauth-config.ts'
import { checkPossession, possessionKeys } from './possession-config.ts'
import { secretSchema } from './secret-schema.ts'

const jwtKeysSchema = z.strictObject({
  type: z.literal('jwt'),
  issuer: withDescription(filled(), 'The exact issuer string'),
  jwks_uri: withDescription(z.url(), 'URL of the JWK Set'),
  ...tokenPolicyKeys,
  ...possessionKeys,
  ...keysFileKeys,
  ...roleKeys,
})

const jwtConfigSchema = jwtKeysSchema.check(
  checkedBy((auth, complain) => {
    const refused = refusedUrl(auth.jwks_uri, auth.allow_http)
    if (refused !== undefined) complain(['jwks_uri'], `cannot be used: ${refused}`)
    checkAudienceKeys(auth, complain)
    checkPossession(auth, complain)
    checkKeysFile(auth, complain)
    checkRoles(auth, complain)
  }),
)

const scopedTokenSchema = z.strictObject({
  token: withDescription(secretSchema, 'The token; write it as "${VAR}"'),
  name: withDescription(z.optional(filled()), 'Name of the token in logs; default: its number'),
  report_only: withDescription(
    defaultsTo(z.boolean(), false),
    'Count and log what the lists would refuse, without refusing anything',
  ),
  ...accessListKeys,
})

const bearerConfigSchema = z
  .strictObject({
    type: z.literal('bearer'),
    tokens: withDescription(
      defaultsTo(z.array(secretSchema), []),
      'Tokens with unrestricted access; write them as "${VAR}"',
    ),
    scoped_tokens: withDescription(
      z.optional(listOf(scopedTokenSchema)),
      'Tokens whose access is limited by their lists',
    ),
    ...keysFileKeys,
    ...ruleKeys,
  })
  .check(
    checkedBy((auth, complain) => {
      if (auth.tokens.length === 0 && auth.scoped_tokens === undefined) {
        complain(['tokens'], 'must have at least one token, unless there are scoped_tokens')
      }
    }),
  )

export const authConfigSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none'), ...ruleKeys }),
  bearerConfigSchema,
  keysConfigSchema,
  jwtConfigSchema,
  oauthConfigSchema,
])

export type AuthConfig = z.infer<typeof authConfigSchema>
