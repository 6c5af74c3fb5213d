// Checks and problems as the JSON reports give them.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Json } from '../../base/json.ts'
import { hintOf, type Problem, type ProblemCode, problemSpec } from '../../problems/problem.ts'
import { isFinding, problemFrom, severityOf, type Check } from './check.ts'

export interface CheckReport {
  readonly id: ProblemCode
  /** Which of the situations of the id; null where it has only one. */
  readonly case: string | null
  readonly status: Check['status']
  readonly severity: Severity
  /** Whether `serve` refuses on this predicate: always, where configured, never. */
  readonly refuses: 'always' | 'configured' | 'never'
  /** What was found, or why the question was skipped. */
  readonly message: string | null
  readonly hint: string | null
  readonly spec: string | null
  readonly evidence: {
    readonly expected?: Json
    readonly actual?: Json
    readonly note?: string
  } | null
}

export interface ProblemReport {
  readonly code: ProblemCode
  /** Which of the situations of the id; null where it has only one. */
  readonly case: string | null
  readonly title: string
  readonly detail: string
  readonly hint: string
  readonly spec: string | null
}

export const orNull = (text: string): string | null => (text === '' ? null : text)

export const checkReport = (check: Check): CheckReport => {
  const { refuses, spec } = problemSpec(check.id)
  const found = isFinding(check) ? problemFrom(check) : undefined
  const open = check.status === 'skip' ? check : undefined
  return {
    id: check.id,
    case: found?.case ?? open?.case ?? null,
    status: check.status,
    severity: severityOf(check),
    refuses,
    message: check.status === 'skip' ? check.because : (check.message ?? null),
    hint: found === undefined ? (open?.hint ?? null) : hintOf(found),
    spec: orNull(spec),
    evidence: check.evidence ?? null,
  }
}

export const problemReport = (problem: Problem): ProblemReport => {
  const { code, case: name = null, detail } = problem
  const { title, spec } = problemSpec(code)
  return { code, case: name, title, detail, hint: hintOf(problem), spec: orNull(spec) }
}

const ranks: readonly Severity[] = ['info', 'low', 'medium', 'high', 'fatal']

export const atLeast = (severity: Severity, threshold: Severity): boolean =>
  ranks.indexOf(severity) >= ranks.indexOf(threshold)
