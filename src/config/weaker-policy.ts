// Where a policy lets callers do more than the one that is served. What is not known to be as strict counts as weaker.
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { sectionKey } from '../base/section-key.ts'
import {
  toolScopesIn,
  type AccessConfig,
  type AccessLists,
  type RoleConfig,
} from '../core/auth-config/access-keys.ts'
import { compileParameters } from '../shaping/parameters.ts'
import type { BackendConfig, Config } from './schema.ts'

const kinds = ['tools', 'resources', 'prompts'] as const

type List = readonly string[] | undefined

const lacks = (list: List = [], other: List = []): boolean =>
  other.some((one) => !list.includes(one))

/** An allow list that is gone allows all; a pattern more allows more; a denied pattern less denies less. */
const weakerLists = (before: AccessLists, after: AccessLists): readonly string[] =>
  kinds.flatMap((kind) => {
    const [allow, deny] = [`allow_${kind}`, `deny_${kind}`] as const
    const widened =
      before[allow] !== undefined &&
      (after[allow] === undefined || lacks(before[allow], after[allow]))
    return [...(widened ? [allow] : []), ...(lacks(after[deny], before[deny]) ? [deny] : [])]
  })

const accessOf = (auth: Config['auth']): AccessConfig =>
  hasIssuer(auth) || auth.type === 'keys' ? auth : { rules: auth.rules }

const denies = (role: RoleConfig | undefined): boolean =>
  role !== undefined && kinds.some((kind) => role[`deny_${kind}`] !== undefined)

/** Roles without a mapping are those of API keys: a caller without one may do nothing. */
const weakerUnmapped = (before: AccessConfig, after: AccessConfig): readonly string[] => {
  const { role_mapping: now } = after
  if ((before.roles ?? []).length === 0) return []
  if (after.roles === undefined) return ['auth.roles']
  return [
    ...(now?.default_deny === false ? ['auth.role_mapping.default_deny'] : []),
    ...(now?.report_only === true ? ['auth.role_mapping.report_only'] : []),
    ...(before.roles_report_only !== true && after.roles_report_only === true
      ? ['auth.roles_report_only']
      : []),
  ]
}

const weakerMapping = (before: AccessConfig, after: AccessConfig): readonly string[] => {
  const { role_mapping: old, roles: oldRoles = [] } = before
  const { role_mapping: now } = after
  if (old === undefined) return weakerUnmapped(before, after)
  if (now === undefined) return ['auth.role_mapping']
  const found: string[] = []
  if (now.claim !== old.claim) found.push('auth.role_mapping.claim')
  if (old.default_deny && !now.default_deny) found.push('auth.role_mapping.default_deny')
  if (!old.report_only && now.report_only) found.push('auth.role_mapping.report_only')
  const values = new Set([...Object.keys(old.mapping), ...Object.keys(now.mapping)])
  for (const value of values) {
    const [had = [], has = []] = [old.mapping[value], now.mapping[value]]
    // Without a role a caller may be let in again, and a role that denies no longer does.
    const lost = had.filter((role) => !has.includes(role))
    const frees = lost.some((role) => denies(oldRoles.find(({ name }) => name === role)))
    const unbound = has.length === 0 && had.length > 0 && !now.default_deny
    if (lacks(had, has) || frees || unbound) found.push(`auth.role_mapping.mapping.${value}`)
  }
  return found
}

const weakerRoles = (before: AccessConfig, after: AccessConfig): readonly string[] => [
  ...weakerMapping(before, after),
  ...(before.roles ?? []).flatMap((role) => {
    const same = after.roles?.find(({ name }) => name === role.name)
    return same === undefined
      ? []
      : weakerLists(role, same).map((key) => `auth.roles ${role.name}: ${key}`)
  }),
]

const weakerScopes = (before: AccessConfig, after: AccessConfig): readonly string[] => {
  const now = toolScopesIn(after)
  return toolScopesIn(before).flatMap(({ pattern, scopes, reportOnly }) => {
    const same = now.find((one) => one.pattern === pattern)
    const isKept = same !== undefined && !same.reportOnly && !lacks(same.scopes, scopes)
    return reportOnly || isKept ? [] : [`auth.tool_scopes.${pattern}`]
  })
}

/** A rule that is gone or another one now; and one more that allows, where others allowed before. */
const weakerRules = (before: AccessConfig, after: AccessConfig): readonly string[] => {
  const old = (before.rules ?? []).filter((rule) => !rule.report_only)
  const now = (after.rules ?? []).filter((rule) => !rule.report_only)
  const keyOf = ({ effect, tools, when }: (typeof old)[number]) => sectionKey([effect, tools, when])
  const [oldKeys, newKeys] = [new Set(old.map(keyOf)), new Set(now.map(keyOf))]
  const isGone = old.some((rule) => !newKeys.has(keyOf(rule)))
  const allowsMore =
    old.some(({ effect }) => effect === 'allow') &&
    now.some((rule) => rule.effect === 'allow' && !oldKeys.has(keyOf(rule)))
  return isGone || allowsMore ? ['auth.rules'] : []
}

