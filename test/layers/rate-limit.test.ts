import { expect, test } from 'vitest'
import { backendRateLimit, rateLimit, tokenBucket } from '../../src/layers/rate-limit.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { backendContext, edgeContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const ok = async () => result({})
const limit = { requests: 2, period_seconds: 10 }

test('a bucket lets one whole period through at once, then one token per share of the period', () => {
  const clock = createManualClock(0)
  const take = tokenBucket(limit, clock)
  expect([take(), take()]).toEqual([0, 0])
  expect(take()).toBe(5000)
  clock.set(4000)
  expect(take()).toBe(1000)
  clock.set(5000)
  expect(take()).toBe(0)
})

test('a bucket never holds more than one period, and a clock that steps back takes nothing away', () => {
  const clock = createManualClock(1_000_000)
  const take = tokenBucket(limit, clock)
  clock.set(9_000_000)
  expect([take(), take(), take() > 0]).toEqual([0, 0, true])
  clock.set(0)
  expect(take()).toBeGreaterThan(0)
  clock.set(5000)
  expect(take()).toBe(0)
})

test('the edge limit refuses with limit-rate and says when to come back', async () => {
  const handle = rateLimit.create({ rate_limit: limit }, testPorts(), edgeContext())!(ok)
  await handle(call('tools/list'))
  await handle(call('ping'))
  expect(await handle(call('tools/list'))).toEqual({
    kind: 'refusal',
    problem: { code: 'limit-rate', case: 'all', detail: 'More than 2 requests in 10 s' },
    retryAfterSeconds: 5,
  })
})

test('the limit of a backend counts calls, not the lists that the proxy asks for', async () => {
  const place = backendContext()
  const handle = backendRateLimit.create({ rate_limit: limit }, testPorts(), place)!(ok)
  for (let n = 0; n < 5; n += 1) expect((await handle(call('tools/list'))).kind).toBe('result')
  await handle(toolCall('a'))
  await handle(toolCall('a'))
  expect(await handle(toolCall('a'))).toMatchObject({
    kind: 'refusal',
    problem: { code: 'limit-backend-rate', detail: 'Backend files accepts 2 requests in 10 s' },
    retryAfterSeconds: 5,
  })
})

test('without a limit there is no layer', () => {
  expect(rateLimit.create({ rate_limit: undefined }, testPorts(), edgeContext())).toBeUndefined()
  expect(
    backendRateLimit.create({ rate_limit: undefined }, testPorts(), backendContext()),
  ).toBeUndefined()
})
