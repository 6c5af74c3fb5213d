// What the exit code of a command says.
import type { ProblemCode } from '../../problems/problem.ts'

export const exitCodes = {
  accepted: 0,
  rejected: 1,
  usage: 2,
  undecided: 3,
  login: 4,
  internal: 70,
  interrupted: 130,
} as const

/** What SIGINT does where nothing has to be ended first. */
export const endAtOnce = (): never => process.exit(exitCodes.interrupted)

export const exitCodeOf = (outcome: 'accepted' | 'rejected' | 'undecided'): number =>
  exitCodes[outcome]

const codesOfProblems: { readonly [code in ProblemCode]?: number } = {
  'login-needed': exitCodes.login,
  'login-declined': exitCodes.login,
  'login-timeout': exitCodes.login,
  'login-refused': exitCodes.rejected,
  'login-unsupported': exitCodes.rejected,
  'login-mix-up': exitCodes.rejected,
  'login-unreachable': exitCodes.undecided,
  'admin-reach': exitCodes.undecided,
  'decision-store': exitCodes.undecided,
  'asm-found': exitCodes.rejected,
  'asm-issuer': exitCodes.rejected,
  'asm-pkce': exitCodes.rejected,
  'prm-resource': exitCodes.rejected,
  'prm-servers': exitCodes.rejected,
}

/** What a problem that ends a command says by it; most are mistakes in the command line or in a file. */
export const exitCodeOfProblem = (code: ProblemCode | undefined): number =>
  (code === undefined ? undefined : codesOfProblems[code]) ?? exitCodes.usage
