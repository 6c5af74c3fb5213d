// The keys of [auth] that say what an accepted caller may do: roles, scopes of tools, rules. src/policy decides by them.
import * as z from 'zod/mini'
import { defaultsTo, filled, listOf, withDescription, type Complain } from './schema.ts'

const longestPattern = 256

const pattern = filled().check(z.maxLength(longestPattern))

const patterns = (description: string) => withDescription(z.optional(listOf(pattern)), description)

/** An allow list that is left out allows everything of its kind; a deny list always wins. */
export const accessListKeys = {
  allow_tools: patterns('Tools that may be called; default: all'),
  deny_tools: patterns('Tools that may not be called, whatever else allows them'),
  allow_resources: patterns('Resources that may be read; default: all'),
  deny_resources: patterns('Resources that may not be read, whatever else allows them'),
  allow_prompts: patterns('Prompts that may be used; default: all'),
  deny_prompts: patterns('Prompts that may not be used, whatever else allows them'),
}

export type AccessLists = z.infer<z.ZodMiniObject<typeof accessListKeys>>

const oneOrMore = z.pipe(
  z.union([filled(), listOf(filled())]),
  z.transform((value): readonly string[] => (typeof value === 'string' ? [value] : value)),
)

const roleSchema = z.strictObject({
  name: withDescription(filled(), 'Name of the role in auth.role_mapping'),
  ...accessListKeys,
})

const roleMappingSchema = z.strictObject({
  claim: withDescription(
    filled(),
    'The claim whose values give roles: a name, or a path with dots such as realm_access.roles',
  ),
  mapping: withDescription(
    z.record(filled(), oneOrMore),
    'Maps values of the claim to a role or a list of roles; all values that are present apply',
  ),
  default_deny: withDescription(
    defaultsTo(z.boolean(), true),
    'Refuse everything to callers without a role; false: they may do everything',
  ),
  report_only: withDescription(
    defaultsTo(z.boolean(), false),
    'Count and log what roles would refuse, without refusing anything',
  ),
})

const ruleSchema = z.strictObject({
  name: withDescription(
    z.optional(filled()),
    'Name of the rule in logs and metrics; default: its number',
  ),
  tools: withDescription(
    z.optional(listOf(pattern)),
    'Tools that the rule applies to; default: all',
  ),
  when: withDescription(
    filled().check(z.maxLength(4096)),
    'A condition in CEL over caller, tool, args and peer',
  ),
  effect: withDescription(
    z.enum(['allow', 'deny']),
    'deny: refuse where the condition is true. allow: of the allow rules about a tool at least one has to be true',
  ),
  report_only: withDescription(
    defaultsTo(z.boolean(), false),
    'Count and log what the rule would refuse, without refusing anything',
  ),
  message: withDescription(
    z.optional(filled().check(z.maxLength(500))),
    'Message for callers whose arguments are refused',
  ),
})

/** For every kind of authentication. */
export const ruleKeys = {
  rules: withDescription(z.optional(listOf(ruleSchema)), 'Conditions on calls of tools'),
}

const scopesAndMode = z.strictObject({
  scopes: withDescription(oneOrMore, 'Scopes that a call needs'),
  report_only: withDescription(
    defaultsTo(z.boolean(), false),
    'Count and log the calls that lack them, without refusing any',
  ),
})

/** For credentials that can have roles and scopes. */
const grantKeys = {
  roles: withDescription(
    z.optional(listOf(roleSchema)),
    'Roles: what callers who have one may do; auth.role_mapping gives them to tokens, the key file to API keys',
  ),
  tool_scopes: withDescription(
    z.optional(z.record(pattern, z.union([oneOrMore, scopesAndMode]))),
    'Scopes that calls of tools need beside auth.required_scopes, by pattern; without them HTTP 403 with a challenge. With report_only: { scopes = [...], report_only = true }',
  ),
  ...ruleKeys,
}

/** For API keys, which have their roles in the key file. */
export const keyRoleKeys = {
  ...grantKeys,
  roles_report_only: withDescription(
    defaultsTo(z.boolean(), false),
    'Count and log what roles would refuse, without refusing anything',
  ),
}

/** For tokens that have claims. */
export const roleKeys = {
  role_mapping: withDescription(z.optional(roleMappingSchema), 'Which callers have which roles'),
  ...grantKeys,
}

export type RoleConfig = z.infer<typeof roleSchema>
export type RoleMapping = z.infer<typeof roleMappingSchema>
export type RuleConfig = z.infer<typeof ruleSchema>

/** Scopes alone are demanded. */
export type ToolScopesConfig =
  readonly string[] | { readonly scopes: readonly string[]; readonly report_only: boolean }

export interface ToolScopesRule {
  readonly pattern: string
  readonly scopes: readonly string[]
  readonly reportOnly: boolean
}

export const toolScopesIn = ({
  tool_scopes: all = {},
}: Pick<AccessConfig, 'tool_scopes'>): readonly ToolScopesRule[] =>
  Object.entries(all).map(([pattern, value]) =>
    'scopes' in value
      ? { pattern, scopes: value.scopes, reportOnly: value.report_only }
      : { pattern, scopes: value, reportOnly: false },
  )

/** What [auth] says of what accepted callers may do. */
export interface AccessConfig {
  readonly roles?: readonly RoleConfig[] | undefined
  readonly role_mapping?: RoleMapping | undefined
  readonly tool_scopes?: Readonly<Record<string, ToolScopesConfig>> | undefined
  readonly rules?: readonly RuleConfig[] | undefined
  /** Of API keys; of tokens auth.role_mapping says it. */
  readonly roles_report_only?: boolean | undefined
}

/** Every role has a name of its own. */
export const checkRoleNames = ({ roles }: AccessConfig, complain: Complain): void => {
  const known = new Set<string>()
  roles?.forEach(({ name }, index) => {
    if (known.has(name)) complain(['roles', index, 'name'], 'is the name of an earlier role')
    known.add(name)
  })
}

/** Roles and their mapping need each other: one alone would restrict no caller. */
export const checkRoles = (auth: AccessConfig, complain: Complain): void => {
  const { roles, role_mapping: mapping } = auth
  if (roles !== undefined && mapping === undefined) {
    complain(['roles'], 'applies only with auth.role_mapping, which says who has which role')
  }
  if (roles === undefined && mapping !== undefined) {
    complain(['role_mapping'], 'applies only with auth.roles, which says what each role may do')
  }
  checkRoleNames(auth, complain)
}
