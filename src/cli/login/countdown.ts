// The time that is left for a login, on one line of the terminal that is written again each second.
import type { Clock } from '../../base/clock.ts'
import { duration } from '../../base/duration.ts'

interface Countdown {
  readonly clock: Clock
  readonly seconds: number
  readonly write: (text: string) => void
}

const clearLine = '\r\u001b[K'

export interface RunningCountdown {
  /** Takes the line away, for a moment, for what has to be said above it. */
  clear(): void
  stop(): void
}

export const startCountdown = ({ clock, seconds, write }: Countdown): RunningCountdown => {
  const stopped = new AbortController()
  const endsAt = clock.now() + seconds * 1000
  const tick = async (): Promise<void> => {
    for (;;) {
      const left = Math.max(0, Math.round((endsAt - clock.now()) / 1000))
      write(`${clearLine}waiting for the login, ${duration(left)} left`)
      if (left === 0) return
      await clock.sleep(1000, stopped.signal)
    }
  }
  tick().catch(() => undefined)
  const clear = (): void => {
    write(clearLine)
  }
  return {
    clear,
    stop: () => {
      if (stopped.signal.aborted) return
      stopped.abort()
      clear()
    },
  }
}
