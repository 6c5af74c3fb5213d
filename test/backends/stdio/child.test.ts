// What happens to a child process and its calls when things go wrong.
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { stdioServer } from '../../support/mcp-servers.ts'
import { textOf, toolCall } from '../../support/peer.ts'
import { groupRuns } from '../../support/process-group.ts'

const backends = createBackends()
afterEach(() => backends.closeAll())

const odd = (...manners: string[]) => ({
  transport: 'stdio',
  protocol: 'legacy',
  command: process.execPath,
  args: [
    fileURLToPath(new URL('../../support/fixtures/odd-child.mjs', import.meta.url)),
    ...manners,
  ],
})

const opened = async (config: object) => {
  const backend = backends.open(config)
  backend.start()
  await backend.untilHealth('up')
  return backend
}

describe('a child that dies', () => {
  test('by kill -9 in the middle of a call: that call has an unknown outcome, a new child takes over, nobody is left', async () => {
    const backend = await opened({ transport: 'stdio', ...stdioServer('legacy') })
    const { pid } = JSON.parse(textOf(await backend.handle(toolCall('process')))) as { pid: number }
    textOf(await backend.handle(toolCall('offspring')))
    const slow = backend.handle(toolCall('slow', { tag: 'x' }))
    await expect.poll(async () => textOf(await backend.handle(toolCall('waiting')))).toBe('["x"]')
    process.kill(pid, 'SIGKILL')
    expect(await slow).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
    const down = await backend.untilHealth('down')
    expect(down.problem.detail).toContain('it was ended by SIGKILL')
    expect(await backend.handle(toolCall('echo', { text: 'a' }))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable' },
    })
    await expect.poll(() => groupRuns(pid)).toBe(false)
    await backend.untilHealth('up')
    const after = JSON.parse(textOf(await backend.handle(toolCall('process')))) as { pid: number }
    expect(after.pid).not.toBe(pid)
  })

  test('after its answer: the answer is not lost', async () => {
    const backend = await opened(odd())
    expect(textOf(await backend.handle(toolCall('exitAfterAnswer')))).toBe('bye')
    const down = await backend.untilHealth('down')
    expect(down.problem.detail).toContain('it exited with code 0')
  })

  test('leaves the calls of other backends alone', async () => {
    const [dying, other] = await Promise.all([opened(odd()), opened(odd())])
    const lost = dying.handle(toolCall('never'))
    await dying.handle(toolCall('exit'))
    expect(await lost).toMatchObject({ kind: 'failure', sent: true })
    expect(textOf(await other.handle(toolCall('say', { text: 'here' })))).toBe('here')
  })
})

test('a child that crashes again and again is started less and less often, down to twice a minute', async () => {
  const clock = createManualClock()
  const command = { transport: 'stdio', protocol: 'legacy', command: process.execPath }
  const backend = backends.open({ ...command, args: ['-e', 'process.exit(7)'] }, { clock })
  backend.start()
  const waits: number[] = []
  for (let crash = 1; crash <= 14; crash += 1) {
    await expect.poll(() => backend.states.length, { timeout: 10_000 }).toBe(crash)
    const down = await backend.untilHealth('down')
    waits.push((down.retryAt ?? 0) - down.since)
    await clock.untilSleeping()
    await clock.advance(waits.at(-1) ?? 0)
  }
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  // With the least random spread.
  expect([waits[0], waits.at(-1)]).toEqual([800, 24_000])
}, 60_000)

describe('closing', () => {
  test('ends a child that ignores its input and SIGTERM, with all it started', async () => {
    const backend = await opened(odd('stubborn'))
    const pid = Number(textOf(await backend.handle(toolCall('pid'))))
    textOf(await backend.handle(toolCall('offspring')))
    await backend.close(200)
    await expect.poll(() => groupRuns(pid)).toBe(false)
    expect(await backend.handle(toolCall('pid'))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable' },
    })
  })

  test('twice, or before start, is no fault', async () => {
    const backend = backends.open(odd())
    await backend.close()
    backend.start()
    await backend.close()
    expect(backend.health.state).toBe('down')
  })

  test('while it starts ends the start', async () => {
    const backend = backends.open(odd('slow-start'))
    backend.start()
    const waiting = backend.handle(toolCall('pid'))
    await backend.close(200)
    expect(await waiting).toMatchObject({ kind: 'failure', sent: false })
    expect(backend.states.map(({ state }) => state)).toEqual(['down'])
  })
})

