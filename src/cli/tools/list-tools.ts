// The work of `tools`: what one server offers, or every backend of a configuration.
import { isJsonObject, type Json } from '../../base/json.ts'
import { jsonText } from '../../base/escape.ts'
import type { Ports } from '../../base/ports.ts'
import { unavailable } from '../../backends/failure.ts'
import { nobody } from '../../mcp/questions.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { findTargets, type FoundTarget } from '../backend/find-targets.ts'
import type { ListedKind } from '../backend/offers.ts'
import { withServer } from '../backend/open-server.ts'
import type { ServerFlagValues } from '../backend/server-flags.ts'
import { namesOf, unknownName } from '../backend/unknown-name.ts'
import { serverReport, troubleReport } from '../backend/server-report.ts'
import { parametersOf } from '../call/schema-types.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { interruptible } from '../command/interruptible.ts'
import type { CommandResult } from '../command/report-command.ts'
import { networkPorts } from '../flags/network-flags.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { ListReport, OfferReport, ToolReport, ToolsReport } from './tools-report.ts'
import { toolsLine, toolsText } from './tools-text.ts'

export interface ToolsFlags extends ServerFlagValues {
  readonly schema?: string | undefined
}

const order = ['tools', 'resources', 'resourceTemplates', 'prompts'] as const

const listReports = (lists: readonly ListedKind[]): readonly ListReport[] =>
  order.flatMap((kind) => {
    const found = lists.find((list) => list.kind === kind)
    return found === undefined ? [] : [{ kind, items: found.items, trouble: found.trouble ?? null }]
  })

/** A call that could be typed: of the tool with the fewest arguments that are needed. */
const exampleCall = (lists: readonly ListReport[], { words, from }: FoundTarget): string[] => {
  const tools = lists.find(({ kind }) => kind === 'tools')?.items.filter(isJsonObject) ?? []
  const [first] = tools
    .flatMap(({ name, inputSchema }) =>
      typeof name === 'string' ? [{ name, required: parametersOf(inputSchema).required }] : [],
    )
    .toSorted((a, b) => a.required.length - b.required.length)
  if (first === undefined) return []
  const call = [
    shellWord(first.name),
    ...first.required.map((name) => `${shellWord(name)}=...`),
  ].join(' ')
  return [
    from === 'command'
      ? `mcp-proxy call ${call} ${words.join(' ')}`
      : `mcp-proxy call ${[words[0] ?? '', call, ...words.slice(1)].join(' ')}`,
  ]
}

interface Asking {
  readonly flags: ToolsFlags
  readonly narrator: Narrator
  readonly ports: Ports
}

const askOne = async (target: FoundTarget, signal: AbortSignal, { ports }: Asking) => {
  const { clock } = ports
  return withServer(
    target.config,
    { ports, signal, capabilities: {}, peer: nobody, onNotification: () => undefined },
    async (server) => {
      const startedAt = clock.now()
      const lists = await server.lists()
      return {
        agreement: server.agreement,
        connect: server.connectMs,
        lists: listReports(lists),
        took: clock.now() - startedAt,
      }
    },
  )
}

interface Offer {
  readonly report: OfferReport
  readonly exitCode: number
}

const offerOf = async (
  target: FoundTarget,
  asked: Awaited<ReturnType<typeof askOne>>,
  late: boolean,
  { flags, narrator, ports }: Asking,
): Promise<Offer> => {
  const base = { target: target.shown }
  if (asked.kind === 'done') {
    const { agreement, connect, lists, took } = asked.result
    return {
      report: {
        ...base,
        verdict: 'ok',
        server: serverReport(agreement, target.config),
        lists,
        trouble: null,
        time: { connect, lists: took },
        next: exampleCall(lists, target),
      },
      exitCode: exitCodes.accepted,
    }
  }
  const why = `no answer in ${String(flags.timeout)} s (--timeout)`
  const problem = late ? unavailable(target.config.name, why, 'silent') : asked.problem
  const { explainTrouble } = await import('../backend/explain-trouble.ts')
  const trouble = await explainTrouble(problem, target, {
    ports,
    network: flags,
    timeout: flags.timeout,
    narrator,
    isDefinite: late,
  })
  return {
    report: {
      ...base,
      verdict: 'unreached',
      server: null,
      lists: [],
      trouble: troubleReport(trouble, asked.said),
      time: { connect: asked.ms, lists: null },
      next: trouble.next,
    },
    exitCode: trouble.exitCode,
  }
}

/** `--schema`: one tool, whichever server has it. */
const toolFinding = (name: string, offers: readonly Offer[]): CommandResult<ToolReport> => {
  const tools = offers.flatMap(({ report: { target, lists } }) =>
    lists
      .filter(({ kind }) => kind === 'tools')
      .flatMap(({ items }) => items.filter(isJsonObject).map((tool) => ({ target, tool }))),
  )
  const found = tools.find(({ tool }) => tool['name'] === name)
  if (found === undefined) {
    const names = namesOf(
      tools.map(({ tool }) => tool),
      'name',
    )
    throw unknownName('tool', name, names)
  }
  const tool: Json = found.tool
  return {
    report: { schema_version: 1, command: 'tools', verdict: 'ok', target: found.target, tool },
    exitCode: exitCodes.accepted,
    text: () => jsonText(tool, 2),
  }
}

const toolsFinding = (
  offers: readonly Offer[],
  { columns }: Narrator,
): CommandResult<ToolsReport> => {
  const servers = offers.map(({ report }) => report)
  const failed = offers.filter(({ report }) => report.verdict !== 'ok')
  const report: ToolsReport = {
    schema_version: 1,
    command: 'tools',
    verdict: failed.length === 0 ? 'ok' : 'unreached',
    servers,
  }
  const codes = failed.map(({ exitCode }) => exitCode)
  const definite = codes.find((code) => code !== exitCodes.undecided)
  return {
    report,
    exitCode: definite ?? codes[0] ?? exitCodes.accepted,
    text: (style) => toolsText(report, { style, columns }),
    line: (style) => toolsLine(report, style),
  }
}

export const listTools = async (
  argv: readonly string[],
  command: readonly string[] | undefined,
  flags: ToolsFlags,
  narrator: Narrator,
): Promise<CommandResult<ToolsReport> | CommandResult<ToolReport>> => {
  const { quiet, note } = narrator
  if (argv.length > (command === undefined ? 1 : 0)) {
    throw usageError(problemOf('usage-flag', 'one-server'))
  }
  const targets = await findTargets(argv[0], command, flags, narrator)
  const asking = { flags, narrator, ports: await networkPorts(flags, narrator) }
  const { result, late } = await withProgress(
    { text: `asking ${targets.map(({ shown }) => shown).join(', ')}`, quiet },
    () =>
      interruptible(flags.timeout, note, (signal) =>
        Promise.all(targets.map((target) => askOne(target, signal, asking))),
      ),
  )
  const offers: Offer[] = []
  for (const [at, target] of targets.entries()) {
    const asked = result[at]
    if (asked !== undefined) offers.push(await offerOf(target, asked, late, asking))
  }
  const allFailed = offers.every(({ report }) => report.verdict !== 'ok')
  return flags.schema === undefined || allFailed
    ? toolsFinding(offers, narrator)
    : toolFinding(flags.schema, offers)
}
