// The cache beside what else there is of a call: shaping, other backends for the same name, headers, decisions, the audit.
import { afterEach, describe, expect, test } from 'vitest'
import { backendOf, probeKey, startWorkerLab, type WorkerLab } from '../support/worker-proxy.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A hidden backend is asked for its tools when it comes up: until then none of them is known to be read-only. */
const untilKept = (lab: WorkerLab, ask: () => Promise<unknown>): Promise<void> =>
  expect
    .poll(async () => {
      await ask()
      const before = (await lab.ledger()).length
      await ask()
      return (await lab.ledger()).length - before
    })
    .toBe(0)

const cache = { tool_ttl_seconds: 60, resource_ttl_seconds: 60 }

describe('shaping', () => {
  test('calls are the same if the backend gets the same, whatever their callers sent', async () => {
    const { call, ledger } = await startWorkerLab(closing, ([worker]) => [
      backendOf(worker!, 'worker', {
        cache,
        aliases: [{ from: 'read', to: 'look' }],
        default_args: { ms: 1 },
        inject_args: [{ tool: 'read', args: { steps: 3 }, overwrite: true }],
      }),
    ])
    await call('look', { key: probeKey })
    const answers = [
      await call('look', { key: 'r' }),
      await call('look', { key: 'r', ms: 1 }),
      await call('look', { ms: 1, key: 'r' }),
    ]
    expect(answers.map(({ text }) => text)).toEqual(['a r', 'a r', 'a r'])
    expect(await ledger()).toEqual(['a read r'])
    await call('look', { key: 'r', ms: 2 })
    expect(await ledger()).toEqual(['a read r', 'a read r'])
    // The name that the backend gave it is not offered: no answer is at hand under it either.
    expect((await call('read', { key: 'r' })).error?.data.code).toBe('name-unknown')
  })
})

describe('headers of callers', () => {
  test('where the backend gets one, another value is another question', async () => {
    const { call, ledger } = await startWorkerLab(
      closing,
      ([worker]) => [
        backendOf(worker!, 'worker', {
          cache: { ...cache, public: true },
          forward_headers: { 'X-Tenant': 'X-Tenant' },
        }),
      ],
      { config: { performance: { coalesce_requests: true } } },
    )
    await call('read', { key: probeKey })
    const of = (tenant: string) => ({ headers: { 'x-tenant': tenant, 'x-other': tenant } })
    await call('read', { key: 'r' }, of('north'))
    await call('read', { key: 'r' }, of('south'))
    await call('read', { key: 'r' }, of('north'))
    expect(await ledger()).toEqual(['a read r', 'a read r'])
    const args = { key: 's', ms: 300 }
    await Promise.all(['north', 'south', 'north'].map((tenant) => call('read', args, of(tenant))))
    expect((await ledger()).filter((line) => line === 'a read s')).toHaveLength(2)
  })
})

describe('other backends for the same name', () => {
  test('an answer of a backup is kept by the backup, and the backend is asked again when it is back', async () => {
    const lab = await startWorkerLab(
      closing,
      ([worker, backup]) => [
        backendOf(worker!, 'worker', { cache }),
        backendOf(backup!, 'backup', { cache, failover_for: 'worker' }),
      ],
      { count: 2 },
    )
    const { call, workers, ledger } = lab
    await call('read', { key: probeKey })
    await workers[0]!.control('status/503')
    await untilKept(lab, () => call('read', { key: 'first' }))
    for (let n = 0; n < 2; n += 1) expect((await call('read', { key: 'r' })).text).toBe('b r')
    await workers[0]!.control('status/0')
    for (let n = 0; n < 2; n += 1) expect((await call('read', { key: 'r' })).text).toBe('a r')
    const lines = (await ledger()).filter((line) => !line.endsWith(' first'))
    expect(lines).toEqual(['b read r', 'a read r'])
  })

  test('a caller who goes to a canary gets its answers, and others never do', async () => {
    const tokens = Array.from({ length: 8 }, (_, n) => `token-of-the-caller-number-${n}`)
    const lab = await startWorkerLab(
      closing,
      ([worker, canary]) => [
        backendOf(worker!, 'worker', { cache: { ...cache, public: true } }),
        backendOf(canary!, 'canary', { cache: { ...cache, public: true }, canary_of: 'worker' }),
      ],
      { count: 2, config: { auth: { type: 'bearer', tokens } } },
    )
    const places = async () => {
      const answers = await Promise.all(
        tokens.map((token) => lab.call('read', { key: 'r' }, { token })),
      )
      return answers.map(({ text }) => text)
    }
    const first = await places()
    expect(new Set(first)).toEqual(new Set(['a r', 'b r']))
    await untilKept(lab, async () => expect(await places()).toEqual(first))
  })

  test('a mirror gets its copy of a call that is answered from the cache', async () => {
    const { call, ledger } = await startWorkerLab(
      closing,
      ([worker, mirror]) => [
        backendOf(worker!, 'worker', { cache }),
        backendOf(mirror!, 'mirror', { mirror_of: 'worker' }),
      ],
      { count: 2 },
    )
    await call('read', { key: probeKey })
    const copies = async () => (await ledger()).filter((line) => line === 'b read r').length
    await expect
      .poll(async () => {
        await call('read', { key: 'r' })
        return copies()
      })
      .toBeGreaterThan(1)
    expect((await ledger()).filter((line) => line === 'a read r')).toHaveLength(1)
  })
})

describe('what is recorded', () => {
  const recorded = async () => {
    const lines: string[] = []
    const lab = await startWorkerLab(
      closing,
      ([worker]) => [backendOf(worker!, 'worker', { cache, bearer_token: 'of-the-proxy' })],
      {
        config: {
          performance: { coalesce_requests: true },
          observability: { json_logs: true, audit: true, decisions: { accepted: 1 } },
        },
        logTo: { write: (line) => lines.push(line) },
      },
    )
    await lab.call('read', { key: probeKey })
    const audited = () =>
      lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ event, method }) => event === 'audit' && method === 'tools/call')
        .slice(1)
        .map(({ reused, credential }) => [reused, credential])
    const decided = async () => {
      const { decisions } = await lab.get('/admin/decisions')
      return decisions
        .toReversed()
        .filter(({ request }: any) => request.method === 'tools/call') // oxlint-disable-line typescript/no-explicit-any -- JSON of the admin surface
        .slice(1)
        .map(({ request }: any) => [request.reused, request.credential]) // oxlint-disable-line typescript/no-explicit-any -- as above
    }
    return { ...lab, audited, decided }
  }

  test('an answer from the cache is recorded as one, and no credential as used', async () => {
    const { call, audited, decided } = await recorded()
    await call('read', { key: 'r' })
    await call('read', { key: 'r' })
    expect(audited()).toEqual([
      [undefined, 'bearer_token'],
      ['cache', undefined],
    ])
    expect(await decided()).toEqual([
      [null, 'bearer_token'],
      ['cache', null],
    ])
  })

  test('of calls that share one, all but the first are recorded so', async () => {
    const { call, audited, decided } = await recorded()
    await Promise.all(Array.from({ length: 4 }, () => call('read', { key: 's', ms: 300 })))
    const own = (all: readonly unknown[][]) => all.filter(([reused]) => reused !== 'shared').length
    expect(audited()).toHaveLength(4)
    expect(own(audited())).toBe(1)
    expect(own(await decided())).toBe(1)
  })
})
