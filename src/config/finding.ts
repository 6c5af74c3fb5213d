// One thing to say about a configuration, before anybody has looked up its line.
import { problemOf, type Problem } from '../problems/problem.ts'
import { usageProblem, type UsageProblem } from '../problems/usage-error.ts'
import { showPath, type KeyPath } from './key-path.ts'

export interface Finding {
  readonly path: KeyPath
  /** Whether the key itself is wrong or its value; decides the column that is named. */
  readonly at: 'key' | 'value'
  /** Made for what is shown only: a remedy can take a search. */
  words(): Omit<UsageProblem, 'place'>
}

export interface Findings {
  readonly problems: readonly Finding[]
  readonly warnings: readonly Finding[]
}

interface Details {
  readonly at?: Finding['at']
  readonly hint?: Lazy<string | undefined> | undefined
}

type Lazy<T> = T | (() => T)

const now = <T extends object | string | undefined>(value: Lazy<T>): T =>
  typeof value === 'function' ? value() : value

export const findingAt = (
  path: KeyPath,
  problem: Lazy<Problem>,
  { at = 'value', hint }: Details = {},
): Finding => ({
  path,
  at,
  words: () => {
    const remedy = now(hint)
    return usageProblem(now(problem), remedy === undefined ? {} : { hint: remedy })
  },
})

/** `why` goes on from the name of the key: "must be ...". It never repeats the value of a secret. */
export const violation = (path: KeyPath, why: string, hint?: Lazy<string>): Finding =>
  findingAt(path, problemOf('config-value', 'invalid', { key: showPath(path), why }), { hint })

/** A configuration that works, with a risk. */
export const advice = (path: KeyPath, why: string, hint?: Lazy<string>): Finding =>
  findingAt(path, problemOf('config-advice', { key: showPath(path), why }), { hint })
