// What of a subject CI systems are shown, in the three levels that they know.
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { Subject } from './subject.ts'

export type Level = 'error' | 'warning' | 'note'

export interface Reported {
  readonly check: CheckReport
  readonly level: Level
}

/** Undefined where there is nothing to report: the check passed, or was skipped as it should be. */
const levelOf = (check: CheckReport, { counts, unsettled }: Subject): Level | undefined => {
  if (check.status === 'pass') return undefined
  if (counts(check)) return 'error'
  if (check.status === 'skip') return unsettled?.(check) === true ? 'warning' : undefined
  return check.severity === 'info' || check.severity === 'low' ? 'note' : 'warning'
}

/** The problem where it is none of the checks: the input could not be read, a server did not answer. */
export const problemBeside = ({ problem, checks }: Subject): Subject['problem'] =>
  checks.some(({ id, status }) => id === problem?.code && status !== 'pass') ? null : problem

/** Behind a server that did not answer, what stayed open for that is no news. */
export const reported = (subject: Subject): readonly Reported[] =>
  subject.checks.flatMap((check) => {
    const level = levelOf(check, subject)
    const isConsequence = check.status === 'skip' && problemBeside(subject) !== null
    return level === undefined || isConsequence ? [] : [{ check, level }]
  })
