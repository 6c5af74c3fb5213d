// One thing to say about a configuration, before anybody has looked up its line.
import { problemOf, type Problem } from '../problems/problem.ts'
import { usageProblem, type UsageProblem } from '../problems/usage-error.ts'
import { showPath, type KeyPath } from './key-path.ts'

export interface Finding extends Omit<UsageProblem, 'place'> {
  readonly path: KeyPath
  /** Whether the key itself is wrong or its value; decides the column that is named. */
  readonly at: 'key' | 'value'
}

export interface Findings {
  readonly problems: readonly Finding[]
  readonly warnings: readonly Finding[]
}

export const findingAt = (
  path: KeyPath,
  problem: Problem,
  { at = 'value', hint }: { readonly at?: Finding['at']; readonly hint?: string | undefined } = {},
): Finding => ({ ...usageProblem(problem, hint === undefined ? {} : { hint }), path, at })

/** `why` goes on from the name of the key: "must be ...". It never repeats the value of a secret. */
export const violation = (path: KeyPath, why: string, hint?: string): Finding =>
  findingAt(path, problemOf('config-value', 'invalid', { key: showPath(path), why }), { hint })

/** A configuration that works, with a risk. */
export const advice = (path: KeyPath, why: string, hint?: string): Finding =>
  findingAt(path, problemOf('config-advice', { key: showPath(path), why }), { hint })
