// The ways in which a backend fails to answer, as replies that say whether the call may have been carried out.
import { problemSpec, type Problem, type ProblemCode } from '../base/problem.ts'
import { phrase } from '../core/check.ts'
import type { Reply } from '../mcp/call.ts'
import type { Backend } from './backend.ts'

export type Failure = Extract<Reply, { readonly kind: 'failure' }>

const problem = (code: ProblemCode, values: Record<string, string | number>): Problem => ({
  code,
  detail: phrase(problemSpec(code).message, values),
})

export const unavailable = (backend: string, why: string): Problem =>
  problem('backend-unavailable', { backend, why })

export const outsideProtocol = (backend: string, why: string): Problem =>
  problem('backend-protocol', { backend, why })

export const credentialRefused = (backend: string, status: number): Problem =>
  problem('backend-auth', { backend, status })

/** A problem that tells its cause apart from the words around it. */
export interface CausedProblem extends Problem {
  readonly why: string
}

export const outcomeUnknown = (backend: string, why: string): CausedProblem => {
  const { code, detail } = problem('backend-outcome-unknown', { backend })
  return { code, detail: `${detail} (${why})`, why }
}

const isCaused = (problem: Problem): problem is CausedProblem => 'why' in problem

/** What a failed first question says of the backend: there is no call whose outcome could be unknown. */
export const asUnavailable = (backend: string, problem: Problem): Problem =>
  isCaused(problem) ? unavailable(backend, problem.why) : problem

/** Why the backend cannot be called now; undefined where it can. */
export const downProblem = ({ name, health }: Pick<Backend, 'name' | 'health'>) => {
  if (health.state === 'up') return undefined
  return health.state === 'down' ? health.problem : unavailable(name, 'it is still starting')
}

/** The call never left: repeating it is safe. */
export const notSent = (problem: Problem): Failure => ({ kind: 'failure', problem, sent: false })

/** The call left: it may or may not have been carried out. */
export const sent = (problem: Problem): Failure => ({ kind: 'failure', problem, sent: true })