/** A token that had lists and goes on: they are as strict, or it is gone. */
const weakerTokens = (before: Config['auth'], after: Config['auth']): readonly string[] => {
  if (before.type !== 'bearer' || after.type !== 'bearer') return []
  return (before.scoped_tokens ?? []).flatMap((old, index) => {
    const text = old.token.reveal()
    if (after.tokens.some((token) => token.equals(text))) return [`auth.scoped_tokens[${index}]`]
    const same = after.scoped_tokens?.find(({ token }) => token.equals(text))
    if (same === undefined || old.report_only) return []
    const keys = [...weakerLists(old, same), ...(same.report_only ? ['report_only'] : [])]
    return keys.map((key) => `auth.scoped_tokens[${index}].${key}`)
  })
}

/** What callers reach at the backend with the rights of the proxy, or can say to it, and could not before. */
const weakerAccess = (before: BackendConfig, after: BackendConfig): readonly string[] => {
  const [old, now] = [before.oauth, after.oauth]
  const isOurs = old?.grant === 'token_exchange' && now?.grant !== 'token_exchange'
  const passes = Object.entries(after.forward_headers).some(
    ([from, to]) => before.forward_headers[from] !== to,
  )
  return [
    ...(isOurs ? ['oauth.grant'] : []),
    ...(old?.allow_http === false && now?.allow_http === true ? ['oauth.allow_http'] : []),
    ...(old?.allow_private === false && now?.allow_private === true ? ['oauth.allow_private'] : []),
    ...(passes ? ['forward_headers'] : []),
  ]
}

/** What a backend offers to all callers, by name. */
const weakerFilters = (before: BackendConfig, after: BackendConfig): readonly string[] =>
  kinds.flatMap((kind) => {
    const [expose, hide] = [`expose_${kind}`, `hide_${kind}`] as const
    const [old, now] = [before[expose], after[expose]]
    const widened = old !== undefined && (now === undefined || lacks(old, now))
    return [...(widened ? [expose] : []), ...(lacks(after[hide], before[hide]) ? [hide] : [])]
  })

/** Parameters that callers could not send or change, and can now, or of which the backend gets another value. */
const weakerParameters = (before: BackendConfig, after: BackendConfig): readonly string[] => {
  const [old, now] = [compileParameters(before), compileParameters(after)]
  const tools = new Set([...before.param_overrides, ...before.inject_args].map(({ tool }) => tool))
  return [...tools].flatMap((tool) => {
    const [had, has] = [old?.(tool), now?.(tool)]
    const isFree = [...(had?.gone ?? [])].some((name) => {
      const isHidden = has?.gone.has(name) === true
      const valueIn = (parameters: typeof had) =>
        parameters?.fixed.get(name) ?? parameters?.filled.get(name)
      return !isHidden || sectionKey(valueIn(had)) !== sectionKey(valueIn(has))
    })
    return isFree ? [`parameters of the tool ${tool}`] : []
  })
}

/** From the least strict to the strictest. */
const pinning = [undefined, 'first_sight', 'accepted'] as const

const pinsLess = (before: BackendConfig, after: BackendConfig): boolean =>
  pinning.indexOf(after.pin_tools) < pinning.indexOf(before.pin_tools)

/** A backend that goes on and may offer more than before, whatever else is new about it. */
const weakerBackends = (before: Config, after: Config): readonly string[] =>
  before.backends.flatMap((old) => {
    const same = after.backends.find(({ name }) => name === old.name)
    if (same === undefined) return []
    const restricted = (['hide_destructive', 'read_only_only'] as const).filter((key) => old[key])
    const named = [
      ...(old.annotations_report_only ? [] : restricted.filter((key) => !same[key])),
      ...(restricted.length > 0 && !old.annotations_report_only && same.annotations_report_only
        ? ['annotations_report_only']
        : []),
      ...weakerFilters(old, same),
      ...(pinsLess(old, same) ? ['pin_tools'] : []),
      ...weakerParameters(old, same),
      ...weakerAccess(old, same),
    ]
    return named.map((key) => `backends ${old.name}: ${key}`)
  })

/** A profile that is new is another way in; one that goes on may do no more, and ask for no less. */
const weakerProfiles = (before: Config, after: Config): readonly string[] =>
  after.profiles.flatMap((now) => {
    const old = before.profiles.find(({ name }) => name === now.name)
    if (old === undefined) return [`profiles ${now.name}`]
    const widened =
      old.backends !== undefined &&
      (now.backends === undefined || lacks(old.backends, now.backends))
    const keys = [
      ...weakerLists(old, now),
      ...(widened ? ['backends'] : []),
      ...(lacks(now.required_scopes, old.required_scopes) ? ['required_scopes'] : []),
    ]
    return keys.map((key) => `profiles ${now.name}: ${key}`)
  })

/** The keys by which callers may do more. */
export const weakerPolicy = (before: Config, after: Config): readonly string[] => {
  const [old, now] = [accessOf(before.auth), accessOf(after.auth)]
  const sizeOf = ({ security }: Config) =>
    security.max_argument_size_report_only ? undefined : security.max_argument_size
  const [limit, newLimit] = [sizeOf(before), sizeOf(after)]
  return [
    ...weakerRoles(old, now),
    ...weakerScopes(old, now),
    ...weakerRules(old, now),
    ...weakerTokens(before.auth, after.auth),
    ...weakerBackends(before, after),
    ...weakerProfiles(before, after),
    ...(limit !== undefined && (newLimit === undefined || newLimit > limit)
      ? ['security.max_argument_size']
      : []),
  ]
}
