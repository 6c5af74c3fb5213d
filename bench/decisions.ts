// What keeping decisions adds to one call, in CPU. usage: npm run bench:decisions
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/ports.ts'
import { pass, type Check } from '../src/core/verdict/check.ts'
import { createDecisionLog } from '../src/decisions/decision-log.ts'
import { problemOf } from '../src/problems/problem.ts'
import type { Call, Reply } from '../src/mcp/call.ts'
import type { Config } from '../src/config/schema.ts'
import { compilePolicy } from '../src/policy/policy.ts'
import { createFactsReader } from '../src/proxy/generation/facts-reader.ts'
import { recordCall } from '../src/server/dialogue/decision-record.ts'
import { createTally } from '../src/server/dialogue/tally.ts'

const checks: readonly Check[] = [pass('claim-aud'), pass('claim-iss'), pass('time-exp')]
const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__t' } } as const
const principal = {
  method: 'jwt',
  key: 'k',
  sub: 's',
  scopes: [],
  audience: [],
  claims: { dept: 'sales', groups: ['a', 'b'] },
} as const
const client = { era: 'modern', protocolVersion: '2026-07-28', capabilities: {} } as const
const call = { request, caller: { principal, client } } as unknown as Call
const observability = { audit: false, client_address: 'full', decisions: { claims: ['dept'] } }
const config = { auth: { type: 'none' }, observability } as unknown as Config
const target = { kind: 'tool', backend: 'a', name: 't', annotations: undefined } as const
const source = {
  state: {
    decisions: createDecisionLog({ keep: 1000, accepted: 0.01 }),
    ports: { clock: systemClock },
    tally: createTally(systemClock),
    generation: {
      backendOf: () => 'a',
      credentialOf: () => undefined,
      config,
      facts: createFactsReader({
        config,
        policy: compilePolicy({ places: [] }),
        targetOf: () => target,
      }),
    },
  },
  requestId: '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11',
  principal,
  req: { headers: { 'user-agent': 'acme/1.0' }, socket: { remoteAddress: '127.0.0.1' } },
  checks,
} as unknown as Parameters<typeof recordCall>[0]

const accepted = { kind: 'result' } as Reply
const refused: Reply = { kind: 'refusal', problem: problemOf('limit-calls', 'all', { limit: 1 }) }

/** The same with audit lines, which go nowhere, for a call of a session. */
const audited = {
  ...source,
  state: {
    ...source.state,
    decisions: createDecisionLog({ keep: 1000, accepted: 0 }),
    ports: { clock: systemClock, log: silentLogger },
    generation: {
      ...source.state.generation,
      config: { ...config, observability: { ...observability, audit: true } },
    },
  },
  req: { headers: { 'user-agent': 'acme/1.0', 'mcp-session-id': 'f'.repeat(32) } },
} as unknown as typeof source
const inSession = { ...call, caller: { ...call.caller, session: { fingerprint: '0a1b2c3d' } } }

const cases: Readonly<Record<string, () => void>> = {
  'accepted, one of 100 kept': () => recordCall(source, call, accepted, seen()),
  'refused, all kept': () => recordCall(source, call, refused, seen()),
  'audited, the session known': () =>
    recordCall(audited, inSession as unknown as Call, accepted, seen()),
  'audited, its id digested each time': () => recordCall(audited, call, accepted, seen()),
}

const seen = () => ({ begun: systemClock.now(), wouldDeny: [] })
const calls = 500_000
for (const [name, run] of Object.entries(cases)) {
  let best = Infinity
  for (let round = 0; round < 7; round += 1) {
    const before = process.cpuUsage()
    for (let n = 0; n < calls; n += 1) run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / calls)
  }
  console.log(`${name.padEnd(36)} ${best.toFixed(2)} us a call`)
}