describe('starting', () => {
  test('a command that does not exist leaves the backend down, and says why', async () => {
    const backend = backends.open({ transport: 'stdio', command: '/nowhere/no-such-program' })
    backend.start()
    const down = await backend.untilHealth('down')
    expect(down.problem).toEqual({
      code: 'backend-unavailable',
      case: 'program',
      detail:
        'Backend test is not reachable: it cannot be started (/nowhere/no-such-program does not exist)',
    })
    expect(await backend.handle(toolCall('pid'))).toMatchObject({ kind: 'failure', sent: false })
  })

  test('a command that ends at once leaves the backend down, and says how it ended', async () => {
    const backend = backends.open({
      transport: 'stdio',
      command: process.execPath,
      args: ['-e', 'process.exit(7)'],
    })
    backend.start()
    const down = await backend.untilHealth('down')
    expect(down.problem).toEqual({
      code: 'backend-unavailable',
      case: 'ended',
      detail: 'Backend test is not reachable: it exited with code 7',
    })
  })

  test('a call that comes while it starts waits for it', async () => {
    const backend = backends.open(odd('slow-start'))
    backend.start()
    expect(backend.health.state).toBe('starting')
    expect(textOf(await backend.handle(toolCall('say', { text: 'patience' })))).toBe('patience')
  })

  test('nothing runs before start', async () => {
    const backend = backends.open(odd())
    expect(backend.health.state).toBe('starting')
    const controller = new AbortController()
    const early = backend.handle(toolCall('pid', {}, { signal: controller.signal }))
    controller.abort()
    expect(await early).toMatchObject({ kind: 'failure', sent: false })
  })

  test('a server that leaves when asked for its era gets a fresh child', async () => {
    const backend = await opened({ ...odd('exits-when-probed'), protocol: 'auto' })
    expect(backend.health).toMatchObject({ era: 'legacy', protocolVersion: '2025-06-18' })
    expect(backend.states).toHaveLength(1)
  })

  test('a server of 2024-11-05 is spoken to, one of an unknown revision is not', async () => {
    const old = await opened(odd('old'))
    expect(old.health).toMatchObject({ protocolVersion: '2024-11-05' })
    const unheardOf = backends.open(odd('unheard-of'))
    unheardOf.start()
    const down = await unheardOf.untilHealth('down')
    expect(down.problem).toMatchObject({
      code: 'backend-protocol',
      case: 'version',
      detail: expect.stringContaining(
        'revision 1999-01-01; mcp-proxy supports 2024-10-07 to',
      ) as string,
    })
  })

  test('one that refuses to initialize is down with its own words', async () => {
    const backend = backends.open(odd('refuses'))
    backend.start()
    const down = await backend.untilHealth('down')
    expect(down.problem).toMatchObject({
      code: 'backend-protocol',
      case: 'refused',
      detail: expect.stringContaining(
        'refused to initialize: error -32000: API_KEY is not set',
      ) as string,
    })
  })

  test('one that closes its output and lives on is ended, and its calls fail', async () => {
    const backend = await opened(odd())
    expect(await backend.handle(toolCall('closeOutput'))).toMatchObject({
      kind: 'failure',
      problem: { detail: expect.stringContaining('it closed its standard output') as string },
    })
  })

  test('protocol = "modern" refuses a session-era server', async () => {
    const backend = backends.open({ ...odd(), protocol: 'modern' })
    backend.start()
    const down = await backend.untilHealth('down')
    expect(down.problem).toMatchObject({
      code: 'backend-protocol',
      detail: expect.stringContaining('2026-07-28') as string,
    })
  })
})

