// The work of `who-can`: who may call a tool, by the policy of a configuration alone. No server is asked.
import type { Config } from '../../config/schema.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Policy, Target } from '../../policy/policy.ts'
import { isKeyFile, keyState, readKeyFile } from '../../core/api-keys/key-file.ts'
import { keyPrincipal } from '../../core/api-keys/key-validator.ts'
import { keysFileOf } from '../../core/auth-config/auth-kinds.ts'
import type { Ports } from '../../base/ports.ts'
import { problemFromUsage, usageError } from '../../problems/usage-error.ts'
import {
  configuredPolicy,
  namedBackends,
  ownBackends,
} from '../../proxy/exposure/configured-policy.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { placeOf } from '../command/failure.ts'
import type { CommandResult } from '../command/report-command.ts'
import { proxiedPorts } from '../flags/network-flags.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { decided } from './decided.ts'
import { namedTools, type NamedTool } from './named-tool.ts'
import { askedOf } from './asked.ts'
import type { CallerAccess, ToolAccess, WhoCanReport } from './who-can-report.ts'
import { whoCanLine, whoCanText } from './who-can-text.ts'

export interface WhoCanFlags {
  readonly config: string
  readonly endpoint?: string | undefined
}

type Decide = (target: Target) => Decision

/** A kind of caller that the configuration knows of. */
interface Party extends Pick<CallerAccess, 'who' | 'name' | 'value' | 'fingerprint' | 'roles'> {
  readonly decide: Decide
}

const nameless = { name: null, value: null, fingerprint: null, roles: [] } as const

/** Tokens of the configuration are accepted as serve accepts them: no server has to be asked. */
const tokenParties = async (
  auth: Extract<Config['auth'], { readonly type: 'bearer' }>,
  policy: Policy,
  narrator: Narrator,
): Promise<readonly Party[]> => {
  const gate = await createValidator(auth, proxiedPorts(narrator))
  try {
    const tokens = [
      ...auth.tokens.map((token, index) => ({ token, name: `auth.tokens[${String(index)}]` })),
      ...(auth.scoped_tokens ?? []).map(({ token, name }, index) => ({
        token,
        name: name ?? `auth.scoped_tokens[${String(index)}]`,
      })),
    ]
    const parties: Party[] = []
    for (const { token, name } of tokens) {
      const verdict = await gate.validate(token.reveal(), new AbortController().signal)
      if (verdict.outcome !== 'accepted') continue
      const { principal } = verdict
      parties.push({
        ...nameless,
        who: 'token',
        name,
        fingerprint: principal.fingerprint ?? null,
        decide: (target) => policy.decide({ principal, address: null }, target),
      })
    }
    return parties
  } finally {
    gate.close()
  }
}

/** Values of the claim, each alone: where several are there, a role that denies wins, and more roles allow no less. */
const claimParties = (
  {
    claim,
    mapping,
  }: { readonly claim: string; readonly mapping: Readonly<Record<string, readonly string[]>> },
  policy: Policy,
): readonly Party[] => [
  ...Object.entries(mapping).map(([value, roles]): Party => ({
    who: 'claim',
    name: claim,
    value,
    fingerprint: null,
    roles,
    decide: (target) => policy.forecast(roles, target),
  })),
  {
    ...nameless,
    who: 'no-role',
    name: claim,
    decide: (target) => policy.forecast([], target),
  },
]

/** The keys that are accepted now. Throws where the file cannot be used. */
const keyParties = (
  file: string | undefined,
  policy: Policy,
  { clock }: Pick<Ports, 'clock'>,
): readonly Party[] => {
  if (file === undefined) return []
  const read = readKeyFile(file)
  if (!isKeyFile(read)) throw usageError(read)
  return read.keys
    .filter((key) => keyState(key, clock.now()) === 'active')
    .map((key): Party => {
      const principal = keyPrincipal(key)
      return {
        who: 'key',
        name: key.name,
        value: null,
        fingerprint: principal.fingerprint ?? null,
        roles: key.roles,
        decide: (target) => policy.decide({ principal, address: null }, target),
      }
    })
}

const partiesOf = async (
  { auth }: Config,
  policy: Policy,
  narrator: Narrator,
): Promise<readonly Party[]> => {
  const keys = keyParties(keysFileOf(auth), policy, proxiedPorts(narrator))
  const decide: Decide = (target) => policy.forecast([], target)
  switch (auth.type) {
    case 'none':
      return [{ ...nameless, who: 'everybody', decide }]
    case 'bearer':
      return [...(await tokenParties(auth, policy, narrator)), ...keys]
    case 'keys':
      return keys
    case 'jwt':
    case 'oauth':
      return auth.role_mapping === undefined
        ? [{ ...nameless, who: 'accepted', decide }, ...keys]
        : [...claimParties(auth.role_mapping, policy), ...keys]
  }
}

const toolAccess = (
  { backend, tool, exposed }: NamedTool,
  config: Config,
  policy: Policy,
  parties: readonly Party[],
): ToolAccess => {
  const target: Target = { kind: 'tool', backend, name: tool }
  const demanded = policy.survey(target).scopes.filter(({ reportOnly }) => !reportOnly)
  const needed = new Set(demanded.flatMap(({ scopes }) => scopes))
  const callers = parties.map(({ decide, ...who }): CallerAccess => {
    const found = decided(decide(target))
    return { ...who, ...found, scopes: found.access === 'denied' ? [] : [...needed] }
  })
  const some = callers.some(({ access }) => access !== 'denied')
  return {
    backend,
    tool,
    exposed,
    verdict: some ? 'callable' : 'denied',
    callers,
    asked: askedOf(config, policy, target),
  }
}

export const whoCan = async (
  given: string,
  own: string | undefined,
  { config: file, endpoint: name }: WhoCanFlags,
  narrator: Narrator,
): Promise<CommandResult<WhoCanReport>> => {
  const { loadConfig } = await import('../../config/load.ts')
  const { endpointNamed } = await import('../../config/profiles.ts')
  const { config: whole, warnings } = await loadConfig(file, narrator.env)
  for (const warning of warnings) narrator.warn(problemFromUsage(warning, placeOf(warning)))
  const { config, profile, path } = endpointNamed(whole, name)
  const { separator } = config.proxy
  const backends = [...namedBackends(config), ...ownBackends(config)]
  const found = namedTools(given, own, { backends, separator, file })
  const policy = await configuredPolicy(config, profile)
  const parties = await partiesOf(config, policy, narrator)
  const tools = found.map((one) => toolAccess(one, config, policy, parties))
  const some = tools.some(({ verdict }) => verdict === 'callable')
  const report: WhoCanReport = {
    schema_version: 1,
    command: 'who-can',
    verdict: some ? 'callable' : 'denied',
    name: own === undefined ? given : `${given}/${own}`,
    config: file,
    endpoint: path,
    auth: config.auth.type,
    tools,
  }
  const { columns } = narrator
  return {
    report,
    exitCode: some ? exitCodes.accepted : exitCodes.rejected,
    text: (style) => whoCanText(report, { style, columns }),
    line: (style) => whoCanLine(report, style),
  }
}
