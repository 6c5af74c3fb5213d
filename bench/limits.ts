// CPU that rules on limits add to one call, beside the same call without any: least of five rounds. usage: npm run bench:limits
import { idleMeter } from '../src/base/ports.ts'
import { systemClock } from '../src/base/clock.ts'
import type { OpenRule } from '../src/layers/limit-rules.ts'
import { limits } from '../src/layers/limits.ts'
import { createFlightCounts } from '../src/limits/flight-counts.ts'
import { limitsSchema } from '../src/limits/limits-config.ts'
import { createWindowCounts } from '../src/limits/window-counts.ts'
import type { Call, Handler, Layer } from '../src/mcp/call.ts'
import { createSpeller } from '../src/policy/spelling.ts'

const most = 1_000_000_000
const rate = (name: string, more: object) => ({ name, requests: most, period_seconds: 60, ...more })
const setups = {
  'one rule by caller': [rate('a', { by: ['caller'] })],
  'one rule of calls at a time by caller': [
    { name: 'a', by: ['caller'], max_concurrent: 1_000_000 },
  ],
  'five rules': [
    rate('a', {}),
    rate('b', { by: ['caller'] }),
    rate('c', { by: ['address'] }),
    rate('d', { by: ['caller', 'tool'], tools: ['files/*'] }),
    { name: 'e', by: ['backend'], max_concurrent: 1_000_000 },
  ],
} as const

const spell = createSpeller([])
const layerOf = (rules: readonly object[]): Layer => {
  const open = limitsSchema.parse({ rules }).rules.map((rule): OpenRule => {
    const { requests, max_concurrent: flying } = rule
    if (requests !== undefined) {
      const own = createWindowCounts({ ...rule, requests }, systemClock)
      return { kind: 'rate', rule: { ...rule, requests }, own, shared: undefined }
    }
    const limit = flying ?? 1
    return {
      kind: 'flights',
      rule: { ...rule, max_concurrent: limit },
      flights: createFlightCounts(limit),
    }
  })
  const context = {
    rules: open,
    onFailure: 'open' as const,
    targetOf: () => ({ kind: 'tool', backend: 'files', name: 'read', isListed: true }) as const,
    rolesOf: () => [],
    spell,
  }
  const layer = limits(context, { meter: idleMeter })
  if (layer === undefined) throw new Error('no layer')
  return layer
}

const callers = 1000
const calls: readonly Call[] = Array.from({ length: callers }, (_, n) => ({
  request: { jsonrpc: '2.0', id: n, method: 'tools/call', params: { name: 'files__read' } },
  caller: {
    principal: {
      method: 'jwt',
      key: `https://id.example.com caller-${n}`,
      scopes: [],
      audience: [],
      claims: {},
    },
    client: { era: 'modern', protocolVersion: '2026-07-28', capabilities: {} },
    address: `192.0.2.${n % 256}`,
  },
  peer: { notify: () => undefined, ask: () => new Promise(() => undefined) },
  signal: new AbortController().signal,
  requestId: String(n),
}))

const answer = Promise.resolve({ kind: 'failure' } as never)
const rounds = 200_000
const measure = async (handle: Handler): Promise<number> => {
  const run = async (n: number): Promise<void> => {
    for (let done = 0; done < n; done += 1) await handle(calls[done % callers] as Call)
  }
  await run(rounds / 3)
  let least = Infinity
  for (let round = 0; round < 5; round += 1) {
    const begun = process.cpuUsage()
    await run(rounds)
    const { user, system } = process.cpuUsage(begun)
    least = Math.min(least, (user + system) / rounds)
  }
  return least
}

const bare = await measure(() => answer)
process.stdout.write(`${'without rules'.padEnd(40)} ${bare.toFixed(2)} us a call\n`)
for (const [name, rules] of Object.entries(setups)) {
  const each = await measure(layerOf(rules)(() => answer))
  process.stdout.write(`${name.padEnd(40)} + ${(each - bare).toFixed(2)} us\n`)
}
