import { expect, test } from 'vitest'
import type { Call, SessionPeer } from '../../src/mcp/call.ts'
import { withCanaries } from '../../src/traffic/canary.ts'
import { toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'

const setUp = (weights: readonly number[], primaryWeight = 100) => {
  const sent: string[] = []
  let last = ''
  const place = (name: string, weight: number) => ({
    name,
    weight,
    handle: async () => {
      last = name
      return result({})
    },
  })
  const handle = withCanaries({
    primary: place('primary', primaryWeight),
    canaries: weights.map((weight, n) => place(`canary-${n}`, weight)),
    onSent: (canary) => sent.push(canary),
  })
  return {
    sent,
    placeOf: async (call: Call) => {
      await handle(call)
      return last
    },
  }
}

const by = (key: string): Call => {
  const call = toolCall('x')
  return { ...call, caller: { ...call.caller, principal: { ...call.caller.principal, key } } }
}

const callers = Array.from({ length: 2000 }, (_, n) => by(`https://id.example.com user-${n}`))

test('callers are shared by weight', async () => {
  const { placeOf, sent } = setUp([10, 30], 60)
  const counts = new Map<string, number>()
  for (const caller of callers) {
    const place = await placeOf(caller)
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  expect(counts.get('canary-0')! / 20).toBeCloseTo(10, -1)
  expect(counts.get('canary-1')! / 20).toBeCloseTo(30, -1)
  expect(counts.get('primary')! / 20).toBeCloseTo(60, -1)
  expect(sent.length).toBe(counts.get('canary-0')! + counts.get('canary-1')!)
})

test('each stays where it is, in other processes and with more weight too', async () => {
  const small = setUp([10], 90)
  const other = setUp([10], 90)
  const large = setUp([40], 60)
  for (const caller of callers.slice(0, 300)) {
    const place = await small.placeOf(caller)
    expect(await small.placeOf(caller)).toBe(place)
    expect(await other.placeOf(caller)).toBe(place)
    const later = await large.placeOf(caller)
    expect(place === 'canary-0' && later !== place).toBe(false)
  }
})

test('callers without a credential stay by session, else by address', async () => {
  const { placeOf } = setUp([100], 100)
  const anonymous = toolCall('x')
  const places = new Set<string>()
  for (let n = 0; n < 64; n += 1) {
    const session: SessionPeer = {
      notify: () => undefined,
      ask: () => Promise.reject(new Error('not asked')),
      logLevel: undefined,
      ended: new AbortController().signal,
    }
    const call = { ...anonymous, caller: { ...anonymous.caller, session } }
    const place = await placeOf(call)
    places.add(place)
    expect(await placeOf(call)).toBe(place)
    const from = { ...anonymous, caller: { ...anonymous.caller, address: `192.0.2.${n}` } }
    expect(await placeOf(from)).toBe(await placeOf(from))
  }
  expect(places.size).toBe(2)
})

test('what the proxy asks for itself goes to the backend that callers are shown', async () => {
  const { placeOf } = setUp([100], 1)
  for (let n = 0; n < 20; n += 1) {
    const asked = {
      ...by(`user-${n}`),
      caller: { ...by(`user-${n}`).caller, operator: true as const },
    }
    expect(await placeOf(asked)).toBe('primary')
  }
})
