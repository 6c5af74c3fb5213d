// The key file of a running proxy: looked at each second, so that a key that is revoked stops working without a restart.
import { followFile, type FollowedFile } from '../../base/followed-file.ts'
import type { Ports } from '../../base/ports.ts'
import { hintOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { isKeyFile, readKeyFile, type KeyEntry } from './key-file.ts'

/**
 * Reads the file and hands its keys to `use`, at once and after each change. Throws a UsageError where it cannot be
 * used at the beginning; afterwards the last good content stays in use, and the log says why.
 */
export const followKeys = async (
  file: string,
  { clock, log }: Pick<Ports, 'clock' | 'log'>,
  use: (keys: readonly KeyEntry[]) => void,
): Promise<FollowedFile> => {
  const complain = (problem: Problem): void => {
    const { code, detail } = problem
    log.error(
      { code, detail, hint: hintOf(problem) },
      'key file not read: the previous keys stay in use',
    )
  }
  const followed = await followFile(file, clock, () => {
    const read = readKeyFile(file)
    if (!isKeyFile(read)) return complain(read)
    use(read.keys)
    log.info({ file, keys: read.keys.length }, 'key file read again')
  })
  const first = readKeyFile(file)
  if (!isKeyFile(first)) throw usageError(first)
  use(first.keys)
  return followed
}
