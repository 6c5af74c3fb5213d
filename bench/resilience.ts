// CPU that the layers around a backend add to one call while nothing fails, beside the same call without any: least of five
// rounds, 64 calls under way. usage: npm run bench:resilience
import { idleMeter, silentLogger, type Ports } from '../src/base/ports.ts'
import { createCancel } from '../src/base/cancellation.ts'
import { systemClock } from '../src/base/clock.ts'
import { configSchema } from '../src/config/schema.ts'
import { backendLayers, layersFor } from '../src/layers/order.ts'
import { stack, type Call, type Handler, type Reply } from '../src/mcp/call.ts'
import { Circuit } from '../src/resilience/circuit.ts'
import { MemoryStore } from '../src/cache/memory-store.ts'
import { Turns } from '../src/resilience/turns.ts'

const layers = {
  cache: { tool_ttl_seconds: 60, max_entries: 1000 },
  coalesce: {},
  timeout: { seconds: 30, idle_seconds: 10 },
  rate_limit: { requests: 1_000_000_000 },
  retry: {},
  hedging: {},
  circuit_breaker: {},
  concurrency: { max_concurrent: 1000 },
}

const ports: Ports = {
  http: () => Promise.reject(new Error('no network')),
  socket: () => Promise.reject(new Error('no network')),
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  meter: idleMeter,
}

const reply: Reply = {
  kind: 'result',
  result: { value: () => ({}), bytes: () => new Uint8Array() },
}

/** Answers in a later turn of the loop, as a socket does. */
const waiting: (() => void)[] = []
let isDue = false
const flush = (): void => {
  isDue = false
  for (const answer of waiting.splice(0)) answer()
}
const backend: Handler = () =>
  new Promise((resolve) => {
    waiting.push(() => resolve(reply))
    if (!isDue) setImmediate(flush)
    isDue = true
  })

const isRead = ({ request }: Call): boolean => request.params?.['name'] === 'read'

const handlerOf = ({ coalesce, ...keys }: Readonly<Record<string, object>>): Handler => {
  const config = configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'files', transport: 'stdio', command: 'true', ...keys }],
  }).backends[0]
  if (config === undefined) throw new Error('no backend')
  const { circuit_breaker: breaker, concurrency } = config
  const context = {
    backend: {
      name: 'files',
      health: {
        state: 'up',
        since: 0,
        era: 'modern',
        protocolVersion: '2026-07-28',
        capabilities: {},
      },
      subscribe: () => () => undefined,
    },
    isIdempotent: isRead,
    isReadOnly: isRead,
    mayStartTask: () => false,
    circuit: breaker === undefined ? undefined : new Circuit(breaker, systemClock),
    coalesces: coalesce !== undefined,
    cache:
      config.cache === undefined
        ? undefined
        : {
            store: new MemoryStore(config.cache, systemClock),
            counts: { hits: 0, misses: 0 },
          },
    turns: concurrency === undefined ? undefined : new Turns(concurrency, systemClock),
  } as const
  return stack(layersFor(backendLayers, config, ports, context), backend)
}

/** One that calls again and again: what is known of it is known. */
const caller: Call['caller'] = {
  principal: { method: 'none', key: 'anonymous', scopes: [], audience: [], claims: {} },
  client: { era: 'modern', protocolVersion: '2026-07-28', capabilities: {} },
}

/** A call that no other is like: nothing is answered from the cache, and none waits for another. */
let calls = 0
const newCall = (): Call => ({
  request: {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'read', arguments: { path: `/tmp/${(calls += 1)}`, lines: [1, 2, 3] } },
  },
  caller,
  peer: { notify: () => undefined, ask: () => new Promise(() => undefined) },
  signal: createCancel().signal,
  requestId: '1',
})

const newWrite = (): Call => {
  const call = newCall()
  return { ...call, request: { ...call.request, params: { name: 'write' } } }
}

const underWay = 64
const rounds = 100_000

const run = async (handle: Handler, count: number, next = newCall): Promise<void> => {
  const lane = async (): Promise<void> => {
    for (let done = 0; done < count / underWay; done += 1) await handle(next())
  }
  await Promise.all(Array.from({ length: underWay }, lane))
}

const measure = async (handle: Handler, next = newCall): Promise<number> => {
  await run(handle, rounds, next)
  let least = Infinity
  for (let round = 0; round < 5; round += 1) {
    const begun = process.cpuUsage()
    await run(handle, rounds, next)
    const { user, system } = process.cpuUsage(begun)
    least = Math.min(least, (user + system) / rounds)
  }
  return least
}

const show = (name: string, text: string): void => {
  process.stdout.write(`${name.padEnd(24)} ${text}\n`)
}

const bare = await measure(handlerOf({}))
show('none', `${bare.toFixed(2)} us a call`)
const added = async (keys: Readonly<Record<string, object>>, next?: () => Call): Promise<string> =>
  `+ ${((await measure(handlerOf(keys), next)) - bare).toFixed(2)} us`
for (const [name, keys] of Object.entries(layers)) show(name, await added({ [name]: keys }))
const { cache, coalesce: _coalesce, ...resilience } = layers
show('all without answers', await added(resilience))
show('all, a write', await added(layers, newWrite))
show('all, a read that is new', await added(layers))
const known = newCall()
const hit = await measure(handlerOf({ cache }), () => known)
show('a hit of the cache', `${hit.toFixed(2)} us in all`)
process.exit(0)
