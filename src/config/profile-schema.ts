// The section [[profiles]]: further endpoints of one proxy, each with a part of what it offers.
import * as z from 'zod'
import { accessListKeys } from '../core/auth-config/access-keys.ts'

const profile = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,62}$/,
      'use lower-case letters, digits and "-", beginning with a letter, at most 63',
    )
    .describe('Name of the profile and last segment of its URL: /mcp/<name>'),
  instructions: z
    .string()
    .optional()
    .describe('Instructions for its clients; default: proxy.instructions'),
  backends: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('The backends that it offers, by name; default: all'),
  ...accessListKeys,
  required_scopes: z
    .array(z.string().min(1))
    .default([])
    .describe('Scopes that its callers need in addition to auth.required_scopes'),
  tool_exposure: z
    .enum(['direct', 'search'])
    .optional()
    .describe('Overrides proxy.tool_exposure for its clients'),
})

export const profileKeys = {
  profiles: z
    .array(profile)
    .max(64)
    .default([])
    .describe('Additional endpoints, each offering a subset of the proxy'),
}

export type ProfileConfig = z.infer<typeof profile>
