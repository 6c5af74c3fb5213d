// Whether a backend is left alone because too many of its calls failed: a state machine without timers of its own.
import { alarmsOf, type Alarm } from '../base/alarms.ts'
import type { Clock } from '../base/clock.ts'
import type { CallEnd } from './call-end.ts'

/** `closed`: calls go out. `open`: none does. `half-open`: a few find out whether the backend is back. */
export type CircuitState = 'closed' | 'half-open' | 'open'

export interface CircuitSettings {
  /** Of the calls in the window, from above 0 to 1. */
  readonly failure_rate_threshold: number
  /** With fewer calls in the window nothing is concluded. */
  readonly minimum_calls: number
  readonly window_seconds: number
  readonly wait_duration_seconds: number
  readonly permitted_calls_in_half_open: number
}

/** The permission of one call: it counts in the state that gave it, and in no later one. */
export type Permit = number

export interface CircuitView {
  readonly state: CircuitState
  /** Milliseconds since the epoch. */
  readonly since: number
  /** In the window; while half-open of the trials. */
  readonly calls: number
  readonly failures: number
  /** How long no call goes out; 0 unless open. */
  readonly waitMs: number
}

/** Whole seconds until calls go out again, at least one. */
export const waitSeconds = (circuit: Circuit): number =>
  Math.max(1, Math.ceil(circuit.view().waitMs / 1000))

/** As many parts as the window has: the oldest of them ends at a time. */
const parts = 10

interface Part {
  index: number
  calls: number
  failures: number
}

/** Ends of calls in the last seconds. */
class Window {
  private readonly ring: Part[] = Array.from({ length: parts }, () => ({
    index: -1,
    calls: 0,
    failures: 0,
  }))
  private readonly partMs: number
  private readonly clock: Clock

  constructor(seconds: number, clock: Clock) {
    this.partMs = (seconds * 1000) / parts
    this.clock = clock
  }

  add(isFailure: boolean): void {
    const index = Math.floor(this.clock.elapsed() / this.partMs)
    const part = this.ring[index % parts] as Part
    if (part.index !== index) {
      part.index = index
      part.calls = 0
      part.failures = 0
    }
    part.calls += 1
    if (isFailure) part.failures += 1
  }

  sums(): { readonly calls: number; readonly failures: number } {
    const newest = Math.floor(this.clock.elapsed() / this.partMs)
    let calls = 0
    let failures = 0
    for (const part of this.ring) {
      if (part.index <= newest - parts) continue
      calls += part.calls
      failures += part.failures
    }
    return { calls, failures }
  }

  clear(): void {
    for (const part of this.ring) part.index = -parts
  }
}

export class Circuit {
  readonly settings: CircuitSettings
  private readonly clock: Clock
  private readonly window: Window
  private readonly listeners = new Set<(view: CircuitView) => void>()
  private current: CircuitState = 'closed'
  private since: number
  /** Counts the states: what was permitted in one says nothing in another. */
  private era: Permit = 1
  private openUntil = 0
  private alarm: Alarm | undefined
  private trialsFrom = 0
  private trials = 0
  private succeeded = 0
  private failed = 0

  constructor(settings: CircuitSettings, clock: Clock) {
    this.settings = settings
    this.clock = clock
    this.window = new Window(settings.window_seconds, clock)
    this.since = clock.now()
  }

  get state(): CircuitState {
    return this.current
  }

  /** 0: the call must not go out now. Else its end is reported once, with this. */
  admit(): Permit {
    if (this.current === 'closed') return this.era
    if (this.current === 'open') return 0
    // Trials that never end must not keep it half-open for good.
    if (this.clock.elapsed() - this.trialsFrom >= this.waitMs) this.beginTrials()
    if (this.trials >= this.settings.permitted_calls_in_half_open) return 0
    this.trials += 1
    return this.era
  }

  report(permit: Permit, end: CallEnd): void {
    if (permit !== this.era) return
    if (this.current === 'closed') this.onEnd(end)
    else this.onTrial(end)
  }

  /** The backend is there again as far as its connection shows: calls find out now whether it works. */
  tryNow(): void {
    if (this.current === 'open') this.halfOpen()
  }

  /** Calls go out, and what was counted is forgotten. */
  reset(): void {
    this.alarm?.cancel()
    this.close()
  }

  view(): CircuitView {
    const { current: state, since } = this
    const { calls, failures } =
      state === 'half-open'
        ? { calls: this.succeeded + this.failed, failures: this.failed }
        : this.window.sums()
    const waitMs = state === 'open' ? Math.max(0, this.openUntil - this.clock.elapsed()) : 0
    return { state, since, calls, failures, waitMs }
  }

  /** Calls the listener after each change of the state. Returns the function that ends that. */
  subscribe(listener: (view: CircuitView) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** No timer is left behind. */
  end(): void {
    this.alarm?.cancel()
    this.listeners.clear()
  }

  private get waitMs(): number {
    return this.settings.wait_duration_seconds * 1000
  }

  private onEnd(end: CallEnd): void {
    if (end === 'unclear') return
    this.window.add(end === 'down')
    if (end !== 'down') return
    const { calls, failures } = this.window.sums()
    const { minimum_calls: least, failure_rate_threshold: threshold } = this.settings
    if (calls >= least && failures >= threshold * calls) this.open()
  }

  /** Decides as soon as the trials that are left cannot change it. */
  private onTrial(end: CallEnd): void {
    if (end === 'unclear') {
      this.trials -= 1
      return
    }
    if (end === 'down') this.failed += 1
    else this.succeeded += 1
    const { permitted_calls_in_half_open: permitted, failure_rate_threshold } = this.settings
    const tooMany = failure_rate_threshold * permitted
    if (this.failed >= tooMany) this.open()
    else if (permitted - this.succeeded < tooMany) this.close()
  }

  private open(): void {
    this.openUntil = this.clock.elapsed() + this.waitMs
    this.alarm = alarmsOf(this.clock).set(this.waitMs, () => this.halfOpen())
    this.become('open')
  }

  private halfOpen(): void {
    this.alarm?.cancel()
    this.beginTrials()
    this.become('half-open')
  }

  private close(): void {
    this.window.clear()
    this.become('closed')
  }

  private beginTrials(): void {
    this.era += 1
    this.trialsFrom = this.clock.elapsed()
    this.trials = 0
    this.succeeded = 0
    this.failed = 0
  }

  private become(state: CircuitState): void {
    this.current = state
    this.since = this.clock.now()
    this.era += 1
    const view = this.view()
    for (const listener of this.listeners) listener(view)
  }
}
