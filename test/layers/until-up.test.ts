// How long a call waits for its backend.
import { describe, expect, test } from 'vitest'
import type { CancelSignal } from '../../src/base/cancellation.ts'
import type { JsonObject } from '../../src/base/json.ts'
import type { BackendEvent, Health } from '../../src/backends/backend.ts'
import { untilUp as wait } from '../../src/layers/until-up.ts'
import { createManualClock } from '../support/manual-clock.ts'

const up = (capabilities: JsonObject = {}): Health => ({
  state: 'up',
  since: 0,
  era: 'modern',
  protocolVersion: '2026-07-28',
  capabilities,
})
const down = (retryAt?: number): Health => ({
  state: 'down',
  since: 0,
  problem: { code: 'backend-unavailable', detail: 'away' },
  ...(retryAt === undefined ? {} : { retryAt }),
})

const { signal } = new AbortController()

describe('waiting for a backend', () => {
  const waiting = (first: Health) => {
    const clock = createManualClock(0)
    const listeners = new Set<(event: BackendEvent) => void>()
    let health = first
    const backend = {
      get health() {
        return health
      },
      subscribe: (listener: (event: BackendEvent) => void) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
    return {
      clock,
      listeners,
      untilUp: (limitMs: number, left: CancelSignal) => wait(backend, clock, limitMs, left),
      become: (next: Health) => {
        health = next
        for (const listener of listeners) listener({ kind: 'health', health })
      },
    }
  }

  test('takes no time while it is up', async () => {
    const { untilUp, clock } = waiting(up())
    expect(await untilUp(5000, signal)).toBe(true)
    expect(clock.sleepers).toBe(0)
  })

  test('ends when it comes, over a try in vain', async () => {
    const { untilUp, become, clock, listeners } = waiting(down(1000))
    const waited = untilUp(5000, signal)
    become(down(3000))
    become(up())
    expect(await waited).toBe(true)
    expect([clock.sleepers, listeners.size]).toEqual([0, 0])
  })

  test('ends with the time that it was given', async () => {
    const { untilUp, clock, listeners } = waiting({ state: 'starting', since: 0 })
    const waited = untilUp(5000, signal)
    await clock.advance(5000)
    expect(await waited).toBe(false)
    expect(listeners.size).toBe(0)
  })

  test.each([
    ['later', 5001],
    ['never', undefined],
  ])('does not begin when it is known to come %s', async (_when, retryAt) => {
    const { untilUp, clock } = waiting(down(retryAt))
    expect(await untilUp(5000, signal)).toBe(false)
    expect(clock.sleepers).toBe(0)
  })

  test('ends when it becomes known that it will come too late', async () => {
    const { untilUp, become, clock } = waiting(down(1000))
    const waited = untilUp(5000, signal)
    become(down(31_000))
    expect(await waited).toBe(false)
    expect(clock.sleepers).toBe(0)
  })

  test('ends when the caller leaves', async () => {
    const left = new AbortController()
    const { untilUp, clock, listeners } = waiting(down(1000))
    const waited = untilUp(5000, left.signal)
    left.abort()
    expect(await waited).toBe(false)
    expect([clock.sleepers, listeners.size]).toEqual([0, 0])
  })
})
