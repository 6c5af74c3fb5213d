// One thing to say about a configuration, before anybody has looked up its line.
import type { Problem } from '../problems/problem.ts'
import { usageProblem, type UsageProblem } from '../problems/usage-error.ts'
import { showPath, type KeyPath } from './key-path.ts'

export interface ConfigFinding {
  readonly path: KeyPath
  /** Whether the key itself is wrong or its value; decides the column that is named. */
  readonly at: 'key' | 'value'
  /** Made for what is shown only: a remedy can take a search. */
  words(): Omit<UsageProblem, 'place'>
}

export interface Findings {
  readonly problems: readonly ConfigFinding[]
  readonly warnings: readonly ConfigFinding[]
}

/** `words` gets the key as it is shown. */
export const findingAt = (
  path: KeyPath,
  words: (key: string) => Problem,
  at: ConfigFinding['at'] = 'value',
): ConfigFinding => ({ path, at, words: () => usageProblem(words(showPath(path))) })
