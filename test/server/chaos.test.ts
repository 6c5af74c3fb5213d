// Three replicas that are slowed, stopped, broken, killed and started again at random under 64 callers: no call is lost, no
// write is carried out twice, and no caller reads the answer of another (docs/faults.md).
//   MCP_PROXY_CHAOS_FAULTS=250 npx vitest run test/server/chaos.test.ts    two minutes
//   MCP_PROXY_CHAOS_SEED=7                                                 other moments
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { newKey, writeKeys } from '../support/keys.ts'
import { startRealProxy } from '../support/real-proxy.ts'
import { randomOf, type Random } from '../support/seeded.ts'
import { callerOf, wronglyEnded, type EndedCall } from '../support/worker-calls.ts'
import { readLedger, startWorker, type Worker } from '../support/workers.ts'

const faults = Number(process.env['MCP_PROXY_CHAOS_FAULTS'] ?? 6)
const seed = Number(process.env['MCP_PROXY_CHAOS_SEED'] ?? 20_260_728)
const callers = 64
const people = ['ann', 'bob', 'cem', 'dia', 'eva', 'fay', 'gus', 'hal'] as const
const replicaIds = ['a', 'b', 'c'] as const

let folder: TempFolder
beforeAll(async () => {
  folder = await makeTempFolder()
})
afterAll(() => folder?.remove())

/** What can happen to a replica; each leaves it in order. */
const afflictions: Readonly<Record<string, (worker: Worker, random: Random) => Promise<void>>> = {
  slowed: async (worker) => void (await worker.control('slow/20/400')),
  stopped: async (worker, random) => {
    worker.freeze()
    await later(100 + random.below(1500))
    worker.thaw()
  },
  broken: async (worker) => void (await worker.control('drop/3')),
  'out of order': async (worker, random) => {
    await worker.control('status/503')
    await later(100 + random.below(500))
    await worker.control('status/0')
  },
  killed: async (worker, random) => {
    await worker.kill()
    await later(random.below(500))
    await worker.restart()
  },
}

/** One fault after another, each at a replica by chance, while the others work. */
const afflict = async (workers: readonly Worker[], random: Random) => {
  const counts: Record<string, number> = {}
  const kinds = Object.keys(afflictions)
  for (let n = 0; n < faults; n += 1) {
    // Each kind occurs, however few they are.
    const kind = n < kinds.length ? (kinds[n] as string) : random.one(kinds)
    await afflictions[kind]?.(random.one(workers), random)
    counts[kind] = (counts[kind] ?? 0) + 1
    await later(random.below(500))
  }
  return counts
}

const outcomesOf = (ended: readonly EndedCall[]): Readonly<Record<string, number>> => {
  const outcomes: Record<string, number> = {}
  for (const { tool, text, code } of ended) {
    const outcome = `${tool}, ${text === undefined ? (code ?? 'without an outcome') : 'answered'}`
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

test(
  `${faults} faults at three replicas under ${callers} callers (seed ${seed})`,
  { timeout: 60_000 + faults * 5000 },
  async () => {
    const ledger = await folder.write('ledger', '')
    const workers = await Promise.all(replicaIds.map((id) => startWorker(id, ledger)))
    const [first, ...others] = workers
    const keys = people.map((name) => newKey({ name }))
    const tokens = Object.fromEntries(keys.map(({ entry, text }) => [entry.name, text]))
    const proxy = await startRealProxy(
      [
        {
          name: 'worker',
          transport: 'http',
          protocol: 'modern',
          url: first?.url,
          replicas: others.map(({ url }) => url),
          timeout: { seconds: 5 },
          retry: { max_retries: 3, initial_backoff_ms: 5, max_backoff_ms: 500, budget_percent: 50 },
          hedging: { delay_ms: 100, budget_percent: 20 },
          outlier_detection: { consecutive_errors: 3, base_ejection_seconds: 0.5 },
          circuit_breaker: { minimum_calls: 50, wait_duration_seconds: 0.2 },
          concurrency: { max_concurrent: 48 },
          forward_auth: { meta: 'caller' },
        },
      ],
      {
        config: {
          auth: { type: 'keys', keys_file: writeKeys(keys).file },
          performance: { coalesce_requests: true },
        },
      },
    )
    const call = callerOf(new URL(proxy.url).origin, tokens)
    const ended: EndedCall[] = []
    const over = new AbortController()
    const work = async (n: number) => {
      const random = randomOf(seed + 1 + n)
      for (let round = 0; !over.signal.aborted; round += 1) {
        const who = random.one(people)
        const tool = random.below(3) === 0 ? 'write' : 'read'
        ended.push(await call(who, tool, `${n}-${round}`, random.below(15)))
        await later(random.below(1500))
      }
    }
    try {
      const working = Promise.all(Array.from({ length: callers }, (_, n) => work(n)))
      const counts = await afflict(workers, randomOf(seed))
      over.abort()
      await working
      expect(wronglyEnded(ended, await readLedger(ledger))).toEqual([])
      const answered = ended.filter(({ text }) => text !== undefined)
      const foreign = answered.filter(
        ({ text, key, who }) => !replicaIds.some((id) => text === `${id} ${key} for ${who}`),
      )
      expect(foreign).toEqual([])
      expect(ended.filter(({ text, code }) => text === undefined && code === undefined)).toEqual([])
      expect(answered.length).toBeGreaterThan(ended.length / 2)
      if (faults > 20) {
        process.stdout.write(`${JSON.stringify({ ...counts, ...outcomesOf(ended) })}\n`)
      }
    } finally {
      over.abort()
      await proxy.close({ force: true })
      await Promise.all(workers.map((worker) => worker.kill()))
    }
  },
)
