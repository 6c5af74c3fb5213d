// How many calls are at a backend at one time: the others wait in line for a turn, not too many of them and not too long.
import { alarmsOf, type Alarm } from '../base/alarms.ts'
import type { CancelSignal } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import { Line, Place } from '../base/line.ts'

export interface TurnSettings {
  readonly max_concurrent: number
  readonly max_queued: number
  readonly max_wait_seconds: number
}

/** `turn`: the call may go, and gives its turn back at its end. The others say why it did not go. */
export type Waited = 'turn' | 'full' | 'late' | 'cancelled' | 'dismissed'

export class Turns {
  private readonly settings: TurnSettings
  private readonly clock: Clock
  private readonly line = new Line<(waited: Waited) => void>()
  private inUse = 0

  constructor(settings: TurnSettings, clock: Clock) {
    this.settings = settings
    this.clock = clock
  }

  get flying(): number {
    return this.inUse
  }

  get waiting(): number {
    return this.line.size
  }

  /** Takes a turn where there is one. First come, first served: not past those that wait. */
  take(): boolean {
    if (this.inUse >= this.settings.max_concurrent) return false
    this.inUse += 1
    return true
  }

  /** Resolves with the turn, or with why there was none; then nothing has to be given back. */
  wait(signal: CancelSignal): Promise<Waited> {
    const { max_queued: most, max_wait_seconds: seconds } = this.settings
    if (this.line.size >= most) return Promise.resolve('full')
    if (signal.aborted) return Promise.resolve('cancelled')
    return new Promise((resolve) => {
      let alarm: Alarm | undefined
      const onAbort = () => leave('cancelled')
      const leave = (waited: Waited) => {
        this.line.leave(place)
        alarm?.cancel()
        signal.removeEventListener('abort', onAbort)
        resolve(waited)
      }
      const place = new Place(leave)
      this.line.enter(place)
      alarm = alarmsOf(this.clock).set(seconds * 1000, () => leave('late'))
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The turn goes to the first in line, or back. */
  giveBack(): void {
    const { first } = this.line
    if (first === undefined) this.inUse -= 1
    else first.value('turn')
  }

  /** All that wait go away. */
  dismiss(): void {
    for (let { first } = this.line; first !== undefined; { first } = this.line) {
      first.value('dismissed')
    }
  }
}
