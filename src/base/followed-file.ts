// A file that a running process looks at each second, so that what others change in it counts without a restart.
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from './clock.ts'
import { isSameFile } from './file-identity.ts'

/** How often the file is looked at: one question to the file system. */
const intervalMs = 1000

export interface FollowedFile {
  /** Begins to look. A second call does nothing. */
  start(): void
  close(): void
}

const look = (file: string): Promise<Stats | undefined> => stat(file).catch(() => undefined)

const isUnchanged = (before: Stats | undefined, now: Stats | undefined): boolean =>
  before === undefined || now === undefined ? before === now : isSameFile(before, now)

/**
 * Calls `onChanged` after each change of the file, its end included. Looks at it before it returns: what is read afterwards
 * and changes in between is reported once more, not missed.
 */
export const followFile = async (
  file: string,
  clock: Clock,
  onChanged: () => void,
): Promise<FollowedFile> => {
  const closed = new AbortController()
  let seen = await look(file)
  const follow = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      await clock.sleep(intervalMs, closed.signal).catch(() => undefined)
      if (closed.signal.aborted) return
      const now = await look(file)
      if (closed.signal.aborted || isUnchanged(seen, now)) continue
      seen = now
      onChanged()
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
