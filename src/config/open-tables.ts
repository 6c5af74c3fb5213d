// Tables whose keys are anybody's: there, the name of a key can say that its value is a secret.
import type { KeyPath } from './key-path.ts'

export const openTables: readonly string[] = [
  'env',
  'headers',
  'default_args',
  'defaults',
  'inject_args',
  'arguments',
]

/** Whether a path leads into one of them. The secrets among our own keys are known by their type. */
export const isOpenTable = (path: KeyPath): boolean =>
  path.some((key) => typeof key === 'string' && openTables.includes(key))
