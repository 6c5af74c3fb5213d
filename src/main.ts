// What runs when no command does: help, the guided mode, and words that are no command.
import { Config } from '@oclif/core/config'
import { problemOf } from './problems/problem.ts'
import { usageError, type UsageError } from './problems/usage-error.ts'
import { exitCodes } from './cli/command/exit-codes.ts'
import { failureOf, failureReport, failureText } from './cli/command/failure.ts'
import { loadOptionsOf, type Program } from './cli/command/program.ts'
import { stdout, stderr } from './cli/terminal/output.ts'
import { finish, watchProcess } from './cli/command/run-command.ts'
import { styleFor } from './cli/terminal/style.ts'
import { looksLikeToken } from './base/token-like.ts'
import { jsonText, printable } from './base/escape.ts'
import { nearest } from './config/nearest.ts'

/** Says what is wrong with the first word without repeating what could be a token. */
const unknownCommand = (word: string, ids: readonly string[]): UsageError => {
  const commands = ids.join(', ')
  if (word.startsWith('-')) {
    return usageError(problemOf('usage-command', 'flag-first', { commands }))
  }
  if (looksLikeToken(word)) {
    return usageError(problemOf('usage-command', 'like-token'))
  }
  const meant = /^https?:/.test(word) ? 'discover' : nearest(word, ids)
  const shown = printable(word)
  return usageError(
    meant === undefined
      ? problemOf('usage-command', 'unknown', { word: shown, commands })
      : problemOf('usage-command', 'similar', { word: shown, meant }),
  )
}

const complain = (error: unknown, argv: readonly string[]): void => {
  const failure = failureOf(error, { command: '', flags: [] })
  process.exitCode = failure.exitCode
  if (failure.exitCode === exitCodes.interrupted) return
  if (argv.includes('--json')) {
    stdout.write(`${jsonText(failureReport(failure), 2)}\n`)
    return
  }
  const style = styleFor(stderr, process.env, !argv.includes('--no-color'))
  stderr.write(`${failureText(failure, style)}\n`)
}

const isHelp = (word: string | undefined): boolean =>
  word === undefined || word === 'help' || word === '--help' || word === '-h'

/** Somebody is there, in front of a terminal that can show questions. */
const isAttended = ({ CI = '', TERM }: NodeJS.ProcessEnv): boolean =>
  CI === '' && TERM !== 'dumb' && process.stdin.isTTY && stdout.isTTY && stderr.isTTY

const lead = async (ids: readonly string[]): Promise<void> => {
  const { createAsker } = await import('./cli/terminal/ask.ts')
  const { runStep } = await import('./cli/guide/child.ts')
  const { runGuide } = await import('./cli/guide/guide.ts')
  const style = styleFor(stderr, process.env)
  process.exitCode = await runGuide({
    asker: await createAsker(),
    has: (command) => ids.includes(command),
    run: (step) => runStep(process.argv[1] ?? '', step),
    say: (text) => stderr.write(`${style.dim(text)}\n`),
  })
}

const showHelp = async (config: Config, subject: string | undefined): Promise<void> => {
  const { HelpPages } = await import('./cli/command/help.ts')
  await new HelpPages(config).showHelp(subject === undefined ? [] : [subject])
}

const start = async (argv: readonly string[], config: Config): Promise<void> => {
  const ids = config.commandIDs
  const [first, second] = argv
  const subject = isHelp(first) ? second : first
  const helping = isHelp(first) || argv.includes('--help') || argv.includes('-h')
  if (argv.length === 0 && isAttended(process.env)) return lead(ids)
  if (helping && isHelp(subject)) return showHelp(config, undefined)
  if (helping && ids.includes(subject ?? '')) return showHelp(config, subject)
  throw unknownCommand(subject ?? '', ids)
}

/** @public Called by bin/run.cjs for all that is no command of its own: help, the guided mode, mistakes. */
export const main = async (argv: readonly string[], program: Program): Promise<void> => {
  watchProcess()
  try {
    await start(argv, await Config.load(loadOptionsOf(program)))
  } catch (error) {
    complain(error, argv)
  }
  await finish()
}
