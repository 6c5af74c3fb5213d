// The work of `config`: shows a configuration as it is used, lays out its file, prints the schema of all of them.
import { printable } from '../../base/escape.ts'
import { configSchemaDocument } from '../../config/json-schema.ts'
import { formatOf } from '../../config/document.ts'
import { loadConfig, readConfigFile, wellFormed } from '../../config/load.ts'
import { replaceConfigFile } from '../../config/replace-config.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { chosenAction } from '../command/action-word.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { configActions } from './config-actions.ts'
import type {
  ConfigFormatReport,
  ConfigReport,
  ConfigSchemaReport,
  ConfigShowReport,
} from './config-report.ts'

export interface ConfigFlags {
  readonly config: string
  readonly check?: boolean | undefined
  readonly written?: boolean | undefined
}

const show = async (
  { config: file, written }: ConfigFlags,
  { env, warn }: Narrator,
): Promise<CommandResult<ConfigShowReport>> => {
  const { problemFromUsage } = await import('../../problems/usage-error.ts')
  const { effectiveValues, shownSetting } = await import('../../config/effective.ts')
  const { effectiveText } = await import('./config-text.ts')
  const loaded = await loadConfig(file, env)
  for (const warning of loaded.warnings) warn(problemFromUsage(warning, ''))
  const all = await effectiveValues(loaded)
  const values = written === true ? all.filter(({ origin }) => origin.from !== 'default') : all
  const report: ConfigShowReport = {
    schema_version: 1,
    command: 'config',
    verdict: 'show',
    file,
    settings: values.map(shownSetting),
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => effectiveText(values, style),
  }
}

const format = async ({
  config: file,
  check = false,
}: ConfigFlags): Promise<CommandResult<ConfigFormatReport>> => {
  if (formatOf(file) !== 'toml') throw usageError(problemOf('usage-flag', 'format-toml'))
  const { formatToml } = await import('../../config/format-toml.ts')
  const { text } = await readConfigFile(file)
  await wellFormed(text, { file, format: 'toml' })
  const after = formatToml(text)
  if (after === undefined) throw usageError(problemOf('usage-flag', 'format-changes', { file }))
  const isSame = after === text
  if (!isSame && !check) replaceConfigFile(file, after)
  const verdict = isSame ? 'unchanged' : check ? 'unformatted' : 'formatted'
  const words = {
    unchanged: `${file} is formatted`,
    formatted: `formatted ${file}`,
    unformatted: `${file} is not formatted; run mcp-proxy config fmt --config ${file}`,
  }
  return {
    report: { schema_version: 1, command: 'config', verdict, file },
    exitCode: verdict === 'unformatted' ? exitCodes.rejected : exitCodes.accepted,
    text: () => printable(words[verdict]),
  }
}

/** The file that a link leads to, with its mode and owner. */
const schema = (): CommandResult<ConfigSchemaReport> => {
  const found = configSchemaDocument()
  return {
    report: { schema_version: 1, command: 'config', verdict: 'schema', schema: found },
    exitCode: exitCodes.accepted,
    text: () => JSON.stringify(found, undefined, 2),
  }
}

export const workOnConfig = async (
  word: string | undefined,
  flags: ConfigFlags,
  narrator: Narrator,
): Promise<CommandResult<ConfigReport>> => {
  const action = chosenAction('config', word, configActions)
  if (flags.check === true && action !== 'fmt') {
    throw usageError(problemOf('usage-flag', 'config-flag', { flag: 'check', action: 'fmt' }))
  }
  if (flags.written === true && action !== 'show') {
    throw usageError(problemOf('usage-flag', 'config-flag', { flag: 'written', action: 'show' }))
  }
  if (action === 'schema') return schema()
  return action === 'show' ? show(flags, narrator) : format(flags)
}
