import { expect, test } from 'vitest'
import type { Principal } from '../../src/base/principal.ts'
import type { LimitsContext, OpenRule } from '../../src/layers/limit-rules.ts'
import { limits } from '../../src/layers/limits.ts'
import { reportedLimits } from '../../src/layers/reported-limits.ts'
import type { Left, SharedCounts } from '../../src/limits/counts.ts'
import { createFlightCounts } from '../../src/limits/flight-counts.ts'
import { limitsSchema } from '../../src/limits/limits-config.ts'
import type { LimitTarget } from '../../src/limits/rule-scope.ts'
import { createWindowCounts } from '../../src/limits/window-counts.ts'
import type { Call, Handler, Reply } from '../../src/mcp/call.ts'
import type { Quota } from '../../src/mcp/quota.ts'
import { anonymous, call, toolCall, type CallOptions } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const ok: Handler = async () => result({})

interface Place extends Partial<Omit<LimitsContext, 'rules'>> {
  readonly rules: readonly object[]
  readonly shared?: (name: string) => SharedCounts
  readonly next?: Handler
}

const tools: Readonly<Record<string, LimitTarget>> = {
  files__read: { kind: 'tool', backend: 'files', name: 'read', isListed: true },
  files__write: { kind: 'tool', backend: 'files', name: 'write', isListed: true },
  web__read: { kind: 'tool', backend: 'web', name: 'read', isListed: true },
}

const targetOf = ({ request }: Call): LimitTarget | undefined => {
  const name = request.params?.['name']
  if (request.method !== 'tools/call' || typeof name !== 'string') return undefined
  const [backend = '', local = ''] = name.split('__')
  return tools[name] ?? { kind: 'tool', backend, name: local, isListed: false }
}

const limited = ({ rules, shared, next = ok, ...place }: Place) => {
  const ports = testPorts()
  const open = limitsSchema.parse({ rules }).rules.map((rule): OpenRule => {
    const { requests, max_concurrent: most } = rule
    if (requests === undefined) {
      const rate = { ...rule, max_concurrent: most! }
      return { kind: 'flights', rule: rate, flights: createFlightCounts(most!) }
    }
    const rate = { ...rule, requests }
    const own = createWindowCounts(rate, ports.clock)
    return { kind: 'rate', rule: rate, own, shared: shared?.(rule.name) }
  })
  const reported: string[] = []
  const context: LimitsContext = {
    rules: open,
    onFailure: 'open',
    targetOf,
    rolesOf: () => [],
    spell: ({ backend, name }) => {
      const names = [`${backend}/${name}`, `${backend}__${name}`]
      return { all: names, readings: [names] }
    },
    onReported: (_, { rule, problem }) => reported.push(`${rule} ${problem.code}`),
    ...place,
  }
  const layers = [limits(context, ports), reportedLimits(context)].filter(
    (one) => one !== undefined,
  )
  const handle = layers.reduceRight((inner, layer) => layer(inner), next)
  return { ports, handle, reported }
}

const by = (key: string, more: Partial<Principal> = {}): CallOptions => ({
  principal: { ...anonymous, method: 'jwt', key, ...more },
})

const endOf = (reply: Reply): string =>
  reply.kind === 'refusal' ? `${reply.problem.code} ${reply.problem.detail}` : reply.kind

const ends = async (handle: Handler, calls: readonly Call[]): Promise<readonly boolean[]> => {
  const passed: boolean[] = []
  for (const one of calls) passed.push((await handle(one)).kind === 'result')
  return passed
}

test('without rules there is no layer', () => {
  const context = { rules: [], onFailure: 'open', targetOf, rolesOf: () => [], spell: () => null! }
  expect(limits(context as unknown as LimitsContext, testPorts())).toBeUndefined()
})

