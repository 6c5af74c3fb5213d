// Reads and changes the key file: one writer at a time, and a running proxy sees the old keys or the new ones.
import { realpathSync, statSync } from 'node:fs'
import { dirname, join, basename } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { codeOf, lockOf, replaceFile, takeLock } from '../../base/replace-file.ts'
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

/** The file itself, where the name is a symbolic link. */
const realFile = (file: string): string => {
  try {
    return realpathSync(file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return join(realpathSync(dirname(file)), basename(file))
  }
}

const waitMs = 50
const patienceMs = 5000

/** Others need the lock for milliseconds. */
const lockedBy = async (file: string, name: string, clock: Clock): Promise<() => void> => {
  for (let waited = 0; ; waited += waitMs) {
    const unlock = takeLock(file)
    if (unlock !== undefined) return unlock
    if (waited >= patienceMs) {
      throw usageError(problemOf('key-file', 'busy', { file: name, lock: lockOf(file) }))
    }
    await clock.sleep(waitMs)
  }
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
    const file = realFile(name)
    const unlock = await lockedBy(file, name, clock)
    try {
      const like = statSync(file, { throwIfNoEntry: false })
      const { keys, result } = change(like === undefined && create ? [] : readKeys(name))
      if (keys !== undefined) replaceFile(file, Buffer.from(keyFileText(keys)), like)
      return result
    } finally {
      unlock()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw unwritable(name, error)
  }
}
