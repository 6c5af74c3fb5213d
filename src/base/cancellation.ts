// A way to end work from outside that costs next to nothing until somebody listens: most calls are never cancelled.

/** What listens for the end of a call. Every AbortSignal is one. */
export interface CancelSignal {
  readonly aborted: boolean
  /** Why, where that was said: a text for the one that did the work. */
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The other end of a CancelSignal. Every AbortController is one. */
export interface Cancel {
  readonly signal: CancelSignal
  abort(reason?: string): void
}

/** One object is both ends: a listener or two are all that a call ever has. */
class Cancellation implements Cancel, CancelSignal {
  aborted = false
  reason: string | undefined
  private listeners: (() => void)[] | undefined

  get signal(): CancelSignal {
    return this
  }

  abort(reason?: string): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const { listeners } = this
    this.listeners = undefined
    for (const listener of listeners ?? []) listener()
  }

  /** Once, as an abort comes but once. */
  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return
    if (this.listeners === undefined) this.listeners = [listener]
    else if (!this.listeners.includes(listener)) this.listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const { listeners } = this
    if (listeners === undefined) return
    const index = listeners.indexOf(listener)
    if (index !== -1) listeners.splice(index, 1)
  }
}

export const createCancel = (): Cancel => new Cancellation()

const longestReason = 1000

/** The reason that a person or a program gave, bounded; undefined where none was. */
export const reasonText = (reason: unknown): string | undefined =>
  typeof reason === 'string' && reason !== '' ? reason.slice(0, longestReason) : undefined

/** What a promise rejects with that was given up. Made once: a stack for every cancelled wait would cost more than the wait. */
const cancelled = new Error('cancelled')

export const cancelReason = (signal: CancelSignal | undefined): Error =>
  signal instanceof AbortSignal && signal.reason instanceof Error ? signal.reason : cancelled

/** The real thing, for platform functions that take no less. Lives as long as `signal` does. */
export const abortSignalOf = (signal: CancelSignal): AbortSignal => {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort()
  else signal.addEventListener('abort', () => controller.abort(), { once: true })
  return controller.signal
}

/** Resolves when the first of them aborts. */
export const untilAborted = (...signals: readonly CancelSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const onAbort = () => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort)
      resolve()
    }
    for (const signal of signals) signal.addEventListener('abort', onAbort)
    if (signals.some(({ aborted }) => aborted)) onAbort()
  })
