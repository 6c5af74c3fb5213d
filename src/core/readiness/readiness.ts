// What the checks say about each rule of the readiness table.
import type { ProblemCode } from '../../problems/problem.ts'
import { isFinding, type Check } from '../verdict/check.ts'
import type { ReadinessRule } from './readiness-rule.ts'
import { readinessRules } from './readiness-rules.ts'

export type RuleStatus =
  | 'pass'
  | 'fail'
  /** An answer did not come. */
  | 'could-not-tell'
  /** Nothing can be seen of it without a token. */
  | 'needs-token'
  /** It does not apply to what was found. */
  | 'not-applicable'
  /** It binds clients; the command that `keptBy` names keeps it. */
  | 'client-rule'

export interface ReadinessRow extends ReadinessRule {
  readonly status: RuleStatus
  /** What was found, or why there is no answer. */
  readonly because: string
  /** The checks that decided. */
  readonly decidedBy: readonly ProblemCode[]
}

const textOf = (check: Check): string =>
  check.status === 'skip' ? check.because : (check.message ?? '')

const judged = (status: RuleStatus, deciding: readonly Check[], because?: string) => ({
  status,
  because: because ?? [...new Set(deciding.map(textOf).filter((text) => text !== ''))].join('; '),
  decidedBy: deciding.map(({ id }) => id),
})

/** What weighs less than its id usually does is advice beside the rule, not a breach of it. */
const isBreach = (check: Check): boolean =>
  isFinding(check) && check.severity !== 'low' && check.severity !== 'info'

const isAbout = ({ checks, onlyCase = {} }: ReadinessRule, check: Check): boolean => {
  if (!checks.includes(check.id)) return false
  const only = onlyCase[check.id]
  return only === undefined || !isFinding(check) || check.case === only
}

const judge = (rule: ReadinessRule, checks: readonly Check[]) => {
  if (rule.keptBy !== undefined) return judged('client-rule', [], `kept by ${rule.keptBy}`)
  const asked = checks.filter((check) => isAbout(rule, check))
  const missing = (what: 'answer' | 'token') =>
    asked.filter((check) => check.status === 'skip' && check.missing === what)
  const findings = asked.filter(isBreach)
  if (findings.length > 0) return judged('fail', findings)
  if (missing('answer').length > 0) return judged('could-not-tell', missing('answer'))
  if (missing('token').length > 0) return judged('needs-token', missing('token'))
  const passed = asked.filter(({ status }) => status !== 'skip')
  if (passed.length > 0) return judged('pass', passed)
  return asked.length > 0
    ? judged('not-applicable', asked)
    : judged('not-applicable', [], `no ${rule.for} was asked`)
}

/** Every rule with its answer. Says nothing that the checks do not say. */
export const readinessOf = (checks: readonly Check[]): readonly ReadinessRow[] =>
  readinessRules.map((rule) => {
    const { onlyCase: _, ...shown } = rule
    return { ...shown, ...judge(rule, checks) }
  })

/** What has to be mended before every client can use this: a failed MUST, or with `strict` a SHOULD too. */
export const isBroken = ({ status, level }: ReadinessRow, strict: boolean): boolean =>
  strict
    ? (status === 'fail' && level !== 'MAY') || status === 'could-not-tell'
    : status === 'fail' && level === 'MUST'