test('each caller has a quota of its own, and a refusal names the rule and when to come back', async () => {
  const rules = [{ name: 'per-caller', by: ['caller'], requests: 1, period_seconds: 60 }]
  const { handle, ports } = limited({ rules })
  expect(await ends(handle, [call('ping', {}, by('ann')), call('ping', {}, by('bob'))])).toEqual([
    true,
    true,
  ])
  await ports.clock.advance(20_500)
  expect(await handle(call('ping', {}, by('ann')))).toEqual({
    kind: 'refusal',
    problem: {
      code: 'limit-rate',
      case: 'rule',
      detail: 'The limit per-caller allows 1 requests in 60 s',
    },
    retryAfterSeconds: 40,
    rule: 'per-caller',
  })
  expect(ports.samples).toEqual([
    { name: 'mcp_proxy_limited_total', labels: { rule: 'per-caller' }, value: 1 },
  ])
  await ports.clock.advance(39_500)
  expect((await handle(call('ping', {}, by('ann')))).kind).toBe('result')
})

test('an address is that of the peer: one machine with many IPv6 addresses is one, and so are pipes', async () => {
  const { handle } = limited({ rules: [{ name: 'a', by: ['address'], requests: 1 }] })
  const from = (address: string | undefined) => call('ping', {}, { address })
  expect(
    await ends(handle, [
      from('192.0.2.1'),
      from('::ffff:192.0.2.1'),
      from('192.0.2.2'),
      from('2001:db8::1'),
      from('2001:db8::2'),
      from('2001:db8:0:1::1'),
      from(undefined),
      from(undefined),
    ]),
  ).toEqual([true, false, true, true, false, true, true, false])
})

test('a tool counts by its backend and its name there, and names that nobody lists share one quota', async () => {
  const rules = [{ name: 'per-tool', by: ['tool'], requests: 1, period_seconds: 60 }]
  const { handle } = limited({ rules })
  expect(
    await ends(handle, [
      toolCall('files__read'),
      toolCall('files__read'),
      toolCall('web__read'),
      toolCall('files__made_up'),
      toolCall('files__other'),
      call('ping'),
      call('ping'),
    ]),
  ).toEqual([true, false, true, true, false, true, true])
})

test('a rule about tools, backends or roles leaves all other calls alone', async () => {
  const rules = [
    { name: 'writes', tools: ['*/write*'], requests: 1, period_seconds: 60 },
    { name: 'web', backends: ['web'], requests: 1, period_seconds: 60 },
    { name: 'guests', roles: ['guest'], requests: 1, period_seconds: 60 },
  ]
  const rolesOf = ({ caller }: Call) => (caller.principal.key === 'guest' ? ['guest'] : [])
  const { handle } = limited({ rules, rolesOf })
  const read = toolCall('files__read')
  const write = toolCall('files__write')
  const web = toolCall('web__read')
  expect(await ends(handle, [read, read, write, write, web, web])).toEqual([
    true,
    true,
    true,
    false,
    true,
    false,
  ])
  expect(endOf(await handle(web))).toContain('limit web ')
  const guest = call('ping', {}, by('guest'))
  expect(await ends(handle, [guest, guest, call('ping')])).toEqual([true, false, true])
})

test('callers with the same roles share the quota of a rule by role', async () => {
  const rolesOf = ({ caller }: Call) => (caller.principal.key === 'cat' ? ['writer'] : ['reader'])
  const rules = [{ name: 'r', by: ['role'], requests: 1, period_seconds: 60 }]
  const { handle } = limited({ rules, rolesOf })
  const calls = ['ann', 'bob', 'cat'].map((key) => call('ping', {}, by(key)))
  expect(await ends(handle, calls)).toEqual([true, false, true])
})

test('a call that one rule refuses takes nothing of the quotas of the others', async () => {
  const rules = [
    { name: 'all', requests: 3, period_seconds: 60 },
    { name: 'per-caller', by: ['caller'], requests: 1, period_seconds: 60 },
  ]
  const { handle } = limited({ rules })
  const ann = call('ping', {}, by('ann'))
  expect(await ends(handle, [ann, ann, ann, ann])).toEqual([true, false, false, false])
  const others = ['bob', 'cat', 'dan'].map((key) => call('ping', {}, by(key)))
  expect(await ends(handle, others)).toEqual([true, true, false])
})

