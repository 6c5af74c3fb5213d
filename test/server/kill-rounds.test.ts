// Backends that are killed with -9 at random moments while calls are under way, with everything on that sends calls twice:
// no write is carried out twice, what a caller reads of it is true, and no answer is that of another caller (docs/faults.md,
// 8 and 9).
//   MCP_PROXY_KILL_ROUNDS=500 npx vitest run test/server/kill-rounds.test.ts    the long run
//   MCP_PROXY_KILL_SEED=7                                                       other moments
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { eventually, makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { newKey, writeKeys } from '../support/keys.ts'
import { startRealProxy } from '../support/real-proxy.ts'
import { randomOf } from '../support/seeded.ts'
import { callerOf, wronglyEnded, type EndedCall } from '../support/worker-calls.ts'
import { readLedger, startWorker, workerCommand, type Worker } from '../support/workers.ts'

const rounds = Number(process.env['MCP_PROXY_KILL_ROUNDS'] ?? 4)
const seed = Number(process.env['MCP_PROXY_KILL_SEED'] ?? 20_260_728)

/** Everything that could send a call a second time, as eager as it gets. */
const eager = {
  timeout: { seconds: 20 },
  retry: { max_retries: 4, initial_backoff_ms: 1, max_backoff_ms: 2000, budget_percent: 100 },
  hedging: { delay_ms: 2, max_hedges: 2, budget_percent: 100 },
  circuit_breaker: { minimum_calls: 10, wait_duration_seconds: 0.2 },
  concurrency: { max_concurrent: 4 },
  cache: { tool_ttl_seconds: 60, resource_ttl_seconds: 60 },
  forward_auth: { meta: 'caller' },
}

const people = ['ann', 'bob'] as const

/** What else could carry a call out: a backup, and a mirror of what only reads. They are not killed. */
const beside = async (ledger: string) => {
  const backup = await startWorker('backup', ledger)
  const mirror = await startWorker('mirror', ledger)
  return {
    backends: [
      {
        name: 'backup',
        transport: 'http',
        protocol: 'modern',
        url: backup.url,
        failover_for: 'worker',
        ...eager,
      },
      {
        name: 'mirror',
        transport: 'http',
        protocol: 'modern',
        url: mirror.url,
        mirror_of: 'worker',
        forward_auth: { meta: 'caller' },
      },
    ],
    close: () => Promise.all([backup.kill(), mirror.kill()]),
  }
}

let folder: TempFolder
beforeAll(async () => {
  folder = await makeTempFolder()
})
afterAll(() => folder?.remove())

interface Victim {
  readonly config: object
  readonly ledger: string
  kill(): Promise<void>
  ready(): Promise<void>
  close(): Promise<void>
}

const overHttp = async (): Promise<Victim> => {
  const ledger = await folder.write('http-ledger', '')
  const worker: Worker = await startWorker('w', ledger)
  return {
    config: { transport: 'http', protocol: 'modern', url: worker.url },
    ledger,
    kill: () => worker.kill(),
    ready: () => worker.restart(),
    close: () => worker.kill(),
  }
}

/** The proxy starts it again by itself. It says who it is in the first line of a file of its own. */
const overStdio = async (): Promise<Victim> => {
  const ledger = await folder.write('stdio-ledger', '')
  const pids = await folder.write('stdio-pids', '')
  return {
    config: { transport: 'stdio', ...workerCommand('w', ledger), env: { WORKER_PIDS: pids } },
    ledger,
    kill: async () => {
      const pid = Number((await readLedger(pids)).at(-1))
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has not been started again since the last time.
      }
    },
    ready: async () => undefined,
    close: async () => undefined,
  }
}

/** The link lives a few hundredths of a second in each round: that has to look steady, or the waits before the next grow. */
const hurried = { ...systemClock, now: () => systemClock.now() * 300 }

type Ask = ReturnType<typeof callerOf>

