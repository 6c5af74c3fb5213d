// Nonces that are known again without being kept.
import { expect, test } from 'vitest'
import { createNonces } from '../../../src/core/possession/dpop-nonce.ts'
import { createManualClock, testEpochMs } from '../../support/manual-clock.ts'

const minute = 60_000
const start = testEpochMs - (testEpochMs % minute)

test('a nonce is good in its own period and the next, not after', () => {
  const clock = createManualClock(start)
  const nonces = createNonces(clock)
  const nonce = nonces.current()
  const goodAfter = (ms: number): boolean => {
    clock.set(start + ms)
    return nonces.isOurs(nonce)
  }
  expect([0, minute - 1, minute, 2 * minute - 1].map(goodAfter)).toEqual([true, true, true, true])
  expect([2 * minute, 60 * minute].map(goodAfter)).toEqual([false, false])
})

test('they rotate', () => {
  const clock = createManualClock(start)
  const nonces = createNonces(clock)
  const seen = [0, 1, 2, 3].map((n) => {
    clock.set(start + n * minute)
    return nonces.current()
  })
  expect(new Set(seen).size).toBe(4)
  // RFC 9449 section 8.1: NQCHAR.
  for (const nonce of seen) expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
})

test('those of another server, and anything else, are foreign', () => {
  const clock = createManualClock(start)
  const nonces = createNonces(clock)
  expect(nonces.isOurs(createNonces(clock).current())).toBe(false)
  expect(nonces.isOurs('')).toBe(false)
  expect(nonces.isOurs(`${nonces.current()}x`)).toBe(false)
})
