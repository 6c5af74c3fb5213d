// Nonces that are known again without being kept.
import { expect, test } from 'vitest'
import { createNonces } from '../../../src/core/possession/dpop-nonce.ts'
import { createManualClock, testEpochMs } from '../../support/manual-clock.ts'

const minute = 60_000
const start = testEpochMs - (testEpochMs % minute)

test('a nonce is good in its own period and the next, and known as an old one after that', () => {
  const clock = createManualClock(start)
  const nonces = createNonces(clock)
  const nonce = nonces.current()
  const ageAfter = (ms: number): string => {
    clock.set(start + ms)
    return nonces.ageOf(nonce)
  }
  expect([0, minute - 1, minute, 2 * minute - 1].map(ageAfter)).toEqual(Array(4).fill('good'))
  expect([2 * minute, 60 * minute, 600 * minute].map(ageAfter)).toEqual(Array(3).fill('stale'))
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

test('those of another server, of the future, and anything else, are unknown', () => {
  const clock = createManualClock(start)
  const nonces = createNonces(clock)
  clock.set(start + 10 * minute)
  const later = nonces.current()
  clock.set(start)
  const [period = ''] = nonces.current().split('.')
  const foreign = [
    createNonces(clock).current(),
    later,
    '',
    period,
    `${period}.`,
    `${nonces.current()}x`,
    `0${nonces.current()}`,
    nonces.current().toUpperCase(),
    '-1.x',
    'NaN.x',
  ]
  expect(foreign.map((nonce) => nonces.ageOf(nonce))).toEqual(foreign.map(() => 'unknown'))
})
