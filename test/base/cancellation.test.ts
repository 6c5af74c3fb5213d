import { describe, expect, it } from 'vitest'
import { abortSignalOf, cancelReason, createCancel } from '../../src/base/cancellation.ts'

describe('a cancel', () => {
  it('tells each listener once, and only once', () => {
    const cancel = createCancel()
    let first = 0
    let second = 0
    const onFirst = () => (first += 1)
    cancel.signal.addEventListener('abort', onFirst)
    cancel.signal.addEventListener('abort', onFirst)
    cancel.signal.addEventListener('abort', () => (second += 1))
    cancel.abort()
    cancel.abort()
    expect({ first, second, aborted: cancel.signal.aborted }).toEqual({
      first: 1,
      second: 1,
      aborted: true,
    })
  })

  it('tells nothing to who does not listen any more, or begins to when it is over', () => {
    const cancel = createCancel()
    const told: string[] = []
    const left = () => told.push('left')
    cancel.signal.removeEventListener('abort', left)
    cancel.signal.addEventListener('abort', left)
    cancel.signal.removeEventListener('abort', left)
    cancel.abort()
    cancel.signal.addEventListener('abort', () => told.push('late'))
    expect(told).toEqual([])
  })

  it('goes on although a listener takes itself off', () => {
    const cancel = createCancel()
    const told: string[] = []
    const once = () => {
      cancel.signal.removeEventListener('abort', once)
      told.push('once')
    }
    cancel.signal.addEventListener('abort', once)
    cancel.signal.addEventListener('abort', () => told.push('after'))
    cancel.abort()
    expect(told).toEqual(['once', 'after'])
  })
})

describe('the AbortSignal of a cancel', () => {
  it('aborts with it, also where it had ended before', () => {
    const cancel = createCancel()
    const before = abortSignalOf(cancel.signal)
    expect(before.aborted).toBe(false)
    cancel.abort()
    expect(before.aborted).toBe(true)
    expect(abortSignalOf(cancel.signal).aborted).toBe(true)
  })

  it('is the very signal where it is one', () => {
    const { signal } = new AbortController()
    expect(abortSignalOf(signal)).toBe(signal)
  })
})

it('gives the reason of an AbortSignal, and an error for what has none', () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  controller.abort(reason)
  expect(cancelReason(controller.signal)).toBe(reason)
  expect(cancelReason(createCancel().signal)).toBeInstanceOf(Error)
})
