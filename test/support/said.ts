// A problem with any words, for tests of what is done with problems: a real id and the first of its cases.
import { examplesOf } from '../../src/problems/examples.ts'
import type { Problem, ProblemCode } from '../../src/problems/problem.ts'

export const said = (code: ProblemCode, detail: string): Problem => {
  const name = examplesOf(code)[0]?.name
  return { code, detail, ...(name === undefined ? {} : { case: name }) }
}
