// `validate --tools`: the verdict about a token, and below it what its caller sees and may call.
import type { Principal } from '../../base/principal.ts'
import { stepsOf } from '../../composites/composite-config.ts'
import type { ProfileConfig } from '../../config/profile-schema.ts'
import { profilePath } from '../../config/profiles.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { shownBackends } from '../../config/shown-backends.ts'
import {
  configuredPolicy,
  namedBackends,
  ownBackends,
  type NamedBackend,
} from '../../proxy/exposure/configured-policy.ts'
import { exposedTarget } from '../../proxy/own-tools/target-names.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { backendTargets } from '../backend/target.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { Expectations } from '../token/expectations.ts'
import { askServers } from '../tools/ask-servers.ts'
import {
  judgeTokens,
  oneFinding,
  type JudgedTokens,
  type ValidateFlags,
} from '../validate/validate-token.ts'
import type { AccessReport, ListAccess, ValidateToolsReport } from './access-report.ts'
import { accessLine, accessText } from './access-text.ts'
import { listedAccess, type ListedBackend } from './listed-access.ts'

const checkUse = ({ isSeveral, expected }: Omit<JudgedTokens, 'results' | 'exchanges'>): void => {
  if (isSeveral) throw usageError(problemOf('usage-flag', 'tools-of-many'))
  if (expected?.config === undefined)
    throw usageError(problemOf('usage-flag', 'tools-without-file'))
}

/** Its composite tools. */
const ownItems = ({ composite_tools: composites }: Config) =>
  composites.map(({ name }) => ({ name, inputSchema: { type: 'object' } }))

/** Those of which a tool is shown: the others are in no list. */
const withTools = (
  own: readonly ListAccess[],
  others: readonly (readonly ListAccess[])[],
  { composite_tools: composites }: Config,
  named: readonly NamedBackend[],
): readonly ListAccess[] => {
  const tools = others.flat().filter(({ kind }) => kind === 'tools')
  const shown = new Set(
    tools.flatMap(({ items }) =>
      items.filter(({ access }) => access !== 'denied').map(({ name }) => name),
    ),
  )
  const isShown = (name: string): boolean =>
    composites.some(
      (one) =>
        one.name === name && stepsOf(one).some(({ tool }) => shown.has(exposedTarget(tool, named))),
    )
  return own.map((list) => ({ ...list, items: list.items.filter(({ name }) => isShown(name)) }))
}

interface JudgedBy {
  readonly config: Config
  readonly profile: ProfileConfig | undefined
  readonly file: string
}

const accessOf = async (
  principal: Principal,
  { config, profile, file }: JudgedBy,
  flags: ValidateFlags,
  narrator: Narrator,
): Promise<AccessReport> => {
  const policy = await configuredPolicy(config, profile)
  const targets = backendTargets(shownBackends(config.backends), { config: file }).map(
    (target) => ({
      ...target,
      credential: undefined,
    }),
  )
  const offers = (await askServers(targets, flags, narrator)).map(({ report }) => report)
  const named = namedBackends(config)
  const own = ownBackends(config).map((one): ListedBackend => ({
    ...one,
    era: 'modern',
    lists: [{ kind: 'tools', items: ownItems(config), trouble: null }],
  }))
  const listed = named.map((one, index): ListedBackend => {
    const offer = offers[index]
    return { ...one, era: offer?.server?.era ?? 'modern', lists: offer?.lists ?? [] }
  })
  const subject = { principal, address: null }
  const lists = listedAccess(policy, subject, [...own, ...listed])
  return {
    config: file,
    endpoint: profile === undefined ? endpointPath : profilePath(profile),
    roles: policy.roles.length > 0 ? policy.rolesOf(subject) : null,
    max_argument_size: config.security.max_argument_size ?? null,
    backends: [
      ...own.map(({ backend }, index) => ({
        backend,
        verdict: 'ok' as const,
        lists: withTools(lists[index] ?? [], lists.slice(own.length), config, named),
        trouble: null,
      })),
      ...named.map(({ backend }, index) => ({
        backend,
        verdict: offers[index]?.verdict ?? 'unreached',
        lists: lists[own.length + index] ?? [],
        trouble: offers[index]?.trouble ?? null,
      })),
    ],
  }
}

/** The configuration by which the token was judged: flags count more than the file. */
const judgedBy = ({ auth, config, profile, file }: Expectations): JudgedBy | undefined =>
  config === undefined || file === undefined
    ? undefined
    : { config: { ...config, auth }, profile, file }

export const validateTools = async (
  argument: string | undefined,
  flags: ValidateFlags,
  narrator: Narrator,
): Promise<CommandResult<ValidateToolsReport>> => {
  const { results, expected } = await judgeTokens(argument, flags, narrator, checkUse)
  const [judged] = results
  const by = expected === undefined ? undefined : judgedBy(expected)
  if (judged === undefined || by === undefined) throw new Error('no token was judged')
  const { report: verdictReport, verdict } = judged
  const { text, line, exitCode } = oneFinding(verdictReport, flags, narrator.columns)
  const access =
    verdict?.outcome === 'accepted' ? await accessOf(verdict.principal, by, flags, narrator) : null
  const report: ValidateToolsReport = { ...verdictReport, access }
  const { columns } = narrator
  return {
    report,
    exitCode,
    text: (style) => `${text(style)}\n\n${accessText(access, { style, columns })}`,
    line: (style) => [line?.(style) ?? [], accessLine(access)].flat().join('\n'),
  }
}
