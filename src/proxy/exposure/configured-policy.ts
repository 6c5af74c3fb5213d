// The policy of a configuration: what serve asks, and what the commands ask that say beforehand what serve would do.
import { sectionKey } from '../../base/section-key.ts'
import type { ProfileConfig } from '../../config/profile-schema.ts'
import { adminToolsName } from '../../config/admin-config.ts'
import type { Config } from '../../config/schema.ts'
import { shownBackends } from '../../config/shown-backends.ts'
import type { AccessConfig } from '../../core/auth-config/access-keys.ts'
import { compilePolicy, tokenAccess, type Policy } from '../../policy/policy.ts'
import { compileFilter, filterPatterns, type Filter } from '../../shaping/name-filter.ts'
import { regexCompilerFor } from '../../shaping/name-patterns.ts'
import { shapingSchema } from '../../shaping/shaping-config.ts'
import { compileShape, type Shape } from '../../shaping/shape.ts'
import { backendNames, withAliases, type BackendNames } from '../names/names.ts'
import { ownName, ownNames } from '../names/own-names.ts'

export interface NamedBackend {
  readonly backend: string
  readonly names: BackendNames
  /** What shapes its items; undefined: nothing. */
  readonly shape: Shape | undefined
}

/** The backends of a configuration that callers see, with their names as clients see them. */
export const namedBackends = ({
  proxy: { separator },
  backends,
}: Pick<Config, 'proxy' | 'backends'>): readonly NamedBackend[] =>
  shownBackends(backends).map((config) => {
    const { name, prefix } = config
    const shape = compileShape(config)
    const names = withAliases(backendNames(name, separator, prefix), shape?.aliases)
    return { backend: name, names, shape }
  })

/** The proxy as one more of them, where it has tools of its own. */
export const ownBackends = ({
  composite_tools: composites,
}: Pick<Config, 'composite_tools'>): readonly NamedBackend[] =>
  composites.length === 0
    ? []
    : [
        {
          backend: ownName,
          names: ownNames(new Map(composites.map(({ name }) => [name, name]))),
          shape: undefined,
        },
      ]

/** The proxy as the owner of admin tools. */
const adminBackends = ({
  proxy: { separator },
  security,
}: Pick<Config, 'proxy' | 'security'>): readonly NamedBackend[] =>
  security.admin_tools === undefined
    ? []
    : [
        {
          backend: adminToolsName,
          names: backendNames(adminToolsName, separator, undefined),
          shape: undefined,
        },
      ]

const filtersOf = async (backends: Config['backends']): Promise<ReadonlyMap<string, Filter>> => {
  const compile = await regexCompilerFor(backends.flatMap(filterPatterns))
  return new Map(
    backends.flatMap((backend, index): (readonly [string, Filter])[] => {
      const filter = compileFilter(backend, `backends[${index}]`, compile)
      return filter === undefined ? [] : [[backend.name, filter]]
    }),
  )
}

/** Undefined where it has none. */
const profileLists = (profile: ProfileConfig | undefined) => {
  if (profile === undefined) return undefined
  const lists = [
    profile.allow_tools,
    profile.deny_tools,
    profile.allow_resources,
    profile.deny_resources,
    profile.allow_prompts,
    profile.deny_prompts,
  ]
  const hasAny = lists.some((list) => list !== undefined)
  return hasAny ? { name: `profiles.${profile.name}`, lists: profile } : undefined
}

/** Compiled once for each configuration. `profile`: that whose clients it is for. Throws a UsageError for a condition that cannot be compiled. */
export const configuredPolicy = async (
  config: Pick<Config, 'auth' | 'security' | 'proxy' | 'backends' | 'composite_tools'>,
  profile?: ProfileConfig,
): Promise<Policy> => {
  const { auth, security, backends } = config
  // Conditions are loaded where there are any.
  const rules =
    auth.rules === undefined
      ? undefined
      : (await import('../../policy/rules.ts')).compileRules(auth.rules)
  const places = [...adminBackends(config), ...ownBackends(config), ...namedBackends(config)].map(
    ({ backend, names }) => ({
      backend,
      ...names,
    }),
  )
  const annotationRules = new Map(
    backends
      .filter((backend) => backend.hide_destructive || backend.read_only_only)
      .map((backend) => [
        backend.name,
        {
          hideDestructive: backend.hide_destructive,
          readOnlyOnly: backend.read_only_only,
          reportOnly: backend.annotations_report_only,
        },
      ]),
  )
  const filters = await filtersOf(backends)
  const common = {
    places,
    rules,
    filters,
    everyone: profileLists(profile),
    annotationRules,
    maxArgumentSize: security.max_argument_size,
    sizeReportOnly: security.max_argument_size_report_only,
  }
  if (auth.type === 'none') return compilePolicy(common)
  if (auth.type === 'bearer') {
    return compilePolicy({ ...common, tokens: tokenAccess(auth.scoped_tokens) })
  }
  const { roles, role_mapping, tool_scopes, roles_report_only }: AccessConfig = auth
  return compilePolicy({ ...common, roles, role_mapping, tool_scopes, roles_report_only })
}

/** Of what callers may see and use: equal keys, equal policies. */
export const policyKeyOf = (
  { auth, security, backends }: Config,
  profile?: ProfileConfig,
): string =>
  sectionKey([
    auth,
    profile,
    security.max_argument_size,
    security.max_argument_size_report_only,
    backends.map((backend) => [
      backend.name,
      backend.hide_destructive,
      backend.annotations_report_only,
      backend.read_only_only,
      shapingSchema.parse(backend),
    ]),
  ])
