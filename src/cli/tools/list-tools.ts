// The work of `tools`: what one server offers, or every backend of a configuration.
import { isJsonObject, type Json } from '../../base/json.ts'
import { jsonText } from '../../base/escape.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { findTargets } from '../backend/find-targets.ts'
import type { ServerFlagValues } from '../backend/server-flags.ts'
import { namesOf, unknownName } from '../backend/unknown-name.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { askServers, type Offer } from './ask-servers.ts'
import type { ToolReport, ToolsReport } from './tools-report.ts'
import { toolsLine, toolsText } from './tools-text.ts'

export interface ToolsFlags extends ServerFlagValues {
  readonly schema?: string | undefined
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
  if (argv.length > (command === undefined ? 1 : 0)) {
    throw usageError(problemOf('usage-flag', 'one-server'))
  }
  const targets = await findTargets(argv[0], command, flags, narrator)
  const offers = await askServers(targets, flags, narrator)
  const allFailed = offers.every(({ report }) => report.verdict !== 'ok')
  return flags.schema === undefined || allFailed
    ? toolsFinding(offers, narrator)
    : toolFinding(flags.schema, offers)
}
