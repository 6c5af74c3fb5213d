import { describe, expect, test } from 'vitest'
import type { Decision } from '../../src/decisions/decision.ts'
import { createLoopDetector } from '../../src/decisions/loop-detector.ts'
import { unexplained } from '../support/decisions.ts'
import { hintOf, problemOf, type Problem } from '../../src/problems/problem.ts'

const expired = problemOf('key-unknown', 'id', { id: 'abcdefghij' })
const scope = problemOf('policy-scope', { missing: '"a"', needed: '"a"' })

interface Refused {
  readonly at: number
  readonly token?: string | undefined
  readonly problem?: Problem
  readonly status?: number | undefined
  readonly client?: string
  readonly address?: string
}

const refusal = ({ at, token, status = 401, problem = expired, ...who }: Refused): Decision => ({
  id: String(at),
  time: at,
  outcome: 'rejected',
  status,
  problem,
  checks: [],
  request: {},
  caller: {
    token,
    address: who.address ?? '192.0.2.7',
    client: { name: who.client ?? 'cursor', version: '3.2' },
  },
  ...unexplained,
})

/** The times at which a loop was named. */
const namedAt = (decisions: readonly Decision[]): readonly number[] => {
  const detector = createLoopDetector()
  return decisions.flatMap((one) => (detector.seen(one) === undefined ? [] : [one.time]))
}

const every = (ms: number, count: number, more: Omit<Refused, 'at'> = {}) =>
  Array.from({ length: count }, (_, n) => refusal({ at: n * ms, ...more }))

describe('a loop', () => {
  test.each([
    ['five refusals in a minute', every(15_000, 5), [60_000]],
    ['four', every(100, 4), []],
    ['five that took longer than a minute', every(15_001, 12), []],
    [
      'five of two programs at one address',
      [...every(100, 3), ...every(100, 4, { client: 'x' })],
      [],
    ],
    [
      'five of one program at two addresses',
      [...every(9, 3), ...every(9, 4, { address: '::1' })],
      [],
    ],
    [
      'five for two reasons in turn',
      every(9, 4).flatMap((a, n) => [a, refusal({ at: n, problem: scope })]),
      [],
    ],
    ['five in a row for want of a scope', every(100, 5, { problem: scope, status: 403 }), [400]],
    ['five limits', every(100, 9, { status: 429 }), []],
  ] as const)('is named once: %s', (_, decisions, wanted) => {
    expect(namedAt(decisions)).toEqual(wanted)
  })

  test('that goes on is named again after ten minutes, and no earlier', () => {
    expect(namedAt(every(10_000, 130))).toEqual([40_000, 640_000, 1_240_000])
  })

  test.each([
    ['no token', [undefined, undefined], 'no-token', undefined],
    ['one token', ['aaaaaaaa', 'aaaaaaaa'], 'same-token', expired],
    ['a new token each time', ['aaaaaaaa', 'bbbbbbbb'], 'new-tokens', expired],
    ['no token and the same token in turn', [undefined, 'aaaaaaaa'], 'same-token', expired],
  ] as const)(
    'of a client that sends %s says so, with the remedy of the cause',
    (_, tokens, name, cause) => {
      const detector = createLoopDetector()
      const found = Array.from({ length: 5 }, (_none, n) =>
        detector.seen(refusal({ at: n, token: tokens[n % 2] })),
      ).at(-1)
      expect(found).toMatchObject({ code: 'client-loop', case: name })
      expect(found?.detail).toContain('cursor at 192.0.2.7')
      expect(found?.detail).toContain(' in 1s')
      const remedy = found === undefined ? '' : hintOf(found)
      expect(remedy).toContain(cause === undefined ? 'mcp-proxy discover' : hintOf(cause))
    },
  )

  test('of one client does not cost another more than its place among the latest 2,000', () => {
    const detector = createLoopDetector()
    for (let n = 0; n < 4; n += 1) detector.seen(refusal({ at: n }))
    for (let n = 0; n < 3000; n += 1)
      detector.seen(refusal({ at: n, address: `10.0.${n >> 8}.${n & 255}` }))
    expect(detector.seen(refusal({ at: 3001 }))).toBeUndefined()
  })
})
