// Changes a small file by what is in it: one writer at a time, and readers see the old content or the new one.
import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock } from './clock.ts'
import { codeOf, replaceFile, takeLock } from './replace-file.ts'

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

/** Others need the lock for milliseconds. Undefined where one keeps it. */
const lockedBy = async (file: string, clock: Clock): Promise<(() => void) | undefined> => {
  for (let waited = 0; ; waited += waitMs) {
    const unlock = takeLock(file)
    if (unlock !== undefined || waited >= patienceMs) return unlock
    await clock.sleep(waitMs)
  }
}

export interface FileChange<Result> {
  /** Undefined: the file stays as it is. */
  readonly text: string | undefined
  readonly result: Result
}

/**
 * `change` is called with the lock taken, and learns whether there is a file. Undefined: another program kept the lock. Throws
 * the error of the system.
 */
export const changeFile = async <Result>(
  name: string,
  clock: Clock,
  change: (exists: boolean) => FileChange<Result>,
): Promise<{ readonly result: Result } | undefined> => {
  const file = realFile(name)
  const unlock = await lockedBy(file, clock)
  if (unlock === undefined) return undefined
  try {
    const like = statSync(file, { throwIfNoEntry: false })
    const { text, result } = change(like !== undefined)
    if (text !== undefined) replaceFile(file, Buffer.from(text), like)
    return { result }
  } finally {
    unlock()
  }
}
