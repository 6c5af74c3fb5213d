// Reads and changes the key file: one writer at a time, and a running proxy sees the old keys or the new ones.
import type { Clock } from '../../base/clock.ts'
import { changeFile } from '../../base/change-file.ts'
import { codeOf, lockOf } from '../../base/replace-file.ts'
import { fileWords } from '../../base/system-errors.ts'
import { isKeyFile, keyFileText, readKeyFile, type KeyEntry } from '../../core/api-keys/key-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'

const unwritable = (file: string, error: unknown): UsageError => {
  const code = codeOf(error)
  const why = code === 'ENOENT' ? 'its folder does not exist' : fileWords(code)
  return usageError(problemOf('key-file', 'unwritable', { file, why }))
}

/** Throws a UsageError where there is no file that can be used. */
export const readKeys = (file: string): readonly KeyEntry[] => {
  const read = readKeyFile(file)
  if (isKeyFile(read)) return read.keys
  throw usageError(read)
}

export interface Changed<Result> {
  /** Undefined: the file stays as it is. */
  readonly keys: readonly KeyEntry[] | undefined
  readonly result: Result
}

/** `change` gets the keys of now. Without a file they are none, where `create` says that one may be made. */
export const changeKeys = async <Result>(
  name: string,
  { clock, create }: { readonly clock: Clock; readonly create: boolean },
  change: (keys: readonly KeyEntry[]) => Changed<Result>,
): Promise<Result> => {
  try {
    const done = await changeFile(name, clock, (exists) => {
      const { keys, result } = change(!exists && create ? [] : readKeys(name))
      return { text: keys === undefined ? undefined : keyFileText(keys), result }
    })
    if (done !== undefined) return done.result
    throw usageError(problemOf('key-file', 'busy', { file: name, lock: lockOf(name) }))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw unwritable(name, error)
  }
}
