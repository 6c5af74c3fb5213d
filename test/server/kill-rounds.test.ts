// Backends that are killed with -9 at random moments while calls are under way, with everything on that sends calls twice:
// no write is carried out twice, and what a caller reads of it is true (docs/faults.md, 9).
//   MCP_PROXY_KILL_ROUNDS=500 npx vitest run test/server/kill-rounds.test.ts    the long run
//   MCP_PROXY_KILL_SEED=7                                                       other moments
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { randomOf } from '../support/seeded.ts'
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
}

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
      },
    ],
    close: () => Promise.all([backup.kill(), mirror.kill()]),
  }
}

interface Ended {
  readonly key: string
  readonly tool: 'read' | 'write'
  readonly text: string | undefined
  readonly code: string | undefined
  readonly case: string | undefined
}

const caller =
  (origin: string) =>
  async (tool: Ended['tool'], key: string, ms: number): Promise<Ended> => {
    const name = `worker__${tool}`
    const answer = await sendTo(origin, {
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { _meta: modernMeta(), name, arguments: { key, ms } },
      },
    })
    const { result, error } = answer.json() as {
      result?: { content: { text: string }[] }
      error?: { data?: { code?: string; case?: string } }
    }
    return {
      key,
      tool,
      text: result?.content[0]?.text,
      code: error?.data?.code,
      case: error?.data?.case,
    }
  }

/** These say that the call was not sent. */
const unsent = new Set(['backend-unavailable', 'backend-circuit', 'limit-backend-calls'])

/** How often a call may have been carried out, by what its caller read. */
const allowed = ({ text, code, case: name }: Ended): readonly number[] => {
  if (text !== undefined) return [1]
  if (code !== undefined && (unsent.has(code) || name === 'queued')) return [0]
  return [0, 1]
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

const run = async (victim: Victim, proxy: RealProxy, times: number): Promise<readonly Ended[]> => {
  const random = randomOf(seed)
  const call = caller(new URL(proxy.url).origin)
  let probes = 0
  const answers = () =>
    eventually('it answers', async () => {
      const { text } = await call('read', `probe ${(probes += 1)}`, 0)
      return text?.startsWith('w ') === true
    })
  const ended: Ended[] = []
  for (let round = 0; round < times; round += 1) {
    await answers()
    const calls = Array.from({ length: 10 }, async (_, n) => {
      const tool = n % 3 === 0 ? 'read' : 'write'
      const ms = random.below(15)
      await new Promise((resolve) => setTimeout(resolve, random.below(20)))
      return call(tool, `${round}-${n}`, ms)
    })
    await new Promise((resolve) => setTimeout(resolve, 10 + random.below(70)))
    await victim.kill()
    const back = victim.ready()
    ended.push(...(await Promise.all(calls)))
    await back
  }
  return ended
}

describe.each([
  ['http', overHttp, rounds],
  // The proxy waits longer each time before it starts a program again that ends at once.
  ['stdio', overStdio, Math.min(rounds, 4)],
] as const)('%s, killed in the middle of calls', (_transport, open, times) => {
  test(
    `no write is carried out twice in ${times} rounds (seed ${seed})`,
    { timeout: 60_000 + times * 5000 },
    async () => {
      const victim = await open()
      const others = await beside(victim.ledger)
      const proxy = await startRealProxy(
        [{ name: 'worker', ...victim.config, ...eager }, ...others.backends],
        { config: { performance: { coalesce_requests: true } } },
      )
      try {
        const ended = await run(victim, proxy, times)
        const carriedOut = new Map<string, number>()
        for (const line of await readLedger(victim.ledger)) {
          // By whichever server it was carried out.
          const what = line.slice(line.indexOf(' ') + 1)
          carriedOut.set(what, (carriedOut.get(what) ?? 0) + 1)
        }
        const wrong = ended.filter((one) => {
          const times = carriedOut.get(`${one.tool} ${one.key}`) ?? 0
          return one.tool === 'write'
            ? !allowed(one).includes(times)
            : one.text !== undefined && times === 0
        })
        expect(wrong).toEqual([])
        const answers = ended.filter(({ text }) => text !== undefined)
        expect(
          answers.every(({ text, key }) => [`w ${key}`, `backup ${key}`].includes(text ?? '')),
        ).toBe(true)
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
        if (times > 10) process.stdout.write(`${JSON.stringify(Object.fromEntries(outcomes))}\n`)
      } finally {
        await proxy.close({ force: true })
        await victim.close()
        await others.close()
      }
    },
  )
})
