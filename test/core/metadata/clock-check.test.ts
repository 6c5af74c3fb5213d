// What the Date header of an answer says about our clock, and when it says nothing.
import { describe, expect, test } from 'vitest'
import { checkClock, type ClockSample } from '../../../src/core/metadata/clock-check.ts'
import { remoteKeySource } from '../../../src/core/keys/keys.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { silentLogger } from '../../../src/base/ports.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import { jwksOf, testKey } from '../../support/tokens.ts'

const startedAt = Date.UTC(2026, 10, 23, 17, 40, 0)
const at = (seconds: number) => new Date(startedAt + seconds * 1000).toUTCString()
const sample = (headers: Record<string, string>, ms = 200): ClockSample => ({
  startedAt,
  ms,
  headers,
})

describe('our clock', () => {
  test.each([
    ['the same second', 0],
    ['the second before', -1],
    ['four seconds before', -4],
    ['four seconds later', 4],
  ])('agrees with %s', (_, seconds) => {
    expect(checkClock([sample({ date: at(seconds) })]).status).toBe('pass')
  })

  test.each([
    ['an hour ahead', -3600, '3599 s ahead of the authorization server'],
    ['six seconds ahead', -6, '5 s ahead of the authorization server'],
    ['six seconds behind', 6, '6 s behind the authorization server'],
    ['a year behind', 31_536_000, '31536000 s behind the authorization server'],
  ])('is %s', (_, seconds, words) => {
    const check = checkClock([sample({ date: at(seconds) })])
    expect(check).toMatchObject({ status: 'warn', message: `The local clock is ${words}` })
  })

  test('is not blamed for an answer that took long', () => {
    expect(checkClock([sample({ date: at(9) }, 10_000)]).status).toBe('pass')
    expect(checkClock([sample({ date: at(9) }, 10)]).status).toBe('warn')
  })

  test('is not blamed for an answer from a cache that says its age', () => {
    expect(checkClock([sample({ date: at(-600), age: '600' })]).status).toBe('pass')
    expect(checkClock([sample({ date: at(-600) })]).status).toBe('warn')
    expect(checkClock([sample({ date: at(-600), age: 'old' })]).status).toBe('warn')
  })

  test('is judged by the answer that agrees best', () => {
    const samples = [sample({ date: at(-600) }), sample({ date: at(0) }), sample({})]
    expect(checkClock(samples)).toMatchObject({ status: 'pass', evidence: { actual: 0 } })
  })

  test.each([
    [{}],
    [{ date: '' }],
    [{ date: 'yesterday' }],
    [{ date: '2026-11-23T17:40:00Z' }],
    [{ date: 'Mon, 99 Nov 2026 99:99:99 GMT' }],
  ])('is not judged by %j', (headers) => {
    expect(checkClock([sample(headers)]).status).toBe('skip')
    expect(checkClock([]).status).toBe('skip')
  })
})

test('the keys that were fetched bring the time along', async () => {
  const key = await testKey()
  const server = await startScriptedServer({ '/jwks': { body: jwksOf(key) } })
  const clock = createManualClock()
  const ports = { ...systemPorts({ log: silentLogger }), clock }
  const endpoint = { url: `${server.origin}/jwks`, reach: 'private' as const }
  const keys = remoteKeySource({ endpoint, ports, maxStaleSeconds: 60 })
  try {
    const query = { alg: key.alg, kid: key.kid }
    const ask = async () => {
      const { checks } = await keys.find(query, new AbortController().signal)
      return checks.find(({ id }) => id === 'time-clock')
    }
    server.on('/jwks', {
      body: jwksOf(key),
      headers: { date: new Date(clock.now()).toUTCString() },
    })
    expect(await ask()).toMatchObject({ status: 'pass' })
    const late = new Date(clock.now() + 4_000_000).toUTCString()
    server.on('/jwks', { body: jwksOf(key), headers: { date: late } })
    clock.set(clock.now() + 3_600_000)
    await keys.prepare()
    expect(await ask()).toMatchObject({
      status: 'warn',
      message: 'The local clock is 400 s behind the authorization server',
    })
  } finally {
    keys.close()
    await server.close()
  }
})
