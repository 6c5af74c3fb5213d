// Writes a configuration file, behind a symbolic link too.
import { realpathSync, statSync } from 'node:fs'
import { replaceFile } from '../base/replace-file.ts'
import { fileWords } from '../base/system-errors.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'

/** In one step, with the mode of the file that is there. Throws a UsageError where it cannot be written. */
export const replaceConfigFile = (file: string, text: string): void => {
  try {
    const target = realpathSync(file)
    replaceFile(target, Buffer.from(text), statSync(target))
  } catch (error) {
    const why = fileWords((error as NodeJS.ErrnoException).code ?? '')
    throw usageError(problemOf('usage-flag', 'file-unwritable', { file, why }))
  }
}
