// A decision of the policy as reports give it.
import { problemReport } from '../../core/verdict/checks-report.ts'
import { problemFrom } from '../../core/verdict/check.ts'
import { isHidden, type Decision } from '../../policy/decision.ts'
import { scopesIn } from '../../proxy/exposure/exposure.ts'
import type { Decided } from './access-report.ts'

const accessOf = (decision: Decision): Decided['access'] => {
  if (isHidden(decision)) return 'denied'
  if (decision.check.status === 'fail') return 'scopes'
  return decision.open.some(({ reportOnly }) => !reportOnly) ? 'depends' : 'allowed'
}

export const decided = (decision: Decision): Decided => {
  const { check, causes, open, reported } = decision
  const failed = check.status === 'fail' ? check : undefined
  return {
    access: accessOf(decision),
    by: causes.map(({ kind, name, pattern = null }) => ({ kind, name, pattern })),
    problem: failed === undefined ? null : problemReport(problemFrom(failed)),
    scopes: failed === undefined ? [] : (scopesIn(failed) ?? []),
    depends: open.map(({ rule, effect, reportOnly, on }) => ({
      rule,
      effect,
      report_only: reportOnly,
      on,
    })),
    report_only: reported.map(({ rule, check: found }) => ({
      rule,
      problem: problemReport(problemFrom(found)),
    })),
  }
}
