import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { timeIntrospection } from '../../../src/core/introspection/introspection-probe.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'
import { testAudience } from '../../support/tokens.ts'

let server: ScriptedServer
let clock: ManualClock
const gates: AuthGate[] = []

beforeEach(async () => {
  clock = createManualClock()
  server = await startScriptedServer({ '/introspect': { body: { active: false } } })
})
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.close()
  await server.close()
})

const open = async (more: Record<string, unknown> = {}): Promise<AuthGate> => {
  const auth = authConfigSchema.parse({
    type: 'oauth',
    issuer: server.origin,
    audience: testAudience,
    token_validation: 'introspection',
    introspection_endpoint: `${server.origin}/introspect`,
    client_id: 'resource-server',
    client_secret: 's3cret',
    ...more,
  })
  const gate = await createValidator(auth, systemPorts({ clock }))
  gates.push(gate)
  return gate
}
const signal = (): AbortSignal => new AbortController().signal

describe('intro-open', () => {
  const probe = async () => (await open()).probe!(signal())

  test('asks about a random token and says nothing of who we are', async () => {
    await probe()
    await probe()
    const [first, second] = server.requests
    expect(first?.headers.authorization).toBeUndefined()
    const form = new URLSearchParams(first?.body)
    expect([...form.keys()]).toEqual(['token'])
    expect(form.get('token')).toMatch(/^[\w-]{43}$/)
    expect(form.get('token')).not.toBe(new URLSearchParams(second?.body).get('token'))
  })

  test('an answer is a warning', async () => {
    const { check, exchange } = await probe()
    expect(check).toMatchObject({ id: 'intro-open', status: 'warn' })
    expect(exchange?.status).toBe(200)
  })

  test.each([
    [401, 'pass'],
    [403, 'pass'],
    [400, 'pass'],
    [404, 'skip'],
    [500, 'skip'],
    [200, 'skip'],
  ])('%s: %s', async (status, expected) => {
    server.on('/introspect', { status, body: '<html>' })
    expect((await probe()).check).toMatchObject({ id: 'intro-open', status: expected })
  })

  test('nobody there, or no endpoint known: it could not be established', async () => {
    const gate = await open({ introspection_endpoint: undefined })
    expect(await gate.probe!(signal())).toMatchObject({
      check: { status: 'skip' },
      exchange: undefined,
    })
    await server.stop()
    expect((await probe()).check).toMatchObject({ status: 'skip' })
  })

  test('a strategy without introspection has nothing to probe', async () => {
    const gate = await open({ token_validation: 'jwt' })
    expect(gate.probe).toBeUndefined()
  })
})

describe('intro-latency', () => {
  /** Each call takes as long as it is told, on the clock of the test. */
  const taking = (...ms: readonly number[]): void => {
    let n = 0
    server.on('/introspect', () => {
      clock.set(clock.now() + (ms[n] ?? 0))
      n += 1
      return { body: { active: true, aud: testAudience } }
    })
  }
  const timed = async (n: number) => {
    const gate = await open()
    return timeIntrospection(() => gate.introspect!('opaque-token', signal()), n, signal())
  }

  test('every call goes past the cache', async () => {
    taking(10, 30, 20)
    const timing = await timed(3)
    expect(server.count('/introspect')).toBe(3)
    expect(timing.calls).toHaveLength(3)
    expect([timing.medianMs, timing.worstMs]).toEqual([20, 30])
    expect(timing.check).toMatchObject({
      id: 'intro-latency',
      status: 'pass',
      evidence: { actual: { p50_ms: 20, worst_ms: 30, answered: 3, asked: 3 } },
    })
  })

  test.each([
    ['a slow median', [300, 10, 300], 'warn'],
    ['one very slow call', [10, 10, 1001], 'warn'],
    ['an even number of calls', [100, 299], 'pass'],
  ])('%s', async (_, ms, status) => {
    taking(...ms)
    expect((await timed(ms.length)).check.status).toBe(status)
  })

  test('calls without an answer do not count, and none at all says nothing', async () => {
    await server.stop()
    const timing = await timed(2)
    expect(timing).toMatchObject({ medianMs: undefined, check: { status: 'skip' } })
    expect(timing.calls).toHaveLength(2)
  })

  test('what is never sent is asked for once; who leaves is obeyed', async () => {
    const gate = await open()
    const refused = await timeIntrospection(() => gate.introspect!('${X}', signal()), 5, signal())
    expect(refused.calls).toHaveLength(1)
    const gone = new AbortController()
    gone.abort()
    const left = await timeIntrospection(() => gate.introspect!('t', signal()), 5, gone.signal)
    expect(left.calls).toHaveLength(0)
  })
})

describe('Cache-Control: no-store', () => {
  const asked = async (more: Record<string, unknown>, control: string) => {
    server.on('/introspect', {
      headers: { 'cache-control': control },
      body: { active: true, aud: testAudience, sub: 'user-1' },
    })
    const gate = await open(more)
    for (let n = 0; n < 3; n += 1) await gate.validate('opaque-token', signal())
    return server.count('/introspect')
  }

  test('speaks to HTTP caches, unless it is made to bind ours', async () => {
    expect(await asked({}, 'no-store')).toBe(1)
  })

  test('binds where it is told to, whatever stands beside it', async () => {
    expect(await asked({ introspection_cache_respect_no_store: true }, 'private, No-Store')).toBe(3)
  })

  test('an answer without it is remembered all the same', async () => {
    expect(await asked({ introspection_cache_respect_no_store: true }, 'private')).toBe(1)
  })
})
