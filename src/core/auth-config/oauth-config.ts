// [auth] with type = "oauth": one issuer or several, by their keys, by introspection or by both.
import * as z from 'zod/mini'
import { checkRoles, roleKeys } from './access-keys.ts'
import { checkedBy } from './schema.ts'
import { checkIssuers, issuersKeys } from './issuer-config.ts'
import { checkKeysFile, keysFileKeys } from './keys-config.ts'
import { identityKeys, strategyKeys, tokenPolicyKeys } from './issuer-keys.ts'
import { checkPossession, possessionKeys } from './possession-config.ts'

const keysSchema = z.strictObject({
  type: z.literal('oauth'),
  ...issuersKeys,
  ...identityKeys,
  ...strategyKeys,
  ...tokenPolicyKeys,
  ...possessionKeys,
  ...keysFileKeys,
  ...roleKeys,
})

export const oauthConfigSchema = keysSchema.check(
  checkedBy((auth, complain) => {
    checkPossession(auth, complain)
    checkKeysFile(auth, complain)
    checkRoles(auth, complain)
    checkIssuers(auth, complain)
  }),
)
