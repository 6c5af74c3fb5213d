// Whether a generation can decide and answer calls, and what keeps it from that.
import { downProblem } from '../../backends/failure.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { waitSeconds } from '../../resilience/circuit.ts'
import type { Opened } from './open-routes.ts'
import type { Resilience } from './open-resilience.ts'

export interface GenerationReadiness {
  readonly ready: boolean
  /** Why not, one entry for each thing that is not as it should be. */
  readonly problems: readonly Problem[]
}

/** Why a backend that is up gets no calls; undefined where it gets some. */
const openProblem = (backend: string, circuit: Resilience['circuit']): Problem | undefined => {
  if (circuit?.state !== 'open') return undefined
  return problemOf('backend-circuit', 'open', { backend, seconds: waitSeconds(circuit) })
}

export const readiness = (gate: AuthGate, opened: readonly Opened[]): GenerationReadiness => {
  const auth = gate.ready()
  const problems: Problem[] = auth.ready ? [] : [auth.problem]
  let up = 0
  let isWhole = true
  const problemIn = ({ open: { member } }: Opened): Problem | undefined =>
    downProblem(member.backend) ?? openProblem(member.backend.name, member.circuit)
  const hasBackup = ({ config: { name } }: Opened): boolean =>
    opened.some((one) => one.config.failover_for === name && problemIn(one) === undefined)
  for (const one of opened) {
    const problem = problemIn(one)
    if (problem === undefined) {
      up += 1
      continue
    }
    problems.push(problem)
    if (one.config.required && !hasBackup(one)) isWhole = false
  }
  const serves = up > 0 || opened.length === 0
  return { ready: auth.ready && isWhole && serves, problems }
}
