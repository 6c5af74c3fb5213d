// One thing to say about a configuration, before anybody has looked up its line.
import { messageOf } from '../problems/message.ts'
import type { ProblemCode } from '../problems/problem.ts'
import { showPath, type KeyPath } from './key-path.ts'

export interface Finding {
  readonly code: ProblemCode
  readonly path: KeyPath
  /** Whether the key itself is wrong or its value; decides the column that is named. */
  readonly at: 'key' | 'value'
  readonly message: string
  /** A function where it takes a search: only what is shown gets its hint. */
  readonly hint?: string | (() => string)
}

/** In the form of a problem: nothing where there is no hint. */
export const hintOf = ({ hint }: Finding): { readonly hint?: string } => {
  if (hint === undefined) return {}
  return { hint: typeof hint === 'function' ? hint() : hint }
}

export interface Findings {
  readonly problems: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** `why` goes on from the name of the key: "must be ...". It never repeats the value of a secret. */
export const violation = (path: KeyPath, why: string, hint?: string): Finding => ({
  code: 'config-value',
  path,
  at: 'value',
  message: messageOf('config-value', { key: showPath(path), why }),
  ...(hint === undefined ? {} : { hint }),
})

/** A configuration that works, and that somebody may regret. */
export const advice = (path: KeyPath, why: string, hint?: string): Finding => ({
  ...violation(path, why, hint),
  code: 'config-advice',
})