describe('what a child says', () => {
  test('beside the protocol goes to the log and harms nothing', async () => {
    const backend = await opened(odd('noisy'))
    expect(textOf(await backend.handle(toolCall('say', { text: 'fine' })))).toBe('fine')
    const lines = backend.log.filter(({ message }) => message === 'backend wrote a line')
    expect(lines.map(({ fields }) => fields['line'])).toEqual(
      expect.arrayContaining(['Welcome to the server!', '[info] not a batch', 'warming up']),
    )
  })

  test('is logged without the secrets of its configuration', async () => {
    const backend = await opened({ ...odd(), env: { API_KEY: 'very-secret-value' } })
    await backend.handle(toolCall('print', { text: 'key is very-secret-value' }))
    const lines = () =>
      backend.log
        .filter(({ message }) => message === 'backend wrote a line')
        .map(({ fields }) => fields['line'])
    await expect.poll(() => lines().length).toBe(2)
    expect(lines()).toEqual(['key is [secret]', 'key is [secret]'])
  })

  test.each(['pretty', 'batches', 'string-ids', 'bom'])(
    'in another layout (%s) is understood',
    async (layout) => {
      const backend = await opened(odd(layout))
      expect(textOf(await backend.handle(toolCall('say', { text: 'ok' })))).toBe('ok')
    },
  )

  test('in a message beyond the limit fails that call alone', async () => {
    const backend = await opened(odd())
    expect(await backend.handle(toolCall('huge'))).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-protocol' },
    })
    expect(textOf(await backend.handle(toolCall('say', { text: 'ok' })))).toBe('ok')
  })

  test('nested too deep to be written out again fails that call alone', async () => {
    const backend = await opened(odd())
    expect(await backend.handle(toolCall('deep'))).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-protocol' },
    })
    expect(textOf(await backend.handle(toolCall('say', { text: 'ok' })))).toBe('ok')
  })

  test('without end, while it reads no answers, ends it before it fills our memory', async () => {
    const backend = await opened(odd())
    const pid = Number(textOf(await backend.handle(toolCall('pid'))))
    const lost = backend.handle(toolCall('askWithoutReading'))
    expect(await lost).toMatchObject({ problem: { code: 'backend-outcome-unknown' } })
    await expect.poll(() => groupRuns(pid)).toBe(false)
  })

  test('as a question is answered: a ping with {}, anything else with -32601', async () => {
    const backend = await opened(odd())
    const ping = textOf(await backend.handle(toolCall('askMe', { method: 'ping' })))
    expect(JSON.parse(ping)).toMatchObject({ result: {} })
    const other = textOf(await backend.handle(toolCall('askMe', { method: 'roots/list' })))
    expect(JSON.parse(other)).toMatchObject({ error: { code: -32_601 } })
  })
})

test('a child inherits little and gets what the configuration gives', async () => {
  process.env['UNRELATED_SECRET'] = 'do not pass on'
  try {
    const backend = await opened({
      transport: 'stdio',
      ...stdioServer('legacy'),
      env: { CHOSEN: 'yes' },
      cwd: '/',
    })
    const seen = JSON.parse(textOf(await backend.handle(toolCall('process')))) as {
      cwd: string
      chosen: string
      environment: string[]
    }
    expect(seen).toMatchObject({ cwd: '/', chosen: 'yes' })
    expect(seen.environment).toContain('PATH')
    expect(seen.environment).not.toContain('UNRELATED_SECRET')
  } finally {
    delete process.env['UNRELATED_SECRET']
  }
})

test('a child that is still being asked for its era when the backend is closed is not started once more', async () => {
  const backend = backends.open({
    transport: 'stdio',
    command: process.execPath,
    args: ['-e', "console.error('started'); process.stdin.resume()"],
  })
  const starts = () => backend.log.filter(({ fields }) => fields['line'] === 'started').length
  backend.start()
  await expect.poll(starts).toBe(1)
  await backend.close(2000)
  expect(starts()).toBe(1)
})
