import { describe, expect, test, vi } from 'vitest'
import { createCancel, type CancelSignal } from '../../src/base/cancellation.ts'
import { unlessAborted, within } from '../../src/base/within.ts'
import { createManualClock, settle } from '../support/manual-clock.ts'

const never = new Promise<never>(() => undefined)

/** A signal that counts who listens to it. */
const countedSignal = () => {
  const cancel = createCancel()
  const listeners = new Set<() => void>()
  const signal: CancelSignal = {
    get aborted() {
      return cancel.signal.aborted
    },
    addEventListener: (type, listener, options) => {
      listeners.add(listener)
      cancel.signal.addEventListener(type, listener, options)
    },
    removeEventListener: (type, listener) => {
      listeners.delete(listener)
      cancel.signal.removeEventListener(type, listener)
    },
  }
  return { signal, listeners, abort: () => cancel.abort() }
}

describe('within a limit', () => {
  test('work that is done in time gives its result, and leaves no timer and no listener', async () => {
    const clock = createManualClock()
    const { signal, listeners } = countedSignal()
    const late = vi.fn<() => void>()
    expect(await within(Promise.resolve(7), { ms: 10, clock, signal }, late)).toBe(7)
    await settle()
    expect(clock.sleepers).toBe(0)
    expect(listeners.size).toBe(0)
    expect(late).not.toHaveBeenCalled()
  })

  test('work that fails in time fails the wait, and leaves no timer', async () => {
    const clock = createManualClock()
    const late = vi.fn<() => void>()
    const failed = within(Promise.reject(new Error('broken')), { ms: 10, clock }, late)
    await expect(failed).rejects.toThrow('broken')
    await settle()
    expect(clock.sleepers).toBe(0)
    expect(late).not.toHaveBeenCalled()
  })

  test('the deadline ends the wait with what is given for it', async () => {
    const clock = createManualClock()
    const waited = within(never, { ms: 10, clock }, () => 'late')
    await clock.advance(10)
    expect(await waited).toBe('late')
  })

  test('what the deadline throws fails the wait', async () => {
    const clock = createManualClock()
    const waited = within(never, { ms: 10, clock }, (): never => {
      throw new Error('too late')
    })
    const seen = waited.catch((error: unknown) => String(error))
    await clock.advance(10)
    expect(await seen).toContain('too late')
  })

  test('work that fails after the deadline is nobody’s unhandled rejection', async () => {
    const clock = createManualClock()
    let fail: (error: Error) => void = () => undefined
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    const waited = within(work, { ms: 10, clock }, () => 'late')
    await clock.advance(10)
    expect(await waited).toBe('late')
    fail(new Error('afterwards'))
    await settle()
  })

  test.each(['before', 'during'] as const)('an abort %s the wait ends it', async (when) => {
    const clock = createManualClock()
    const { signal, listeners, abort } = countedSignal()
    if (when === 'before') abort()
    const waited = within(never, { ms: 10, clock, signal }, () => 'ended')
    if (when === 'during') abort()
    expect(await waited).toBe('ended')
    expect(clock.sleepers).toBe(0)
    expect(listeners.size).toBe(0)
  })
})

describe('unless aborted', () => {
  test('gives the result of the work, and stops listening', async () => {
    const { signal, listeners } = countedSignal()
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7)
    expect(listeners.size).toBe(0)
  })

  test.each(['before', 'during'] as const)('gives undefined after an abort %s it', async (when) => {
    const { signal, listeners, abort } = countedSignal()
    if (when === 'before') abort()
    const waited = unlessAborted(never, signal)
    if (when === 'during') abort()
    expect(await waited).toBeUndefined()
    expect(listeners.size).toBe(0)
  })
})
