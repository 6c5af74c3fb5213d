import { describe, expect, test } from 'vitest'
import type { Decision } from '../../src/decisions/decision.ts'
import { createDecisionLog } from '../../src/decisions/decision-log.ts'
import { unexplained } from '../support/decisions.ts'
import { matches } from '../../src/decisions/decision-filter.ts'

const decision = (id: string, more: Partial<Decision> = {}): Decision => ({
  id,
  time: 0,
  outcome: 'rejected',
  checks: [],
  request: {},
  caller: {},
  ...unexplained,
  ...more,
})

const idsOf = (kept: readonly Decision[]) => kept.map(({ id }) => id)

describe('the log of decisions', () => {
  test('keeps the newest, as many as it was told', () => {
    const log = createDecisionLog({ keep: 3, accepted: 0 })
    for (const id of ['a', 'b', 'c', 'd', 'e']) log.add(decision(id))
    expect(idsOf(log.newest())).toEqual(['e', 'd', 'c'])
    expect(log.find('a')).toEqual([])
    expect(log.find('d').map(({ seq }) => seq)).toEqual([4])
  })

  test('has all decisions of one request id, in their order', () => {
    const log = createDecisionLog({ keep: 10, accepted: 0 })
    log.add(decision('batch', { status: 1 }))
    log.add(decision('other'))
    log.add(decision('batch', { status: 2 }))
    expect(log.find('batch').map(({ status }) => status)).toEqual([1, 2])
  })

  test('finds a request id by its first 8 characters, as a terminal shows it, and by no fewer', () => {
    const log = createDecisionLog({ keep: 10, accepted: 0 })
    log.add(decision('523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'))
    log.add(decision('523c2770-9a0e-4a35-8f7a-6a5d9c1f0b11'))
    expect(idsOf(log.find('523C276F'))).toEqual(['523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'])
    expect(log.find('523c27')).toEqual([])
  })

  test('with nothing to keep still numbers decisions and shows them to followers', () => {
    const log = createDecisionLog({ keep: 0, accepted: 0 })
    const seen: number[] = []
    const stop = log.follow(({ seq }) => seen.push(seq))
    log.add(decision('a'))
    log.add(decision('b'))
    stop()
    log.add(decision('c'))
    expect(seen).toEqual([1, 2])
    expect(log.newest()).toEqual([])
  })

  test.each([
    [1, ['e']],
    [2, ['e', 'd']],
    [9, ['e', 'd', 'c', 'b', 'a']],
    [0, []],
  ])('resized to %i keeps the newest of what it has, and goes on', (keep, left) => {
    const log = createDecisionLog({ keep: 5, accepted: 0 })
    for (const id of ['a', 'b', 'c', 'd', 'e']) log.add(decision(id))
    log.use({ keep, accepted: 0 })
    expect(idsOf(log.newest())).toEqual(left)
    log.add(decision('f'))
    expect(idsOf(log.newest())).toEqual(['f', ...left].slice(0, keep))
  })

  test('gives what came after a number; one from another process gives nothing', () => {
    const log = createDecisionLog({ keep: 3, accepted: 0 })
    for (const id of ['a', 'b', 'c', 'd']) log.add(decision(id))
    expect(idsOf(log.after(3))).toEqual(['d'])
    expect(idsOf(log.after(0))).toEqual(['b', 'c', 'd'])
    expect(log.after(99)).toEqual([])
  })

  test.each([
    [0, 0],
    [0.01, 10],
    [0.25, 250],
    [1, 1000],
  ])('a share of %f takes that share of a thousand acceptances', (accepted, taken) => {
    const log = createDecisionLog({ keep: 1, accepted })
    const count = Array.from({ length: 1000 }, () => log.takesAccepted()).filter(Boolean).length
    expect(Math.abs(count - taken)).toBeLessThanOrEqual(1)
  })
})

describe('filters', () => {
  const one = {
    ...decision('a', {
      status: 401,
      problem: { code: 'claim-aud', detail: '' },
      request: { door: 'mcp', backend: 'files', name: 'files__read' },
      caller: { clientId: 'app', sub: 'mia', client: { name: 'Claude-Code', version: '1' } },
    }),
    seq: 1,
  }
  test.each([
    [{}, true],
    [{ outcome: 'rejected', status: '401', code: 'claim-aud', backend: 'files' }, true],
    [{ client: 'claude' }, true],
    [{ client: 'app' }, true],
    [{ client: 'ap' }, false],
    [{ sub: 'mia', name: 'files__read' }, true],
    [{ sub: 'leo' }, false],
    [{ status: '403' }, false],
    [{ code: 'claim-iss' }, false],
    [{ outcome: 'accepted' }, false],
    [{ backend: 'other' }, false],
    [{ door: 'mcp' }, true],
    [{ door: 'verify' }, false],
  ])('%o', (filter, expected) => {
    expect(matches(one, filter)).toBe(expected)
  })
})
