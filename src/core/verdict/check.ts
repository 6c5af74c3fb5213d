// A check is one named question with its answer; a list of checks is the whole reason for a decision.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Json } from '../../base/json.ts'
import { hintOf, problemSpec, type Problem, type ProblemCode } from '../../problems/problem.ts'

/** What was compared. Values are redacted before they get here: no token, no secret. */
export interface Evidence {
  readonly expected?: Json
  readonly actual?: Json
  readonly note?: string
}

/**
 * The answer to one question of the catalogue; `id` is its key there.
 * `fail` refuses (or leaves undecided, as the catalogue says of the id), `warn` only advises,
 * `skip` says why the question could not be asked, and what it would have taken if anything can be done.
 */
export type Check = {
  readonly id: ProblemCode
  readonly evidence?: Evidence
} & (
  | { readonly status: 'pass'; readonly message?: string }
  | {
      readonly status: 'warn' | 'fail'
      readonly message: string
      /** Which of the situations of the id, and its remedy where that depends on values: as in `Problem`. */
      readonly case?: string
      readonly hint?: string
      /** Where this answer weighs otherwise than the catalogue says of the id. */
      readonly severity?: Severity
    }
  | {
      readonly status: 'skip'
      readonly because: string
      /** An answer that did not come: nobody knows. A token: with one it could be asked. */
      readonly missing?: 'answer' | 'token'
      /** Of an answer that did not come: in which situation, and the remedy for it. As in `Problem`. */
      readonly case?: string
      readonly hint?: string
    }
)

export type FailedCheck = Extract<Check, { readonly message: string }>

const withEvidence = (evidence: Evidence | undefined) =>
  evidence === undefined ? {} : { evidence }

/** Most answers are a bare pass: one object for each id keeps remembered verdicts small. */
const barePasses = new Map<ProblemCode, Check>()

const barePass = (id: ProblemCode): Check => {
  const known = barePasses.get(id)
  if (known !== undefined) return known
  const made: Check = Object.freeze({ id, status: 'pass' })
  barePasses.set(id, made)
  return made
}

export const pass = (id: ProblemCode, message?: string, evidence?: Evidence): Check =>
  message === undefined && evidence === undefined
    ? barePass(id)
    : {
        id,
        status: 'pass',
        ...(message === undefined ? {} : { message }),
        ...withEvidence(evidence),
      }

const found =
  (status: 'fail' | 'warn') =>
  (problem: Problem, evidence?: Evidence, severity?: Severity): FailedCheck => {
    const { code, detail, case: name, hint } = problem
    return {
      id: code,
      status,
      message: detail,
      ...(name === undefined ? {} : { case: name }),
      ...(hint === undefined ? {} : { hint }),
      ...withEvidence(evidence),
      ...(severity === undefined ? {} : { severity }),
    }
  }

export const fail = found('fail')

export const warn = found('warn')

/** The same finding as advice. */
export const asAdvice = (check: FailedCheck): FailedCheck => ({ ...check, status: 'warn' })

export const skip = (id: ProblemCode, because: string, missing?: 'answer' | 'token'): Check => ({
  id,
  status: 'skip',
  because,
  ...(missing === undefined ? {} : { missing }),
})

/** A finding that is no answer, since the one that was asked was silent: why it is open, with the remedy for that. */
export const asOpen = (check: FailedCheck, because: string): Check => ({
  id: check.id,
  status: 'skip',
  because,
  missing: 'answer',
  ...(check.case === undefined ? {} : { case: check.case }),
  hint: hintOf(problemFrom(check)),
})

/** What was found wrong: it fails or it advises. */
export const isFinding = (check: Check): check is FailedCheck =>
  check.status === 'fail' || check.status === 'warn'

export const severityOf = (check: Check): Severity =>
  ('severity' in check ? check.severity : undefined) ?? problemSpec(check.id).severity

export const problemFrom = ({ id, message, case: name, hint }: FailedCheck): Problem => ({
  code: id,
  detail: message,
  ...(name === undefined ? {} : { case: name }),
  ...(hint === undefined ? {} : { hint }),
})
