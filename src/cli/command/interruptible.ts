// Work that starts children or waits for servers: it ends in order at a signal, or when its time is over.
import { systemClock } from '../../base/clock.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { endAtOnce, exitCodes } from './exit-codes.ts'

/** A signal ended the work: what was started has been ended. */
class Interrupted extends Error {
  override name = 'Interrupted'
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The time that the work has. */
export interface Patience {
  /** It does not run while a person is asked. */
  readonly pause: () => void
  /** It runs from its start again. */
  readonly resume: () => void
}

const openPatience = (seconds: number, onOver: () => void): Patience => {
  let timer = new AbortController()
  const pause = () => timer.abort()
  return {
    pause,
    resume: () => {
      pause()
      timer = new AbortController()
      systemClock.sleep(seconds * 1000, timer.signal).then(onOver, () => undefined)
    },
  }
}

/**
 * Runs `work` with a signal that aborts at the first signal of the system or when time is over. Children
 * are ended in order then; a second signal ends at once, and kills them.
 */
export const interruptible = async <Result>(
  seconds: number,
  note: Narrator['note'],
  work: (signal: AbortSignal, patience: Patience) => Promise<Result>,
): Promise<{ readonly result: Result; readonly late: boolean }> => {
  const stop = new AbortController()
  let interrupted = false
  let late = false
  const onSignal = () => {
    if (interrupted) process.exit(exitCodes.interrupted)
    interrupted = true
    note('ending what was started; a second signal ends at once')
    stop.abort()
  }
  const endedAtOnce = process.listeners('SIGINT').includes(endAtOnce)
  process.off('SIGINT', endAtOnce)
  for (const signal of signals) process.on(signal, onSignal)
  const patience = openPatience(seconds, () => {
    late = true
    stop.abort()
  })
  patience.resume()
  try {
    const result = await work(stop.signal, patience)
    if (interrupted) throw new Interrupted('ended by a signal')
    return { result, late }
  } finally {
    patience.pause()
    for (const signal of signals) process.off(signal, onSignal)
    if (endedAtOnce) process.once('SIGINT', endAtOnce)
  }
}
