// Every situation of an id as the documentation shows it: the real sentence, made of example values, with its remedy.
import { problemSpec, type ProblemCode } from './problem.ts'

export interface Example {
  /** Undefined where the id has one situation alone. */
  readonly name: string | undefined
  readonly message: string
  readonly hint: string
}

export const examplesOf = (code: ProblemCode): readonly Example[] => {
  const spec = problemSpec(code)
  const cases =
    spec.says === undefined ? Object.entries(spec.cases) : ([[undefined, spec.says]] as const)
  return cases.map(([name, { message, hint = spec.hint, example }]) => ({
    name,
    message: message(example),
    hint: typeof hint === 'string' ? hint : hint(example),
  }))
}
