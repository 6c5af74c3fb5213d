// What runs when no command of ours does: help, and words that are no command.
import { Help } from '@oclif/core/help'
import { UsageError } from './problems/usage-error.ts'
import { exitCodes } from './cli/command/exit-codes.ts'
import { failureOf, failureReport, failureText } from './cli/command/failure.ts'
import { oclifConfig } from './cli/command/oclif-config.ts'
import { stdout, stderr } from './cli/terminal/output.ts'
import { finish, watchProcess } from './cli/command/run-command.ts'
import { styleFor } from './cli/terminal/style.ts'
import { looksLikeToken } from './cli/command/token-like.ts'
import { jsonText, printable } from './base/escape.ts'
import { nearest } from './config/nearest.ts'
import { commands } from './commands/completion.ts'

const ids = commands.map(({ id }) => id)

/** Says what is wrong with the first word without repeating what could be a token. */
const unknownCommand = (word: string): UsageError => {
  if (word.startsWith('-')) {
    return new UsageError({
      code: 'usage-command',
      message: 'The command comes first, its flags after it',
      hint: `the commands are ${ids.join(', ')}`,
    })
  }
  if (looksLikeToken(word)) {
    return new UsageError({
      code: 'usage-command',
      message: 'The first word is no command (not shown: it could be a token)',
      hint: 'to judge a token: mcp-proxy validate - < token-file',
    })
  }
  const meant = /^https?:/.test(word) ? 'discover' : nearest(word, ids)
  return new UsageError({
    code: 'usage-command',
    message: `There is no command ${printable(word)}`,
    hint:
      meant === undefined
        ? `the commands are ${ids.join(', ')}`
        : `did you mean mcp-proxy ${meant}?`,
  })
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

const lead = async (): Promise<void> => {
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

export const main = async (argv: readonly string[], version: () => string): Promise<void> => {
  watchProcess()
  const [first, second] = argv
  const subject = isHelp(first) ? second : first
  const helping = isHelp(first) || argv.includes('--help') || argv.includes('-h')
  try {
    if (argv.length === 0 && isAttended(process.env)) {
      await lead()
    } else if (helping && (isHelp(subject) || ids.includes(subject as string))) {
      stdout.stream()
      const help = new Help(oclifConfig(version, commands), { stripAnsi: !stdout.isTTY })
      await help.showHelp(isHelp(subject) ? [] : [subject as string])
    } else {
      throw unknownCommand(subject ?? '')
    }
  } catch (error) {
    complain(error, argv)
  }
  await finish()
}
