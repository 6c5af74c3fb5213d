// The key file of a running proxy: looked at each second, so that a key that is revoked stops working without a restart.
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isSameFile } from '../../base/file-identity.ts'
import type { Ports } from '../../base/ports.ts'
import { hintOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { isKeyFile, readKeyFile, type KeyEntry } from './key-file.ts'

/** How often the file is looked at: one question to the file system. */
const intervalMs = 1000

export interface FollowedKeys {
  /** Begins to look. Without it the keys stay as they were read. */
  start(): void
  close(): void
}

const look = (file: string): Promise<Stats | undefined> => stat(file).catch(() => undefined)

const isUnchanged = (before: Stats | undefined, now: Stats | undefined): boolean =>
  before === undefined || now === undefined ? before === now : isSameFile(before, now)

/**
 * Reads the file and hands its keys to `use`, at once and after each change. Throws a UsageError where it cannot be
 * used at the beginning; afterwards the last good content stays in use, and the log says why.
 */
export const followKeys = async (
  file: string,
  { clock, log }: Pick<Ports, 'clock' | 'log'>,
  use: (keys: readonly KeyEntry[]) => void,
): Promise<FollowedKeys> => {
  const closed = new AbortController()
  // Looked at before it is read: what changes in between is read twice, not missed.
  let seen = await look(file)
  const first = readKeyFile(file)
  if (!isKeyFile(first)) throw usageError(first)
  use(first.keys)

  const complain = (problem: Problem): void => {
    const { code, detail } = problem
    log.error(
      { code, detail, hint: hintOf(problem) },
      'key file not read: the previous keys stay in use',
    )
  }
  const again = (): void => {
    const read = readKeyFile(file)
    if (!isKeyFile(read)) return complain(read)
    use(read.keys)
    log.info({ file, keys: read.keys.length }, 'key file read again')
  }
  const follow = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      await clock.sleep(intervalMs, closed.signal).catch(() => undefined)
      if (closed.signal.aborted) return
      const now = await look(file)
      if (closed.signal.aborted || isUnchanged(seen, now)) continue
      seen = now
      again()
    }
  }

  let started = false
  return {
    start: () => {
      if (!started) void follow()
      started = true
    },
    close: () => closed.abort(),
  }
}
