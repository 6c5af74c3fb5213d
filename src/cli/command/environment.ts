// The environment of a command: that of the process, and below it a file of variables (--env-file).
import { parseEnv } from 'node:util'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

const largest = 1_048_576

/**
 * `file`: lines of `NAME=value` with comments and quotes, as `node --env-file` reads them. What the process has counts
 * more, unless it is empty. Reads the file at each call. Throws a UsageError where it cannot be read; where it does not
 * exist when the command starts, node itself ends with exit 9, since it looks for --env-file in all arguments.
 */
export const environmentWith = (file: string | undefined): NodeJS.ProcessEnv => {
  if (file === undefined) return process.env
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read)) {
    throw usageError(problemOf('usage-flag', 'env-file', { file, why: read.why }))
  }
  const own = Object.entries(process.env).filter(([, value]) => value !== '')
  return { ...parseEnv(read.bytes.toString('utf8')), ...Object.fromEntries(own) }
}
