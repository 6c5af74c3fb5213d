// The [auth] section: how callers prove who they are.
import * as z from 'zod'
import { refusedUrl } from '../base/exchange.ts'
import { checkIssuers, issuersKeys } from './issuer-config.ts'
import { identityKeys, strategyKeys, tokenPolicyKeys } from './issuer-keys.ts'
import { possessionKeys, possessionProblems, type PossessionConfig } from './possession-config.ts'
import { secretSchema } from './secret-schema.ts'

const jwtSchema = z.strictObject({
  type: z.literal('jwt'),
  issuer: z.string().min(1).describe('The exact issuer string'),
  jwks_uri: z.url().describe('Where the keys are'),
  ...tokenPolicyKeys,
  ...possessionKeys,
})

const oauthSchema = z.strictObject({
  type: z.literal('oauth'),
  ...issuersKeys,
  ...identityKeys,
  ...strategyKeys,
  ...tokenPolicyKeys,
  ...possessionKeys,
})

type Context = z.RefinementCtx

const complain = (context: Context, path: readonly (string | number)[], message: string): void => {
  context.addIssue({ code: 'custom', path: [...path], message })
}

const checkPossession = (auth: PossessionConfig, context: Context): void => {
  for (const { key, why } of possessionProblems(auth)) complain(context, [key], why)
}

export const authConfigSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('bearer'),
    tokens: z.array(secretSchema).min(1).describe('Accepted tokens; write them as "${VAR}"'),
  }),
  jwtSchema.superRefine((auth, context) => {
    const refused = refusedUrl(auth.jwks_uri, auth.allow_http)
    if (refused !== undefined) complain(context, ['jwks_uri'], `cannot be used: ${refused}`)
    checkPossession(auth, context)
  }),
  oauthSchema.superRefine((auth, context) => {
    checkPossession(auth, context)
    checkIssuers(auth, (path, message) => complain(context, path, message))
  }),
])

export type AuthConfig = z.infer<typeof authConfigSchema>
