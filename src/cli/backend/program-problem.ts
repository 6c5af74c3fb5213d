// What is wrong with a program that a command started: its last words are at hand, and no log of a proxy is.
import { problemOf, type Problem } from '../../problems/problem.ts'

/** With the remedy for who sees its standard error here. */
export const programProblem = (problem: Problem): Problem => {
  const { code, case: name, detail: said } = problem
  if (code === 'backend-unavailable' && name === 'ended') {
    return problemOf(code, 'ended-here', { said })
  }
  return code === 'backend-protocol' && name !== 'size'
    ? problemOf(code, 'program', { said })
    : problem
}
