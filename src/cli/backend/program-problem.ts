// What is wrong with a program that a command started: its last words are at hand, and no log of a proxy is.
import { problemOf, type Problem } from '../../problems/problem.ts'

/** The cases that a program that does speak MCP can be in. */
const saysWhy: ReadonlySet<string> = new Set(['size', 'refused', 'version'])

/** With the remedy for who sees its standard error here. */
export const programProblem = (problem: Problem): Problem => {
  const { code, case: name, detail: said } = problem
  if (code === 'backend-unavailable' && name === 'ended') {
    return problemOf(code, 'ended-here', { said })
  }
  return code === 'backend-protocol' && name !== undefined && !saysWhy.has(name)
    ? problemOf(code, 'program', { said })
    : problem
}
