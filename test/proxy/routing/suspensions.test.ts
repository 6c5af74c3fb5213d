// What a stateless caller can and cannot do with the state of a call that waits for its answer.
import { afterEach, describe, expect, test } from 'vitest'
import type { Call, Reply } from '../../../src/mcp/call.ts'
import { createSuspensions, suspensionLimits } from '../../../src/proxy/routing/suspensions.ts'
import { call as callOf, modernClient, recordingPeer } from '../../support/peer.ts'
import {
  modernMeta,
  startTestProxy,
  type Received,
  type TestProxy,
  type TestProxyOptions,
} from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts, type TestPorts } from '../../support/test-ports.ts'

const tokens = ['token-of-alice-0001', 'token-of-bob-00002']
const [alice, bob] = tokens as [string, string]
const form = (message: string) =>
  ({
    jsonrpc: '2.0',
    id: 1,
    method: 'elicitation/create',
    params: { message, requestedSchema: { type: 'object', properties: {} } },
  }) as const
const done = (value: unknown) =>
  result({ content: [{ type: 'text', text: JSON.stringify(value) }] })

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

/** A backend that asks the questions of the call's arguments, one after the other or all at once. */
const asking = async ({ request, peer, signal }: Call): Promise<Reply> => {
  const args = request.params?.['arguments'] as { ask: readonly string[]; together?: boolean }
  const { ask, together = false } = args
  const one = async (message: string) => {
    const reply = await peer.ask(form(message), signal)
    return reply.kind === 'result' ? reply.result.value() : reply.kind
  }
  if (together) return done(await Promise.all(ask.map(one)))
  const heard: unknown[] = []
  for (const message of ask) heard.push(await one(message))
  return done(heard)
}

const start = async (options: TestProxyOptions = {}) => {
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }, { name: 'u' }] },
    'tools/call': asking,
  })
  proxy = await startTestProxy([backend], {
    config: { auth: { type: 'bearer', tokens } },
    ...options,
  })
  const running = proxy
  const send = (
    args: object,
    more: object = {},
    token = alice,
    name = 'a__t',
    signal?: AbortSignal,
  ) =>
    running.modern(
      'tools/call',
      {
        name,
        arguments: args,
        ...more,
        _meta: modernMeta({
          'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
        }),
      },
      { token, ...(signal === undefined ? {} : { signal }) },
    )
  return { running, backend, send }
}

const askedIn = (received: Received) => {
  const value = received.json().result
  expect(value.resultType).toBe('input_required')
  return {
    keys: Object.keys(value.inputRequests),
    state: value.requestState as string,
    requests: value.inputRequests,
  }
}
const accept = (keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, { action: 'accept', content: { key } }]))
const textOf = (received: Received) => JSON.parse(received.json().result.content[0].text) as unknown

const refused = (received: Received) => {
  expect([received.status, received.json().error.code]).toEqual([200, -32_602])
}

describe('a call that waits for an answer', () => {
  test('asks for what is missing again, and for one thing after the other', async () => {
    const { send } = await start()
    const args = { ask: ['one', 'two'], together: true }
    const first = askedIn(await send(args))
    expect(first.keys).toHaveLength(2)
    const half = {
      inputResponses: accept(first.keys.slice(0, 1)),
      requestState: first.state,
    }
    const second = askedIn(await send(args, half))
    expect(second.keys).toEqual(first.keys.slice(1))
    const rest = { inputResponses: accept(second.keys), requestState: second.state }
    expect(textOf(await send(args, rest))).toHaveLength(2)
  })

  test('belongs to its caller, its request and its round', async () => {
    const { send } = await start()
    const args = { ask: ['one'] }
    const { keys, state } = askedIn(await send(args))
    const retry = { inputResponses: accept(keys), requestState: state }
    refused(await send(args, retry, bob))
    refused(await send({ ask: ['other'] }, retry))
    refused(await send(args, retry, alice, 'a__u'))
    refused(await send(args, { ...retry, requestState: `${state.slice(0, -2)}AA` }))
    refused(await send(args, { ...retry, requestState: `${state}=` }))
    refused(await send(args, { ...retry, requestState: 'made up' }))
    expect(textOf(await send(args, retry))).toEqual([
      { action: 'accept', content: { key: keys[0] } },
    ])
    refused(await send(args, retry))
  })

  test('ends with the proxy', async () => {
    const { send, backend, running } = await start()
    const args = { ask: ['one', 'two'] }
    const first = askedIn(await send(args))
    const work = backend.calls.findLast(({ request }) => request.method === 'tools/call')
    expect(work?.signal.aborted).toBe(false)
    await running.close({ force: true })
    expect(work?.signal.aborted).toBe(true)
    expect(first.keys).toHaveLength(1)
  })

  test('is not asked what it did not declare, nor is anything asked of who declares nothing', async () => {
    const { running, send } = await start()
    const args = { ask: ['one'] }
    const none = await running.modern(
      'tools/call',
      { name: 'a__t', arguments: args },
      { token: alice },
    )
    expect(textOf(none)).toEqual(['error'])
    expect(askedIn(await send(args)).keys).toHaveLength(1)
  })
})

