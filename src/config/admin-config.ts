// Who may use the admin surface: the keys of [security] about it.
import * as z from 'zod'
import { secretSchema } from '../core/auth-config/secret-schema.ts'

/** `read` sees, `operate` acts on what runs, `configure` changes what is configured. None includes another. */
export const adminRights = ['read', 'operate', 'configure'] as const

export type AdminRight = (typeof adminRights)[number]

const adminTokenSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is not a name: letters, digits, ".", "_" and "-"')
    .describe('The name of the token holder in the log'),
  token: z.optional(secretSchema).describe('The token; or set `sha256`'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest: 64 hexadecimal digits')
    .optional()
    .describe('SHA-256 digest of the token, in place of the token'),
  rights: z
    .array(z.enum(adminRights))
    .min(1)
    .default(['read'])
    .describe(
      '`read`: status, decisions, the configuration without secrets. `operate`: reload, end sessions, reset circuits, clear caches. `configure`: other configurations and backends',
    ),
})

const adminToolsSchema = z.strictObject({
  roles: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Roles of [auth] whose callers are offered the admin tools; all others neither see nor call them',
    ),
  rights: z
    .array(z.enum(['read', 'operate']))
    .min(1)
    .default(['read'])
    .describe('`read`: tools that show, and prompts. `operate`: tools that act on what runs'),
})

/** What policies and names call the proxy as the owner of admin tools. */
export const adminToolsName = 'admin'

export const adminKeys = {
  admin_token: z
    .optional(secretSchema)
    .describe(
      'Opens /admin for reading; without any admin token only loopback callers of a loopback listener may read there, and none that came through a proxy',
    ),
  admin_tokens: z
    .array(adminTokenSchema)
    .max(100)
    .default([])
    .describe('Tokens that open /admin, each with its rights'),
  admin_tools: adminToolsSchema
    .optional()
    .describe('Offer the admin API as MCP tools and prompts of a backend `admin`; default: off'),
  allow_admin_programs: z
    .boolean()
    .default(false)
    .describe('Let the admin API add and change stdio backends: programs on this machine'),
} as const
