// The section [verify]: the door for gateways that exist already, and what of the caller it answers with.
import * as z from 'zod'

/** What the door says of an accepted caller, each in a header of its own. */
export const identityFacts = ['subject', 'client_id', 'scopes', 'issuer', 'roles'] as const

export type IdentityFact = (typeof identityFacts)[number]

const isPlainPath = (path: string): boolean => /^(?:\/[\w.~-]+)+$/.test(path)

export const verifySchema = z.strictObject({
  path: z
    .string()
    .refine(
      isPlainPath,
      'must begin with "/" and have letters, digits and . _ ~ - between its slashes, none at its end',
    )
    .default('/verify')
    .describe(
      'Where gateways ask; what follows it in the path of a request is taken as the original path',
    ),
  headers: z
    .array(z.enum(identityFacts))
    .default([...identityFacts])
    .describe('What to say of an accepted caller, each in a header of its own'),
  header_prefix: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9-]{0,63}$/,
      'must be letters, digits and "-", beginning with a letter',
    )
    .default('X-Auth-')
    .describe(
      'What the names of these headers begin with: X-Auth-Subject, X-Auth-Client-Id, and so on; the gateway has to remove such headers from what clients send',
    ),
})

type VerifyConfig = z.infer<typeof verifySchema>

const nameOf = (fact: IdentityFact): string =>
  fact
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('-')

/** The facts with the names of their headers, in the order of the configuration, each once. */
export const identityHeaders = ({
  headers,
  header_prefix: prefix,
}: Pick<VerifyConfig, 'headers' | 'header_prefix'>): readonly (readonly [
  fact: IdentityFact,
  name: string,
])[] => [...new Set(headers)].map((fact) => [fact, `${prefix}${nameOf(fact)}`])

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A document with [verify] needs neither backends nor [proxy]: what it leaves out is filled in. */
export const withVerifyDefaults = (tree: unknown): unknown =>
  isTable(tree) && Object.hasOwn(tree, 'verify')
    ? { backends: [], proxy: { name: 'mcp-proxy' }, ...tree }
    : tree
