// Turns whatever a command threw into an exit code, words for a person and an object for --json.
import { createHash } from 'node:crypto'
import { CLIError } from '@oclif/core/errors'
import type { FlagInput, ParserOutput } from '@oclif/core/interfaces'
import { conflictOf } from './check-flags.ts'
import { hintOf, problemOf, type Problem } from '../../problems/problem.ts'
import { UsageError, usageProblem, type UsageProblem } from '../../problems/usage-error.ts'
import { exitCodeOfProblem, exitCodes } from './exit-codes.ts'
import { printable } from '../../base/escape.ts'
import { nearest } from '../../config/nearest.ts'
import { looksLikeToken } from '../../base/token-like.ts'
import type { Style } from '../terminal/style.ts'

export interface CommandFailure {
  readonly exitCode: number
  readonly problems: readonly UsageProblem[]
}

export interface Surface {
  readonly command: string
  /** Every `--flag` of the command, with the dashes. */
  readonly flags: readonly string[]
}

/** oclif's own errors are read by their fields alone: their messages repeat the words of the command line. */
interface ParseError extends CLIError {
  /** Words that look like flags and are none. */
  readonly flags?: readonly string[]
  /** Words that are too many; the definitions of arguments that are missing. */
  readonly args?: readonly (string | { readonly name: string })[]
  /** What was parsed, where the flags do not go together. */
  readonly parse?: {
    readonly input?: { readonly flags: FlagInput }
    readonly output?: Pick<ParserOutput, 'flags' | 'metadata'>
  }
}

const isParseError = (error: unknown): error is ParseError => error instanceof CLIError

const unknownFlag = (word: string, { command, flags }: Surface): Problem => {
  const [name = ''] = word.split('=')
  if (looksLikeToken(name)) return problemOf('usage-flag', 'flag-like-token')
  const meant = nearest(name, flags)
  const flag = printable(name)
  return meant === undefined
    ? problemOf('usage-flag', 'unknown-flag', { flag, command })
    : problemOf('usage-flag', 'similar-flag', { flag, meant })
}

const conflict = ({ input, output }: NonNullable<ParseError['parse']>): Problem | undefined => {
  if (input === undefined || output === undefined) return undefined
  const isGiven = (name: string) => output.metadata.flags[name]?.setFromDefault !== true
  return conflictOf(new Set(Object.keys(output.flags).filter(isGiven)), input.flags)
}

const parseProblems = (
  { flags = [], args = [], parse = {} }: ParseError,
  surface: Surface,
): readonly Problem[] => {
  if (flags.length > 0) return flags.map((word) => unknownFlag(word, surface))
  const { command } = surface
  const missing = args.find((arg) => typeof arg !== 'string')
  if (missing !== undefined) {
    return [problemOf('usage-flag', 'missing-argument', { name: missing.name, command })]
  }
  const other =
    args.length > 0
      ? problemOf('usage-flag', 'extra-arguments', { n: args.length, command })
      : problemOf('usage-flag', 'not-understood', { command })
  return [conflict(parse) ?? other]
}

/** A number to quote in a report: the same fault in the same place gives the same number. */
const reportId = (error: unknown): string =>
  createHash('sha256')
    .update(error instanceof Error ? (error.stack ?? error.message) : String(error))
    .digest('hex')
    .slice(0, 8)

const interrupts = ['ExitPromptError', 'AbortPromptError', 'Interrupted']

const isInterrupt = (error: unknown): boolean =>
  error instanceof Error && interrupts.includes(error.name)

export const failureOf = (error: unknown, surface: Surface): CommandFailure => {
  if (error instanceof UsageError) {
    const { problems } = error
    return { exitCode: exitCodeOfProblem(problems[0]?.code), problems }
  }
  if (isParseError(error)) {
    const problems = parseProblems(error, surface).map((problem) => usageProblem(problem))
    return { exitCode: exitCodes.usage, problems }
  }
  if (isInterrupt(error)) return { exitCode: exitCodes.interrupted, problems: [] }
  const kind = printable(error instanceof Error ? error.name : typeof error)
  const broken = problemOf('internal-error', 'command', { kind, report: reportId(error) })
  return { exitCode: exitCodes.internal, problems: [usageProblem(broken)] }
}

export const placeOf = ({ place }: UsageProblem): string =>
  place?.file === undefined
    ? ''
    : `${printable(place.file)}${place.line === undefined ? '' : `:${String(place.line)}${place.column === undefined ? '' : `:${String(place.column)}`}`}: `

/** The line with the place below it, as compilers show it. */
const excerptText = ({ excerpt }: UsageProblem, style: Style): string => {
  if (excerpt === undefined) return ''
  const { line, text, column, length } = excerpt
  const number = String(line)
  const bar = (margin: string) => style.dim(`  ${margin} |`)
  const marks = style.red('^'.repeat(length))
  return `\n${bar(number)} ${printable(text)}\n${bar(' '.repeat(number.length))} ${' '.repeat(column - 1)}${marks}`
}

/** With the place, the line and the remedy. */
export const problemText = (problem: UsageProblem, style: Style): string => {
  const message = problem.message.split('\n').map(printable).join('\n  ')
  const line = `${style.red('error')} ${placeOf(problem)}${message}`
  return `${line}${excerptText(problem, style)}\n  ${style.dim('hint')} ${printable(hintOf(problem))}`
}

export const failureText = (failure: CommandFailure, style: Style): string =>
  failure.problems.map((problem) => problemText(problem, style)).join('\n')

export const failureReport = (failure: CommandFailure) => {
  const [first] = failure.problems
  return {
    error: {
      code: first?.code ?? 'internal-error',
      message: first?.message ?? 'interrupted',
      hint: first === undefined ? null : hintOf(first),
      problems: failure.problems.map((problem) => ({
        code: problem.code,
        message: problem.message,
        hint: hintOf(problem),
        place:
          problem.place === undefined
            ? null
            : { file: null, line: null, column: null, ...problem.place },
      })),
    },
  }
}