const run = async (victim: Victim, call: Ask, times: number): Promise<readonly EndedCall[]> => {
  const random = randomOf(seed)
  const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  let probes = 0
  let good = 0
  /** As often as an open circuit needs to close. */
  const answers = () => {
    good = 0
    return eventually(
      'it answers',
      async () => {
        const { text } = await call(people[0], 'read', `probe ${(probes += 1)}`, 0)
        good = text?.startsWith('w ') === true ? good + 1 : 0
        return good > 5
      },
      60_000,
    )
  }
  /** Of both people at nearly one moment, and some of it was asked in the round before. */
  const shared = async (round: number): Promise<EndedCall> => {
    const who = people[random.below(people.length)] as string
    const key = `shared ${Math.max(0, round - random.below(2))}`
    await later(random.below(30))
    return call(who, 'read', key, 10)
  }
  const single = async (round: number, n: number): Promise<EndedCall> => {
    const who = people[n % people.length] as string
    const ms = random.below(15)
    await later(random.below(20))
    return call(who, n % 3 === 0 ? 'read' : 'write', `${round}-${n}`, ms)
  }
  const ended: EndedCall[] = []
  for (let round = 0; round < times; round += 1) {
    await answers()
    const calls = [
      ...Array.from({ length: 10 }, (_, n) => single(round, n)),
      ...Array.from({ length: 6 }, () => shared(round)),
    ]
    await later(10 + random.below(70))
    await victim.kill()
    const back = victim.ready()
    ended.push(...(await Promise.all(calls)))
    await back
  }
  return ended
}

/** How often the answer of another call was used: from the cache, and of one that was under way. */
const reusedIn = async (origin: string): Promise<readonly number[]> => {
  const metrics = await (await fetch(`${origin}/admin/metrics`)).text()
  const sum = (start: string): number =>
    metrics
      .split('\n')
      .filter((line) => line.startsWith(start))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0)
  const hits = 'mcp_proxy_cache_lookups_total{backend="worker",outcome="hit"'
  return [sum(hits), sum('mcp_proxy_coalesced_total')]
}

describe.each([
  ['http', overHttp],
  ['stdio', overStdio],
] as const)('%s, killed in the middle of calls', (_transport, open) => {
  test(
    `no write is carried out twice in ${rounds} rounds (seed ${seed})`,
    { timeout: 60_000 + rounds * 5000 },
    async () => {
      const victim = await open()
      const others = await beside(victim.ledger)
      const keys = people.map((name) => newKey({ name }))
      const tokens = Object.fromEntries(keys.map(({ entry, text }) => [entry.name, text]))
      const proxy = await startRealProxy(
        [{ name: 'worker', ...victim.config, ...eager }, ...others.backends],
        {
          config: {
            auth: { type: 'keys', keys_file: writeKeys(keys).file },
            performance: { coalesce_requests: true },
          },
          ports: { clock: hurried },
        },
      )
      const { origin } = new URL(proxy.url)
      try {
        const ended = await run(victim, callerOf(origin, tokens), rounds)
        expect(wronglyEnded(ended, await readLedger(victim.ledger))).toEqual([])
        const answers = ended.filter(({ text }) => text !== undefined)
        expect(
          answers.filter(
            ({ text = '', key, who }) =>
              ![`w ${key} for ${who}`, `backup ${key} for ${who}`].includes(text),
          ),
        ).toEqual([])
        const [hits = 0, coalesced = 0] = await reusedIn(origin)
        expect(hits + coalesced).toBeGreaterThan(0)
        // Some were answered by the backend, some were not: the moments are in the middle of calls.
        const own = answers.filter(({ text }) => text?.startsWith('w '))
        expect(own.length).toBeGreaterThan(0)
        expect(own.length).toBeLessThan(ended.length)
        const outcomes = new Map<string, number>()
        for (const { tool, text, code } of ended) {
          const by = text?.startsWith('w ') === true ? 'answered' : 'answered by the backup'
          const outcome = `${tool} ${text === undefined ? code : by}`
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        }
        if (rounds > 10) {
          const all = { ...Object.fromEntries(outcomes), hits, coalesced }
          process.stdout.write(`${JSON.stringify(all)}\n`)
        }
      } finally {
        await proxy.close({ force: true })
        await victim.close()
        await others.close()
      }
    },
  )
})
