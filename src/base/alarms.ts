// Many deadlines on one timer of the clock. Setting one and putting it off costs no timer, no promise and no listener.
//
// Alarms of equal length ring in the order in which they were set, so each length has a line of its own, of which only the
// first place can be due next.
import type { Clock } from './clock.ts'
import { createCancel, type Cancel } from './cancellation.ts'
import { Line, Place } from './line.ts'

export interface Alarm {
  /** It does not ring any more. */
  cancel(): void
  /** Its whole time begins again now. One that has rung or was cancelled stays so. */
  restart(): void
}

export interface Alarms {
  /** Rings once, `ms` milliseconds from now or a little later; `ring` must not throw. */
  set(ms: number, ring: () => void): Alarm
}

/** The timer stays no longer than this after the last alarm is gone. */
const longestSleepMs = 1000

class Length {
  readonly ms: number
  readonly line = new Line<PendingAlarm>()

  constructor(ms: number) {
    this.ms = ms
  }
}

class PendingAlarm implements Alarm {
  at: number
  readonly ring: () => void
  readonly place: Place<PendingAlarm>
  private readonly length: Length
  private readonly clock: Clock

  constructor(clock: Clock, length: Length, ring: () => void) {
    this.clock = clock
    this.length = length
    this.ring = ring
    this.at = clock.elapsed() + length.ms
    this.place = new Place<PendingAlarm>(this)
    length.line.enter(this.place)
  }

  cancel(): void {
    this.length.line.leave(this.place)
  }

  restart(): void {
    if (this.place.line === undefined) return
    this.at = this.clock.elapsed() + this.length.ms
    this.length.line.enter(this.place)
  }
}

const createAlarms = (clock: Clock): Alarms => {
  const lengths = new Map<number, Length>()
  /** When the timer wakes; Infinity while there is none. */
  let wakesAt = Number.POSITIVE_INFINITY
  let timer: Cancel = createCancel()

  const sleepUntil = (at: number): void => {
    const now = clock.elapsed()
    const ms = Math.min(longestSleepMs, Math.max(0, at - now))
    timer.abort()
    const own = createCancel()
    timer = own
    wakesAt = now + ms
    clock.sleep(ms, own.signal).then(wake, () => undefined)
  }

  const ringDue = (line: Line<PendingAlarm>, now: number): void => {
    for (let { first } = line; first !== undefined && first.value.at <= now; { first } = line) {
      line.leave(first)
      first.value.ring()
    }
  }

  const wake = (): void => {
    wakesAt = Number.POSITIVE_INFINITY
    const now = clock.elapsed()
    let next = Number.POSITIVE_INFINITY
    for (const { ms, line } of lengths.values()) {
      ringDue(line, now)
      const { first } = line
      if (first === undefined) lengths.delete(ms)
      else next = Math.min(next, first.value.at)
    }
    // What rang may have set others, and with them the timer.
    if (next < wakesAt) sleepUntil(next)
  }

  return {
    set: (ms, ring) => {
      let length = lengths.get(ms)
      if (length === undefined) {
        length = new Length(ms)
        lengths.set(ms, length)
      }
      const alarm = new PendingAlarm(clock, length, ring)
      if (alarm.at < wakesAt) sleepUntil(alarm.at)
      return alarm
    },
  }
}

const known = new WeakMap<Clock, Alarms>()

/** The alarms on that clock: everything that uses it shares their timer. */
export const alarmsOf = (clock: Clock): Alarms => {
  const made = known.get(clock) ?? createAlarms(clock)
  if (!known.has(clock)) known.set(clock, made)
  return made
}
