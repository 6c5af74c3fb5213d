// Prompts for an operator, each made from the configuration that is served and the state of the proxy at that moment.
import type { JsonObject } from '../../base/json.ts'
import { effectiveValues, shownSetting, type ShownSetting } from '../../config/effective.ts'
import { backendsOf, circuitsOf, proxyOf } from '../../proxy/generation/status.ts'
import { hintOf } from '../../problems/problem.ts'
import { shownReport } from './configuration.ts'
import type { AdminContext } from './context.ts'

export interface AdminPrompt {
  readonly item: JsonObject
  /** What the model is asked, and what it needs to know for it. */
  text(args: JsonObject, context: AdminContext): Promise<string>
}

const mostDecisions = 200

/** Without secrets; undefined for a proxy that was started without a file. */
const settingsOf = async (
  { control }: AdminContext,
  isWanted: (setting: ShownSetting) => boolean,
): Promise<readonly ShownSetting[] | undefined> =>
  control === undefined
    ? undefined
    : (await effectiveValues(control.served)).map(shownSetting).filter(isWanted)

const inSections =
  (...sections: readonly string[]) =>
  ({ key }: ShownSetting): boolean =>
    sections.some((section) => key === section || key.startsWith(`${section}.`))

/** How backends are kept from failing, and from being asked too much. */
const resilienceKey =
  /^backends\[\d+\]\.(?:name|timeout|retry|circuit_breaker|concurrency|rate_limit|hedging|outlier_detection|cache|failover_for)\b/

const stateOf = ({ generation, now, sessions }: AdminContext) => ({
  proxy: { ...proxyOf(generation), active_sessions: sessions.count },
  backends: backendsOf(generation, now),
  circuits: circuitsOf(generation, now),
})

/** Refusals and failures among the latest decisions, by their code. */
const troubles = ({ decisions }: AdminContext) => {
  const byCode = new Map<string, { count: number; hint: string; latest: string; detail: string }>()
  for (const { problem, id, outcome } of decisions.newest().slice(0, mostDecisions)) {
    if (problem === undefined || outcome === 'accepted') continue
    const known = byCode.get(problem.code)
    if (known !== undefined) known.count += 1
    else {
      const { detail } = problem
      byCode.set(problem.code, { count: 1, hint: hintOf(problem), latest: id, detail })
    }
  }
  return Object.fromEntries(byCode)
}

const reloadsOf = ({ control }: AdminContext) =>
  (control?.history ?? [])
    .slice(0, 10)
    .map(({ time, ...rest }) => ({ time: new Date(time).toISOString(), ...rest }))

const problemsIn = (context: AdminContext) =>
  backendsOf(context.generation, context.now).filter(({ state }) => state !== 'up')

const facts = (task: string, known: object): string =>
  `${task}\n\n\`\`\`json\n${JSON.stringify(known, undefined, 2)}\n\`\`\``

const prompt = (
  name: string,
  description: string,
  text: AdminPrompt['text'],
  parameters: readonly JsonObject[] = [],
): AdminPrompt => ({
  item: { name, description, ...(parameters.length === 0 ? {} : { arguments: parameters }) },
  text,
})

const fileOf = ({ control }: AdminContext): string => control?.served.file ?? 'the command line'

export const adminPrompts: readonly AdminPrompt[] = [
  prompt('setup', 'Connect another MCP server to this proxy', async (_, context) =>
    facts(
      `Help me to connect another MCP server to this proxy, whose configuration is ${fileOf(context)}. Ask which server, write its [[backends]] section, and give the command that checks the result: mcp-proxy serve --check --config ${fileOf(context)}.`,
      { ...stateOf(context), settings: await settingsOf(context, inSections('proxy')) },
    ),
  ),
  prompt('configure_auth', 'Change who may call, and what', async (_, context) =>
    facts(
      'Explain who may call this proxy now, and help me to change it. A reload that accepts more callers than before is refused unless security.allow_weaker_reload is set.',
      {
        settings: await settingsOf(context, inSections('auth', 'security', 'verify')),
        refusals: troubles(context),
      },
    ),
  ),
  prompt('configure_resilience', 'Change time-outs, retries, limits', async (_, context) =>
    facts(
      'Explain what this proxy does when a backend is slow, fails or is asked too much, and help me to change it. Only tools that are safe to repeat are called again.',
      {
        ...stateOf(context),
        settings: await settingsOf(
          context,
          (setting) => resilienceKey.test(setting.key) || inSections('limits')(setting),
        ),
      },
    ),
  ),
  prompt('check_config', 'What is wrong with the configuration', async (_, context) => {
    const { control } = context
    const { text = '', format = 'toml' } = control?.served.written ?? {}
    const report = await control?.check({ text, format })
    return facts(
      `Go through what the proxy finds in ${fileOf(context)}, the most serious first, and say how to correct each. Without problems and warnings, say so.`,
      { ...(report === undefined ? {} : shownReport(report)), reloads: reloadsOf(context) },
    )
  }),
  prompt('diagnose', 'Why calls fail, or backends are down', (_, context) =>
    Promise.resolve(
      facts(
        'Find out what is wrong with this proxy now. Begin with backends that are not up, then refusals by their code. mcp-proxy why ID explains a single one, mcp-proxy explain CODE a code.',
        {
          not_up: problemsIn(context),
          circuits: circuitsOf(context.generation, context.now),
          refusals: troubles(context),
          ready: context.generation.ready(),
          reloads: reloadsOf(context),
        },
      ),
    ),
  ),
  prompt('status', 'How the proxy is', (_, context) =>
    Promise.resolve(
      facts('Summarise how this proxy and its backends are, in a few lines.', stateOf(context)),
    ),
  ),
  prompt(
    'explain_config',
    'What the configuration in use means',
    async ({ key }, context) => {
      const wanted = typeof key === 'string' ? key : undefined
      const settings = await settingsOf(context, (setting) =>
        wanted === undefined ? setting.origin !== 'default' : inSections(wanted)(setting),
      )
      return facts(
        `Explain what these settings of ${fileOf(context)} do, and where each comes from. docs/config.md describes every key.`,
        { settings },
      )
    },
    [{ name: 'key', description: 'A section or key, such as auth; default: all that is written' }],
  ),
]
