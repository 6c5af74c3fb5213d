// The [auth] section: how callers prove who they are.
import * as z from 'zod/mini'
import { refusedUrl } from '../../net/exchange.ts'
import { checkedBy, withDescription, filled, listOf } from './schema.ts'
import { checkAudienceKeys, tokenPolicyKeys } from './issuer-keys.ts'
import { oauthConfigSchema } from './oauth-config.ts'
import { checkPossession, possessionKeys } from './possession-config.ts'
import { secretSchema } from './secret-schema.ts'

const jwtKeysSchema = z.strictObject({
  type: z.literal('jwt'),
  issuer: withDescription(filled(), 'The exact issuer string'),
  jwks_uri: withDescription(z.url(), 'Where the keys are'),
  ...tokenPolicyKeys,
  ...possessionKeys,
})

const jwtConfigSchema = jwtKeysSchema.check(
  checkedBy((auth, complain) => {
    const refused = refusedUrl(auth.jwks_uri, auth.allow_http)
    if (refused !== undefined) complain(['jwks_uri'], `cannot be used: ${refused}`)
    checkAudienceKeys(auth, complain)
    checkPossession(auth, complain)
  }),
)

const bearerConfigSchema = z.strictObject({
  type: z.literal('bearer'),
  tokens: withDescription(listOf(secretSchema), 'Accepted tokens; write them as "${VAR}"'),
})

export const authConfigSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  bearerConfigSchema,
  jwtConfigSchema,
  oauthConfigSchema,
])

export type AuthConfig = z.infer<typeof authConfigSchema>
