// How grave a check is in the three levels that CI systems know.
import type { CheckReport } from './checks-report.ts'
import type { Subject } from './subject.ts'

export type Level = 'error' | 'warning' | 'note'

/** Undefined where there is nothing to report: the check passed, or was skipped as it should be. */
export const plainLevel = (
  check: CheckReport,
  { counts, unsettled }: Subject,
): Level | undefined => {
  if (check.status === 'pass') return undefined
  if (counts(check)) return 'error'
  if (check.status === 'skip') return unsettled?.(check) === true ? 'warning' : undefined
  return check.severity === 'info' || check.severity === 'low' ? 'note' : 'warning'
}