describe('suspensions', () => {
  const client = { ...modernClient, capabilities: { elicitation: {} } }
  const seal = (content: object) => JSON.stringify(content)
  const suspended = (ports: TestPorts, limits: Partial<typeof suspensionLimits> = {}) =>
    createSuspensions(ports, { ...suspensionLimits, ...limits })
  const principal = (key: string) => ({
    method: 'jwt' as const,
    key,
    scopes: [],
    audience: [],
    claims: {},
  })
  const begin = async (ports: TestPorts, table: ReturnType<typeof suspended>, owner = 'alice') => {
    const ended: boolean[] = []
    const call = callOf('tools/call', {}, { client, principal: principal(owner) })
    const running = table.run(call, seal, async ({ peer, signal }) => {
      const reply = await peer.ask(form('?'), signal)
      ended.push(signal.aborted)
      return reply.kind === 'result' ? reply : done('gave up')
    })
    await ports.clock.untilSleeping()
    await ports.clock.advance(25)
    return { reply: await running, ended }
  }

  test('end when nobody answers for a while, and tell the backend', async () => {
    const ports = testPorts()
    const table = suspended(ports)
    const { ended } = await begin(ports, table)
    expect(table.count).toBe(1)
    await ports.clock.advance(suspensionLimits.ttlMs)
    expect([table.count, ended.length, ports.clock.sleepers]).toEqual([0, 1, 0])
  })

  test('are bounded for one caller and for all', async () => {
    const ports = testPorts()
    const table = suspended(ports, { maxPerOwner: 1, max: 2 })
    const codes: (string | undefined)[] = []
    for (const owner of ['alice', 'alice', 'bob', 'carol']) {
      const { reply } = await begin(ports, table, owner)
      codes.push(reply.kind === 'refusal' ? reply.problem.code : undefined)
    }
    expect(codes).toEqual([undefined, 'limit-suspensions', undefined, 'limit-suspensions'])
    expect(table.count).toBe(2)
    table.close()
    expect(table.count).toBe(0)
  })

  test('that break on a mistake of ours are logged with the stack and its causes', async () => {
    const ports = testPorts()
    const broken = (): Promise<Reply> =>
      Promise.reject(new Error('no such member', { cause: new TypeError('of the cause') }))
    const call = callOf('tools/call', {}, { client, requestId: 'r-1' })
    const reply = await suspended(ports).run(call, seal, broken)
    expect(reply).toMatchObject({ kind: 'failure', problem: { code: 'internal-error' } })
    const [line] = ports.lines.filter(({ message }) => message === 'internal error')
    expect(line?.fields).toMatchObject({ request_id: 'r-1', code: 'internal-error' })
    expect(line?.fields['error']).toMatch(/^Error: no such member\n +at /)
    expect(line?.fields['error']).toMatch(/\ncaused by: TypeError: of the cause\n +at /)
  })

  test('of a backend that asks without end are given up', async () => {
    const ports = testPorts()
    const { reply } = await begin(ports, suspended(ports, { maxRounds: 0 }))
    expect(reply).toMatchObject({ kind: 'refusal', problem: { code: 'limit-rounds' } })
  })

  test('keep some of what is told meanwhile, under the token of the request that gets it', async () => {
    const ports = testPorts()
    const table = suspended(ports)
    const told: unknown[] = []
    const call = callOf('tools/call', { _meta: { progressToken: 'a' } }, { client })
    const running = table.run(call, seal, async ({ peer, signal }) => {
      const asked = peer.ask(form('?'), signal)
      await ports.clock.sleep(1000)
      for (let progress = 0; progress < 200; progress += 1) {
        const params = { progressToken: 'a', progress }
        peer.notify({ jsonrpc: '2.0', method: 'notifications/progress', params })
      }
      await asked
      return done('end')
    })
    await ports.clock.untilSleeping(2)
    await ports.clock.advance(25)
    const first = await running
    const value = first.kind === 'result' ? first.result.value() : {}
    await ports.clock.advance(1000)
    const peer = recordingPeer()
    const [key] = Object.keys(value['inputRequests'] as object)
    const again = callOf(
      'tools/call',
      { _meta: { progressToken: 'b' }, inputResponses: { [key!]: { action: 'decline' } } },
      { client, peer },
    )
    const content = JSON.parse(value['requestState'] as string) as never
    expect((await table.resume(again, seal, content)).kind).toBe('result')
    told.push(...peer.notifications.map(({ params }) => params?.['progressToken']))
    expect(told).toHaveLength(100)
    expect(new Set(told)).toEqual(new Set(['b']))
    expect(table.count).toBe(0)
  })
})
