// Checks and problems as the JSON reports give them.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Json } from '../../base/json.ts'
import { problemSpec, type Problem, type ProblemCode } from '../../problems/problem.ts'
import { severityOf, type Check } from '../../core/verdict/check.ts'

export interface CheckReport {
  readonly id: ProblemCode
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
  readonly title: string
  readonly detail: string
  readonly hint: string
  readonly spec: string | null
}

export const orNull = (text: string): string | null => (text === '' ? null : text)

export const checkReport = (check: Check): CheckReport => {
  const { refuses, hint, spec } = problemSpec(check.id)
  const told = check.status === 'fail' || check.status === 'warn'
  return {
    id: check.id,
    status: check.status,
    severity: severityOf(check),
    refuses,
    message: check.status === 'skip' ? check.because : (check.message ?? null),
    hint: told ? orNull(hint) : null,
    spec: orNull(spec),
    evidence: check.evidence ?? null,
  }
}

export const problemReport = ({ code, detail }: Problem): ProblemReport => {
  const { title, hint, spec } = problemSpec(code)
  return { code, title, detail, hint, spec: orNull(spec) }
}

const ranks: readonly Severity[] = ['info', 'low', 'medium', 'high', 'fatal']

export const atLeast = (severity: Severity, threshold: Severity): boolean =>
  ranks.indexOf(severity) >= ranks.indexOf(threshold)