test('calls at one time are bounded, and each that ends leaves its place, whatever its end', async () => {
  const open: (() => void)[] = []
  let broken = false
  const next: Handler = () => {
    if (broken) throw new Error('broken')
    return new Promise((resolve) => open.push(() => resolve(result({}))))
  }
  const rules = [{ name: 'slow', by: ['caller'], max_concurrent: 2 }]
  const { handle } = limited({ rules, next })
  const ann = () => handle(call('ping', {}, by('ann')))
  const first = [ann(), ann()]
  expect(await ann()).toEqual({
    kind: 'refusal',
    problem: {
      code: 'limit-calls',
      case: 'rule',
      detail: 'The limit slow allows 2 calls at a time',
    },
    retryAfterSeconds: 1,
    rule: 'slow',
  })
  for (const release of open.splice(0)) release()
  await Promise.all(first)
  broken = true
  expect(ann).toThrow('broken')
  expect(ann).toThrow('broken')
  broken = false
  const again = [ann(), ann()]
  expect((await ann()).kind).toBe('refusal')
  for (const release of open.splice(0)) release()
  await Promise.all(again)
})

test('a stream of changes takes no place of calls at one time', async () => {
  const { handle } = limited({
    rules: [{ name: 'one', max_concurrent: 1 }],
    next: ({ request }) =>
      request.method === 'ping' ? Promise.resolve(result({})) : new Promise(() => undefined),
  })
  void handle(call('subscriptions/listen'))
  expect((await handle(call('ping'))).kind).toBe('result')
})

test('every answer shows what is left of each quota, and none shows whose it is', async () => {
  const rules = [
    { name: 'all', requests: 10, period_seconds: 60 },
    { name: 'per-caller', by: ['caller'], requests: 1, period_seconds: 5 },
    { name: 'slow', max_concurrent: 4 },
  ]
  const { handle } = limited({ rules })
  const shown: (readonly Quota[])[] = []
  const head = { showQuotas: (quotas: readonly Quota[]) => void shown.push([...quotas]) }
  const ann = call('ping', {}, { ...by('ann'), head })
  await handle(ann)
  await handle(ann)
  const quota = (name: string, limit: number, periodSeconds: number, remaining: number) => ({
    name,
    limit,
    periodSeconds,
    remaining,
    resetSeconds: periodSeconds,
  })
  const slow = { name: 'slow', limit: 4, remaining: 3 }
  expect(shown).toEqual([
    [slow, quota('per-caller', 1, 5, 0), quota('all', 10, 60, 9)],
    [slow, quota('per-caller', 1, 5, 0), quota('all', 10, 60, 9)],
  ])
  expect(JSON.stringify(shown)).not.toContain('ann')
})

/** A store that answers as the test says. */
const scriptedStore = (answers: Record<string, Left | undefined>) => {
  const asked: string[] = []
  const given: string[] = []
  const shared = (name: string): SharedCounts => ({
    take: async (key) => {
      asked.push(`${name} ${key}`)
      return answers[name]
    },
    giveBack: (key) => given.push(`${name} ${key}`),
  })
  return { asked, given, shared }
}

const sharedRules = [
  { name: 'all', requests: 5, period_seconds: 60 },
  { name: 'per-caller', by: ['caller'], requests: 2, period_seconds: 60 },
]
const some: Left = { isAllowed: true, remaining: 1, waitMs: 1000 }
const none: Left = { isAllowed: false, remaining: 0, waitMs: 1500 }

test('a shared quota that is used up refuses, and what narrower rules took is given back', async () => {
  const store = scriptedStore({ all: none, 'per-caller': some })
  const { handle } = limited({ rules: sharedRules, shared: store.shared })
  expect(await handle(call('ping', {}, by('ann')))).toMatchObject({
    problem: { code: 'limit-rate' },
    retryAfterSeconds: 2,
  })
  expect(store.asked).toEqual(['per-caller ann', 'all '])
  expect(store.given).toEqual(['per-caller ann'])
})

