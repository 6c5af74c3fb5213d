// The section references: every name in the configuration against what really exists there.
import { problemOf } from '../../problems/problem.ts'
import { showPath } from '../../config/key-path.ts'
import { referencesOf, type Reference, type ReferenceKind } from '../../config/references.ts'
import { pass, skip, warn, type Check } from '../../core/verdict/check.ts'
import { keyFits } from '../../core/keys/key-set.ts'
import type { AuthServerMetadata } from '../../core/metadata/metadata.ts'
import { backendNames, withAliases } from '../../proxy/names/names.ts'
import { ownName } from '../../proxy/names/own-names.ts'
import { globMatches } from '../../policy/glob.ts'
import { compileShape } from '../../shaping/shape.ts'
import type { ExaminedBackend } from './backend-examination.ts'
import type { ExaminedIssuer } from './issuer-examination.ts'
import { plural, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

interface Live {
  readonly issuers: readonly ExaminedIssuer[]
  readonly backends: readonly ExaminedBackend[]
  readonly separator: string
  /** The names of the proxy's own tools. */
  readonly own: readonly string[]
}

/** Whether it exists, and the words for where it was looked for; undefined: that cannot be told. */
type Finding = { readonly exists: boolean; readonly where: string } | undefined

const among = (name: string, list: readonly string[], where: string): Finding =>
  list.length === 0 ? undefined : { exists: list.includes(name), where }

const binding = (name: string, metadata: AuthServerMetadata): Finding =>
  name === 'dpop'
    ? {
        exists: metadata.raw['dpop_signing_alg_values_supported'] !== undefined,
        where: 'the issuer does not advertise DPoP (dpop_signing_alg_values_supported)',
      }
    : {
        exists: metadata.raw['tls_client_certificate_bound_access_tokens'] === true,
        where:
          'the issuer does not advertise bound tokens (tls_client_certificate_bound_access_tokens)',
      }

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const algorithm = (name: string, { keys }: ExaminedIssuer): Finding => {
  const usable = keys?.examination?.keys.filter(({ key }) => key !== undefined) ?? []
  return usable.length === 0
    ? undefined
    : {
        exists: usable.some((key) => keyFits(key, name)),
        where: 'the issuer publishes no key for it',
      }
}

const namesOf = ({ config }: Pick<ExaminedBackend, 'config'>, separator: string) =>
  withAliases(backendNames(config.name, separator, config.prefix), compileShape(config)?.aliases)

const exposed = (kind: 'tools' | 'prompts', live: Live): readonly string[] => [
  ...(kind === 'tools' ? live.own : []),
  ...live.backends.flatMap((one) => {
    if (one.state !== 'up') return []
    const names = namesOf(one, live.separator)
    const items = one.lists.find((list) => list.kind === kind)?.items ?? []
    return items.flatMap((item) => {
      const name = (item as { readonly name?: unknown } | null)?.name
      if (typeof name !== 'string') return []
      const shown = kind === 'tools' ? names.exposeTool(name) : names.exposeName(name)
      return shown === undefined ? [] : [shown, `${one.config.name}/${name}`]
    })
  }),
]

/** All that a backend has, were it nothing. */
const isWhole = (pattern: string, { backends, separator }: Live): boolean =>
  /^[*?/]+$/.test(pattern) ||
  backends.some((one) => {
    const { prefix } = namesOf(one, separator)
    return [`${one.config.name}/*`, `${prefix}*`, `${prefix}/*`].includes(pattern)
  })

/** Where a backend is away nobody can say what it would have. */
const ofBackends = (pattern: string, kind: 'tools' | 'prompts', live: Live): Finding =>
  live.backends.every(({ state }) => state === 'up')
    ? {
        exists:
          isWhole(pattern, live) || exposed(kind, live).some((name) => globMatches(pattern, name)),
        where: `no backend has such a ${kind === 'tools' ? 'tool' : 'prompt'}`,
      }
    : undefined

const seek = ({ kind, name, issuer }: Reference, live: Live): Finding => {
  if (kind === 'tool') return ofBackends(name, 'tools', live)
  if (kind === 'prompt') return ofBackends(name, 'prompts', live)
  const examined = live.issuers.find(({ settings }) => settings.issuer === issuer)
  const metadata = examined?.server.metadata
  if (examined === undefined) return undefined
  if (kind === 'algorithm') return algorithm(name, examined)
  if (metadata === undefined) return undefined
  if (kind === 'binding') return binding(name, metadata)
  const advertised = {
    scope: 'scopes_supported',
    'client-auth': 'introspection_endpoint_auth_methods_supported',
  } as const
  const member = advertised[kind]
  return among(name, strings(metadata.raw[member]), `the issuer does not list it in ${member}`)
}

const words: Readonly<Record<ReferenceKind, string>> = {
  scope: 'the scope',
  algorithm: 'the algorithm',
  'client-auth': 'the method',
  binding: 'the constraint',
  tool: 'the tool',
  prompt: 'the prompt',
}

export const judgeReferences = (references: readonly Reference[], live: Live): readonly Check[] => {
  const id = 'config-unmatched'
  const sought = references.map((reference) => ({ reference, found: seek(reference, live) }))
  const missing = sought.flatMap(({ reference: { path, kind, name }, found }) =>
    found === undefined || found.exists
      ? []
      : [
          warn(
            problemOf(id, {
              key: showPath(path),
              what: `${words[kind]} ${name}`,
              where: found.where,
            }),
          ),
        ],
  )
  if (missing.length > 0) return missing
  return [
    sought.some(({ found }) => found !== undefined)
      ? pass(id)
      : skip(id, 'nothing is named that could be looked for'),
  ]
}

export const references = async (world: DoctorContext): Promise<ReportSection> => {
  const { config } = world.loaded
  const all = referencesOf(config)
  const [issuers, backends] = await Promise.all([world.issuers(), world.backends()])
  const { separator } = config.proxy
  const own = config.composite_tools.flatMap(({ name }) => [name, `${ownName}/${name}`])
  const checks = judgeReferences(all, { issuers, backends, separator, own })
  const missing = checks.filter(({ status }) => status === 'warn').length
  const summary =
    all.length === 0
      ? 'the configuration names nothing of others'
      : missing === 0
        ? `${plural(all.length, 'name')} looked for`
        : `${missing} of ${plural(all.length, 'name')} not found`
  return { section: 'references', summary, checks }
}
