// Findings as documents for other programs list them: each with its place, and known again in another run.
import { createHash } from 'node:crypto'
import path from 'node:path'
import { problemSpec, type ProblemCode } from '../../problems/problem.ts'
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import { problemBeside, reported, type Level } from './level.ts'
import type { Subject } from './subject.ts'

export interface Finding {
  readonly id: ProblemCode
  readonly case: string | null
  readonly level: Level
  readonly severity: Severity
  /** Whether the question stayed open. */
  readonly open: boolean
  readonly message: string
  readonly hint: string | null
  readonly subject: Subject
}

const isOpen = ({ id, status }: CheckReport): boolean =>
  status === 'skip' || problemSpec(id).outcome === 'undecided'

export const findingsOf = (subject: Subject): readonly Finding[] => {
  const found = reported(subject).map(({ check, level }): Finding => {
    const { id, case: name, severity, hint, message } = check
    const open = isOpen(check)
    return { id, case: name, level, severity, open, message: message ?? id, hint, subject }
  })
  const problem = problemBeside(subject)
  if (problem === null) return found
  const { code: id, case: name, detail: message, hint } = problem
  const { severity, outcome } = problemSpec(id)
  const open = outcome === 'undecided'
  return [{ id, case: name, level: 'error', severity, open, message, hint, subject }, ...found]
}

/** Undefined for a file outside of the folder of the run. */
export const relativePath = (file: string): string | undefined => {
  const relative = path.relative('.', file)
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative)
    ? undefined
    : relative.split(path.sep).join('/')
}

/** The same finding in another run: what changes from run to run, such as a time, is not in it. */
export const fingerprintOf = (
  command: string,
  { id, case: name, subject }: Finding,
  more: readonly (string | number)[] = [],
): string =>
  createHash('sha256')
    .update(JSON.stringify([command, subject.name, id, name, ...more]))
    .digest('hex')
    .slice(0, 32)