test('a caller that has used up its own quota asks nothing of the one that all share', async () => {
  const store = scriptedStore({ all: some, 'per-caller': none })
  const { handle } = limited({ rules: sharedRules, shared: store.shared })
  expect((await handle(call('ping', {}, by('ann')))).kind).toBe('refusal')
  expect(store.asked).toEqual(['per-caller ann'])
})

test('without an answer of the store an open limit counts in this process', async () => {
  const store = scriptedStore({})
  const { handle } = limited({ rules: sharedRules, shared: store.shared })
  const ann = call('ping', {}, by('ann'))
  expect(await ends(handle, [ann, ann, ann])).toEqual([true, true, false])
})

test('without an answer of the store a closed limit refuses, and lets calls go on that no rule is about', async () => {
  const store = scriptedStore({})
  const { handle } = limited({
    rules: [{ name: 'files', backends: ['files'], requests: 5 }],
    shared: store.shared,
    onFailure: 'closed',
  })
  expect(await handle(toolCall('files__read'))).toEqual({
    kind: 'refusal',
    problem: {
      code: 'limit-store',
      case: 'uncounted',
      detail: 'The limit files cannot count requests at the moment',
    },
    retryAfterSeconds: 1,
    rule: 'files',
  })
  expect((await handle(toolCall('web__read'))).kind).toBe('result')
})

test('a call that the store refuses leaves its place among the calls at one time', async () => {
  const store = scriptedStore({ rate: none })
  const rules = [
    { name: 'rate', requests: 5 },
    { name: 'slow', max_concurrent: 1 },
  ]
  const { handle } = limited({ rules, shared: store.shared })
  for (let n = 0; n < 3; n += 1) {
    expect(await handle(call('ping'))).toMatchObject({ problem: { code: 'limit-rate' } })
  }
})

test('a rule that only reports refuses nothing, notes each call beyond it, and shows no quota', async () => {
  const { handle, reported } = limited({
    rules: [{ name: 'trial', by: ['caller'], requests: 1, period_seconds: 60, report_only: true }],
  })
  const shown: (readonly Quota[])[] = []
  const noted: string[] = []
  const one = (): Call => ({
    ...call('tools/list', {}, by('a')),
    head: { showQuotas: (quotas: readonly Quota[]) => void shown.push(quotas) },
    onReported: ({ rule }) => noted.push(rule),
  })
  expect(await ends(handle, [one(), one(), one()])).toEqual([true, true, true])
  expect([reported, noted]).toEqual([
    ['trial limit-rate', 'trial limit-rate'],
    ['trial', 'trial'],
  ])
  expect(shown).toEqual([])
})

test('a rule that only reports counts calls at one time, and gives their places back', async () => {
  const waiting: (() => void)[] = []
  const { handle, reported } = limited({
    rules: [{ name: 'trial', max_concurrent: 1, report_only: true }],
    next: () => new Promise((resolve) => waiting.push(() => resolve(result({})))),
  })
  const both = [handle(call('tools/list')), handle(call('tools/list'))]
  await Promise.resolve()
  for (const end of waiting.splice(0)) end()
  await Promise.all(both)
  const third = handle(call('tools/list'))
  await Promise.resolve()
  for (const end of waiting.splice(0)) end()
  await third
  expect(reported).toEqual(['trial limit-calls'])
})

test('what a rule refuses is not counted by one that only reports', async () => {
  const { handle, reported } = limited({
    rules: [
      { name: 'real', requests: 1, period_seconds: 60 },
      { name: 'trial', requests: 1, period_seconds: 60, report_only: true },
    ],
  })
  const calls = [call('tools/list'), call('tools/list')]
  expect(await ends(handle, calls)).toEqual([true, false])
  expect(reported).toEqual([])
})

test('without its store a rule that only reports counts alone, and refuses nothing', async () => {
  const { handle, reported } = limited({
    rules: [{ name: 'trial', requests: 1, period_seconds: 60, report_only: true }],
    shared: () => ({ take: () => Promise.resolve(undefined), giveBack: () => undefined }),
    onFailure: 'closed',
  })
  expect(await ends(handle, [call('tools/list'), call('tools/list')])).toEqual([true, true])
  expect(reported).toEqual(['trial limit-rate'])
})
