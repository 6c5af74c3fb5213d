// The one error that is thrown on purpose: the person in front of the tool can mend its cause.
import type { ProblemCode } from './problem.ts'

/** One thing that is wrong, and where. */
export interface UsageProblem {
  readonly code: ProblemCode
  readonly message: string
  /** File and position, as far as known. `line` and `column` count from 1. */
  readonly place?: { readonly file?: string; readonly line?: number; readonly column?: number }
  /** The next step. */
  readonly hint?: string
}

/** Wrong command line, configuration or environment: exit code 2. Messages never hold a secret. */
export class UsageError extends Error {
  readonly problems: readonly UsageProblem[]

  constructor(problems: UsageProblem | readonly UsageProblem[]) {
    const list: readonly UsageProblem[] = Array.isArray(problems)
      ? (problems as readonly UsageProblem[])
      : [problems as UsageProblem]
    super(list.map((problem) => problem.message).join('\n'))
    this.name = 'UsageError'
    this.problems = list
  }
}
