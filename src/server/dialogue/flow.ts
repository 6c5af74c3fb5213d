// How much may wait for a slow reader, and when it has caught up.
import type { ServerResponse } from 'node:http'

/** Beyond this the caller does not keep up: notifications may be lost, memory may not. */
export const maxBuffered = 1_048_576

/** Beyond this a backend that can be kept waiting is kept waiting. */
export const comfortable = maxBuffered / 4

/** Resolves when the connection has taken what was written, or is gone; undefined while it keeps up. */
export const drainedOf = (res: ServerResponse): Promise<void> | undefined =>
  res.destroyed || res.writableLength <= comfortable
    ? undefined
    : new Promise((resolve) => {
        const settle = () => {
          res.off('drain', settle)
          res.off('close', settle)
          resolve()
        }
        res.on('drain', settle)
        res.on('close', settle)
      })
