// The ways in which a backend fails to answer, as replies that say whether the call may have been carried out.
import { shortened } from '../base/escape.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import type { Reply } from '../mcp/call.ts'
import { sessionRevisions } from '../mcp/revision.ts'
import type { Backend } from './backend.ts'

export type Failure = Extract<Reply, { readonly kind: 'failure' }>

/** Why the backend cannot be called: a case of backend-unavailable, with its own remedy. */
export type Outage =
  | 'network'
  | 'status'
  | 'busy'
  | 'program'
  | 'ended'
  | 'silent'
  | 'starting'
  | 'closing'
  | 'cancelled'

/** In which way an answer breaks the protocol: a case of backend-protocol. */
export type Breach = 'message' | 'status' | 'redirect' | 'type' | 'size' | 'opening' | 'refused'

export const unavailable = (backend: string, why: string, outage: Outage = 'network'): Problem =>
  problemOf('backend-unavailable', outage, { backend, why })

export const outsideProtocol = (
  backend: string,
  why: string,
  breach: Breach = 'message',
): Problem => problemOf('backend-protocol', breach, { backend, why })

/** It opens sessions, in a revision of the protocol that we do not speak. */
export const unknownRevision = (backend: string, revision: string): Problem =>
  problemOf('backend-protocol', 'version', {
    backend,
    revision: shortened(revision, 64),
    known: sessionRevisions,
  })

/** A refusal with what it was made of, for a reader who is no caller of a proxy. */
export interface RefusedProblem extends Problem {
  readonly status: number
  /** What the server says of it, after a colon; empty where it says nothing. */
  readonly words: string
}

export const isRefused = (problem: Problem): problem is RefusedProblem => 'words' in problem

/** `words`: what the backend says of it. */
export const credentialRefused = (
  backend: string,
  status: number,
  hadCredential: boolean,
  words = '',
): RefusedProblem => {
  const values = { backend, status, words }
  const problem =
    status === 403
      ? problemOf('backend-auth', hadCredential ? 'forbidden' : 'denied', values)
      : problemOf('backend-auth', hadCredential ? 'unauthorized' : 'missing', values)
  return { ...problem, status, words }
}

/** What the status says of a server that did not open what it was asked to open. */
const refusedOpening = (
  backend: string,
  status: number,
  hadCredential: boolean,
  why: string,
  words: string,
): Problem => {
  // Its challenge would send the caller to the wrong authorization server.
  if (status === 401 || status === 403)
    return credentialRefused(backend, status, hadCredential, words)
  return status === 429 || status >= 500
    ? unavailable(backend, `it answers HTTP ${status}${words}`, status === 429 ? 'busy' : 'status')
    : outsideProtocol(backend, `${why}${words}`, 'status')
}

/** Why a link ended: in short for the calls that waited, and as a problem for who asks why the backend is down. */
export interface BackendFault {
  readonly why: string
  readonly problem: Problem
}

export const brokenProtocol = (backend: string, why: string, breach?: Breach): BackendFault => ({
  why,
  problem: outsideProtocol(backend, why, breach),
})

export const lostLink = (backend: string, why: string, outage?: Outage): BackendFault => ({
  why,
  problem: unavailable(backend, why, outage),
})

/** `words`: what the server says of it. `why`: what to say of a status that is neither about our credential nor about an outage. */
export const refusedLink = (
  backend: string,
  status: number,
  hadCredential: boolean,
  words: string,
  why = `HTTP ${status}`,
): BackendFault => ({
  why,
  problem: refusedOpening(backend, status, hadCredential, why, words),
})

/** A problem that tells its cause apart from the words around it. */
export interface CausedProblem extends Problem {
  readonly why: string
  readonly outage?: Outage
}

export const outcomeUnknown = (backend: string, why: string, outage?: Outage): CausedProblem => ({
  ...problemOf('backend-outcome-unknown', { backend, why }),
  why,
  ...(outage === undefined ? {} : { outage }),
})

const isCaused = (problem: Problem): problem is CausedProblem => 'why' in problem

/** What a failed first question says of the backend: there is no call whose outcome could be unknown. */
export const asUnavailable = (backend: string, problem: Problem): Problem =>
  isCaused(problem) ? unavailable(backend, problem.why, problem.outage) : problem

/** It runs, but not once more, as a session of one caller would need it. */
export const noFurther = (backend: string, { detail }: Problem): Problem =>
  problemOf('backend-unavailable', 'further', {
    backend,
    why: detail.replace(`Backend ${backend} is not reachable: `, ''),
  })

/** Why the backend cannot be called now; undefined where it can. */
export const downProblem = ({ name, health }: Pick<Backend, 'name' | 'health'>) => {
  if (health.state === 'up') return undefined
  return health.state === 'down'
    ? health.problem
    : unavailable(name, 'it is still starting', 'starting')
}

/** The call never left: repeating it is safe. */
export const notSent = (problem: Problem, retryAfter?: number): Failure => ({
  kind: 'failure',
  problem,
  sent: false,
  ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
})

/** The call left: it may or may not have been carried out. */
export const sent = (problem: Problem): Failure => ({ kind: 'failure', problem, sent: true })
