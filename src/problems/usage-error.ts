// The one error that is thrown on purpose: the person in front of the tool can fix its cause.
import { hintOf, problemSpec, type Problem, type ProblemCode } from './problem.ts'

/** File and position, as far as known. `line` and `column` count from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** A line of a file as it may be shown, without anything that could be a secret. */
export interface Excerpt {
  /** From 1, in the file. */
  readonly line: number
  readonly text: string
  /** From 1, in `text`: where the problem begins, and how many characters it has. */
  readonly column: number
  readonly length: number
}

/** One thing that is wrong, and where. */
export interface UsageProblem {
  readonly code: ProblemCode
  /** Which of the situations of the id; absent where it has only one. */
  readonly case?: string
  readonly message: string
  readonly place?: Place
  readonly excerpt?: Excerpt
  /** The next step, where it is another than that of the id. */
  readonly hint?: string
}

/** What is known beyond the words of the catalogue. */
interface Circumstances {
  readonly place?: Place | undefined
  readonly excerpt?: Excerpt | undefined
}

export const usageProblem = (
  problem: Problem,
  { place, excerpt }: Circumstances = {},
): UsageProblem => {
  const hint = hintOf(problem)
  const { code, case: name, detail } = problem
  return {
    code,
    ...(name === undefined ? {} : { case: name }),
    message: detail,
    ...(place === undefined ? {} : { place }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === problemSpec(code).hint ? {} : { hint }),
  }
}

/** The other way round, with the place in front. */
export const problemFromUsage = (
  { code, case: name, message, hint }: UsageProblem,
  place: string,
): Problem => ({
  code,
  ...(name === undefined ? {} : { case: name }),
  detail: `${place}${message}`,
  ...(hint === undefined ? {} : { hint }),
})

/** Wrong command line, configuration or environment: exit code 2. Messages never contain a secret. */
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

export const usageError = (problem: Problem, circumstances?: Circumstances): UsageError =>
  new UsageError(usageProblem(problem, circumstances))
