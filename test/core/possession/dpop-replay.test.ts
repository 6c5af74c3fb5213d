// No proof passes twice, in bounded memory, and nobody can spoil it for others.
import { describe, expect, test } from 'vitest'
import { createReplayMemory } from '../../../src/core/possession/dpop-replay.ts'
import { createManualClock, testEpochMs } from '../../support/manual-clock.ts'

const now = testEpochMs / 1000

const setUp = (max?: number) => {
  const clock = createManualClock()
  const memory = createReplayMemory({
    clock,
    windowMs: 100_000,
    ...(max === undefined ? {} : { max }),
  })
  return {
    clock,
    use: (jti: string, jkt = 'key', iatSeconds = now) => memory.use({ jkt, jti, iatSeconds }),
  }
}

test('the same proof passes once', () => {
  const { use } = setUp()
  expect([use('a'), use('a'), use('b'), use('a')]).toEqual(['first', 'used', 'first', 'used'])
})

test('an identifier belongs to its key', () => {
  const { use } = setUp()
  expect([use('a', 'mine'), use('a', 'yours')]).toEqual(['first', 'first'])
})

test('it is remembered up to the end of its window and no longer', () => {
  const { clock, use } = setUp()
  use('a')
  clock.set(testEpochMs + 99_999)
  expect(use('a')).toBe('used')
  clock.set(testEpochMs + 100_000)
  expect(use('a')).toBe('first')
})

describe('more proofs than fit', () => {
  test('what fell out is refused, what is newer passes', () => {
    const { use } = setUp(2)
    use('a', 'key', now)
    use('b', 'key', now + 1)
    use('c', 'key', now + 2)
    expect(use('a', 'key', now)).toBe('forgotten')
    expect(use('never seen, as old', 'key', now)).toBe('forgotten')
    expect(use('d', 'key', now + 1)).toBe('first')
  })

  test('a flood by one key leaves the others alone', () => {
    const { use } = setUp(10)
    for (let n = 0; n < 1000; n += 1) use(`flood ${n}`, 'flooder', now + 60)
    expect(use('mine', 'me')).toBe('first')
    expect(use('mine', 'me')).toBe('used')
    expect(use('flood 1', 'flooder', now + 60)).toBe('forgotten')
  })

  test('a flood of keys never lets one proof pass twice', () => {
    const { use } = setUp(10)
    use('mine', 'me')
    for (let n = 0; n < 1000; n += 1) use('x', `key ${n}`)
    expect(use('mine', 'me')).not.toBe('first')
    for (let n = 0; n < 1000; n += 1) expect(use('x', `key ${n}`)).not.toBe('first')
  })
})
