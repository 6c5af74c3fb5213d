// Turns whatever a command threw into an exit code, words for a person and an object for --json.
import { createHash } from 'node:crypto'
import { hintOf } from '../../problems/problem.ts'
import { UsageError, type UsageProblem } from '../../problems/usage-error.ts'
import { exitCodeOfProblem, exitCodes } from './exit-codes.ts'
import { printable } from '../../base/escape.ts'
import { nearest } from '../../config/nearest.ts'
import { looksLikeToken } from './token-like.ts'
import type { Style } from '../terminal/style.ts'

export interface Failure {
  readonly exitCode: number
  readonly problems: readonly UsageProblem[]
}

export interface Surface {
  readonly command: string
  /** Every `--flag` of the command, with the dashes. */
  readonly flags: readonly string[]
}

// oclif's own errors, read by their fields: their messages hold the words of the command line.
interface ParseError {
  readonly flags?: readonly string[]
  readonly args?: readonly unknown[]
  readonly message: string
}

const isParseError = (error: unknown): error is ParseError =>
  error instanceof Error && 'oclif' in error

const seeHelp = (surface: Surface): string => `see mcp-proxy ${surface.command} --help`

const unknownFlag = (word: string, surface: Surface): UsageProblem => {
  const [name = ''] = word.split('=')
  if (looksLikeToken(name)) {
    return {
      code: 'usage-flag',
      message:
        'A word that begins with "-" is not a flag of this command (not shown: it could be a token)',
      hint: 'pass a token that begins with "-" by stdin, by @file, or after "--"',
    }
  }
  const meant = nearest(name, surface.flags)
  return {
    code: 'usage-flag',
    message: `There is no flag ${printable(name)}`,
    hint: meant === undefined ? seeHelp(surface) : `did you mean ${meant}?`,
  }
}

/** The value of a flag may be anything, a secret included: only the name of the flag is repeated. */
const parseProblem = (error: ParseError, surface: Surface): UsageProblem => {
  const named = /(?:^|\s)(--[a-z][a-z-]*)/.exec(error.message)?.[1]
  const options = /to be one of: ([\w, -]+)/.exec(error.message)?.[1]
  const flag = named !== undefined && surface.flags.includes(named) ? named : 'A flag'
  if (options !== undefined) {
    return {
      code: 'usage-flag',
      message: `${flag} has to be one of: ${options}`,
      hint: seeHelp(surface),
    }
  }
  if (/expects a value/.test(error.message)) {
    return { code: 'usage-flag', message: `${flag} wants a value`, hint: seeHelp(surface) }
  }
  if (/cannot also be provided/.test(error.message)) {
    const both = [...error.message.matchAll(/--[a-z][a-z-]*/g)]
      .map(([found]) => found)
      .filter((found) => surface.flags.includes(found) && found !== '--help')
    return {
      code: 'usage-flag',
      message: `${[...new Set(both)].join(' and ')} exclude each other`,
      hint: 'keep one of them',
    }
  }
  if (/integer/.test(error.message)) {
    return {
      code: 'usage-flag',
      message: `${flag} wants a whole number in its range`,
      hint: seeHelp(surface),
    }
  }
  return {
    code: 'usage-flag',
    message: 'The command line could not be understood',
    hint: seeHelp(surface),
  }
}

const parseFailure = (error: ParseError, surface: Surface): Failure => ({
  exitCode: exitCodes.usage,
  problems:
    error.flags !== undefined && error.flags.length > 0
      ? error.flags.map((word) => unknownFlag(word, surface))
      : error.args !== undefined && error.args.every((arg) => typeof arg === 'string')
        ? [
            {
              code: 'usage-flag',
              message: `${String(error.args.length)} argument${error.args.length === 1 ? '' : 's'} too many`,
              hint: seeHelp(surface),
            },
          ]
        : [parseProblem(error, surface)],
})

/** A number to quote in a report: the same fault in the same place gives the same number. */
const reportId = (error: unknown): string =>
  createHash('sha256')
    .update(error instanceof Error ? (error.stack ?? error.message) : String(error))
    .digest('hex')
    .slice(0, 8)

const interrupts = ['ExitPromptError', 'AbortPromptError', 'Interrupted']

const isInterrupt = (error: unknown): boolean =>
  error instanceof Error && interrupts.includes(error.name)

export const failureOf = (error: unknown, surface: Surface): Failure => {
  if (error instanceof UsageError) {
    const { problems } = error
    return { exitCode: exitCodeOfProblem(problems[0]?.code), problems }
  }
  if (isParseError(error)) return parseFailure(error, surface)
  if (isInterrupt(error)) return { exitCode: exitCodes.interrupted, problems: [] }
  const kind = error instanceof Error ? error.name : typeof error
  return {
    exitCode: exitCodes.internal,
    problems: [
      {
        code: 'internal-error',
        message: `Internal error (${printable(kind)}, report ${reportId(error)})`,
        hint: 'run again with MCP_PROXY_DEBUG=1 to see where, and please report it',
      },
    ],
  }
}

export const placeOf = ({ place }: UsageProblem): string =>
  place?.file === undefined
    ? ''
    : `${printable(place.file)}${place.line === undefined ? '' : `:${String(place.line)}${place.column === undefined ? '' : `:${String(place.column)}`}`}: `

export const failureText = (failure: Failure, style: Style): string =>
  failure.problems
    .map((problem) => {
      const message = problem.message.split('\n').map(printable).join('\n  ')
      const line = `${style.red('error')} ${placeOf(problem)}${message}`
      return `${line}\n  ${style.dim('hint')} ${printable(hintOf(problem))}`
    })
    .join('\n')

export const failureReport = (failure: Failure) => {
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
