import { describe, expect, test } from 'vitest'
import { backendGuess } from '../../../src/proxy/routing/router.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import { call, modernClient, toolCall } from '../../support/peer.ts'
import { routed } from '../../support/routed.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

const tools = (...names: string[]) => ({ tools: names.map((name) => ({ name })) })
const valueOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}
const done = { content: [{ type: 'text', text: 'done' }] }

describe('names', () => {
  test('a tool goes to its backend under its own name, everything else of the call unchanged', async () => {
    const a = scriptedBackend('a', { 'tools/list': tools('read'), 'tools/call': done })
    const { handle } = routed([a], testPorts())
    expect(valueOf(await handle(toolCall('a__read', { x: 1 }, {}, { progressToken: 5 })))).toEqual(
      done,
    )
    const sent = a.calls.find(({ request }) => request.method === 'tools/call')
    expect(sent?.request.params).toEqual({
      name: 'read',
      arguments: { x: 1 },
      _meta: { progressToken: 5 },
    })
  })

  test('an unknown tool, an unknown prefix and an unknown prompt are refused alike', async () => {
    const a = scriptedBackend('a', { 'tools/list': tools('read') })
    const { handle } = routed([a], testPorts())
    for (const request of [
      toolCall('a__none'),
      toolCall('read'),
      toolCall(''),
      call('prompts/get', { name: 'a__none' }),
    ]) {
      expect(await handle(request)).toMatchObject({
        kind: 'refusal',
        problem: { code: 'name-unknown' },
      })
    }
    expect(a.count('tools/call')).toBe(0)
  })

  test('an unknown name is answered with the listed one that it resembles, for this caller alone', async () => {
    const asker = { ...modernClient, capabilities: { elicitation: {} } }
    const a = scriptedBackend('a', {
      'tools/list': ({ caller: { client } }) =>
        result(
          client.capabilities['elicitation'] === undefined ? tools('read') : tools('ask_user'),
        ),
    })
    const { handle } = routed([a], testPorts())
    await handle(call('tools/list'))
    await handle(call('tools/list', {}, { client: asker }))
    expect(await handle(toolCall('a_read'))).toMatchObject({
      problem: {
        case: 'similar',
        detail: 'Tool "a_read" is not known here; did you mean "a__read"?',
      },
    })
    expect(await handle(toolCall('ask_user'))).toMatchObject({ problem: { case: 'unknown' } })
    expect(await handle(toolCall('ask_user', {}, { client: asker }))).toMatchObject({
      problem: { detail: expect.stringContaining('"a__ask_user"') },
    })
    expect(a.count('tools/call')).toBe(0)
  })

  test('a flood of unknown names asks the backend once in a while', async () => {
    const ports = testPorts()
    const a = scriptedBackend('a', { 'tools/list': tools('read') })
    const { handle } = routed([a], ports)
    for (let n = 0; n < 50; n += 1) await handle(toolCall(`a__no${n}`))
    expect(a.count('tools/list')).toBe(1)
    await ports.clock.advance(5_000)
    a.answer('tools/list', tools('late'))
    a.answer('tools/call', done)
    expect((await handle(toolCall('a__late'))).kind).toBe('result')
  })

  test('a backend that cannot list now says itself what is wrong', async () => {
    const a = scriptedBackend('a')
    a.down()
    const { handle } = routed([a], testPorts())
    expect(await handle(toolCall('a__read'))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable' },
    })
  })

  test('overlapping prefixes: the lists decide, not the text', async () => {
    const a = scriptedBackend('a', {
      'tools/list': tools('b__x'),
      'tools/call': { content: [], from: 'a' },
    })
    const ab = scriptedBackend('ab', {
      'tools/list': tools('y'),
      'tools/call': { content: [], from: 'ab' },
    })
    const { handle } = routed([a, ab], testPorts(), { prefixes: { ab: 'a__b__' } })
    expect(valueOf(await handle(toolCall('a__b__x')))['from']).toBe('a')
    expect(valueOf(await handle(toolCall('a__b__y')))['from']).toBe('ab')
  })

  test('without prefixes the first backend that has the name answers, whoever was asked first', async () => {
    const a = scriptedBackend('a', {
      'tools/list': tools('same'),
      'tools/call': { content: [], from: 'a' },
    })
    const b = scriptedBackend('b', {
      'tools/list': tools('same', 'own'),
      'tools/call': { content: [], from: 'b' },
    })
    const { handle } = routed([a, b], testPorts(), { prefixes: { a: '', b: '' } })
    expect(valueOf(await handle(toolCall('own')))['from']).toBe('b')
    expect(valueOf(await handle(toolCall('same')))['from']).toBe('a')
  })

  test('parameters that name nothing are refused', async () => {
    const { handle } = routed([scriptedBackend('a')], testPorts())
    for (const params of [{}, { name: 7 }, { name: null }]) {
      expect(await handle(call('tools/call', params))).toMatchObject({
        problem: { code: 'req-params' },
      })
    }
    expect(await handle(call('completion/complete', { ref: { type: 'ref/other' } }))).toMatchObject(
      { problem: { code: 'req-params' } },
    )
  })
})

describe('resources', () => {
  test('a read goes to the backend under its own URI and its result comes back exposed', async () => {
    const a = scriptedBackend('a', {
      'resources/read': { contents: [{ uri: 'file:///r/sub', text: 'hi' }] },
    })
    const { handle } = routed([a], testPorts())
    const reply = await handle(call('resources/read', { uri: 'a+file:///r' }))
    expect(valueOf(reply)['contents']).toEqual([{ uri: 'a+file:///r/sub', text: 'hi' }])
    expect(a.calls.map(({ request }) => [request.method, request.params])).toEqual([
      ['resources/read', { uri: 'file:///r' }],
    ])
  })

  test('a fetchable URI is found by index, then by template', async () => {
    const a = scriptedBackend('a', { 'resources/read': { contents: [], from: 'a' } })
    const b = scriptedBackend('b', {
      'resources/list': { resources: [{ uri: 'https://acme.test/doc', name: 'd' }] },
      'resources/templates/list': {
        resourceTemplates: [{ uriTemplate: 'https://acme.test/issue/{n}', name: 'i' }],
      },
      'resources/read': { contents: [], from: 'b' },
    })
    const { handle } = routed([a, b], testPorts())
    const read = async (uri: string) => handle(call('resources/read', { uri }))
    expect(valueOf(await read('https://acme.test/doc'))['from']).toBe('b')
    expect(valueOf(await read('https://acme.test/issue/7'))['from']).toBe('b')
    expect(await read('https://acme.test/none')).toMatchObject({
      problem: { code: 'name-unknown' },
    })
  })

  test('links and embedded resources in results are exposed; text and structure are left alone', async () => {
    const text = { type: 'text', text: '{"uri":"file:///in-text"}' }
    const structuredContent = { uri: 'file:///kept', items: [{ uri: 'x:y' }] }
    const a = scriptedBackend('a', {
      'tools/list': tools('t'),
      'tools/call': {
        content: [
          text,
          { type: 'resource_link', uri: 'file:///l', name: 'l' },
          { type: 'resource', resource: { uri: 'file:///e', text: 'e' } },
        ],
        structuredContent,
      },
      'prompts/list': { prompts: [{ name: 'p' }] },
      'prompts/get': {
        messages: [
          {
            role: 'user',
            content: { type: 'resource', resource: { uri: 'file:///p', text: 'p' } },
          },
        ],
      },
    })
    const { handle } = routed([a], testPorts())
    const called = valueOf(await handle(toolCall('a__t')))
    expect(called['content']).toEqual([
      text,
      { type: 'resource_link', uri: 'a+file:///l', name: 'l' },
      { type: 'resource', resource: { uri: 'a+file:///e', text: 'e' } },
    ])
    expect(called['structuredContent']).toEqual(structuredContent)
    expect(valueOf(await handle(call('prompts/get', { name: 'a__p' })))['messages']).toEqual([
      { role: 'user', content: { type: 'resource', resource: { uri: 'a+file:///p', text: 'p' } } },
    ])
  })

  test('an error that names a resource names the exposed one', async () => {
    const a = scriptedBackend('a', {
      'resources/read': {
        kind: 'error',
        error: { code: -32_002, message: 'gone', data: { uri: 'file:///r' } },
      },
    })
    const { handle } = routed([a], testPorts())
    expect(await handle(call('resources/read', { uri: 'a+file:///r' }))).toMatchObject({
      error: { data: { uri: 'a+file:///r' } },
    })
  })

  test('a result without a URI is relayed as the very bytes that came', async () => {
    const bytes = Buffer.from('{"content":[ ],  "x":1e2}')
    const reply: Reply = {
      kind: 'result',
      result: { bytes: () => bytes, value: () => JSON.parse(bytes.toString()) },
    }
    const a = scriptedBackend('a', { 'tools/list': tools('t'), 'tools/call': reply })
    const { handle } = routed([a], testPorts())
    const answered = await handle(toolCall('a__t'))
    expect(answered.kind === 'result' && answered.result.bytes()).toBe(bytes)
  })
})

test('completion follows its reference', async () => {
  const a = scriptedBackend('a', {
    'prompts/list': { prompts: [{ name: 'p' }] },
    'completion/complete': { completion: { values: ['v'] } },
  })
  const { handle } = routed([a], testPorts())
  const argument = { name: 'x', value: 'v' }
  for (const [ref, local] of [
    [
      { type: 'ref/prompt', name: 'a__p' },
      { type: 'ref/prompt', name: 'p' },
    ],
    [
      { type: 'ref/resource', uri: 'a+note:///{id}' },
      { type: 'ref/resource', uri: 'note:///{id}' },
    ],
  ] as const) {
    const reply = await handle(call('completion/complete', { ref, argument }))
    expect(valueOf(reply)).toEqual({ completion: { values: ['v'] } })
    expect(a.calls.at(-1)?.request.params).toEqual({ ref: local, argument })
  }
})

describe('what the proxy answers itself', () => {
  test('initialize speaks the version of the client, or our newest', async () => {
    const a = scriptedBackend('a', {}, { capabilities: { tools: {}, completions: {} } })
    const { handle } = routed([a], testPorts(), { instructions: 'Be kind.' })
    const value = valueOf(await handle(call('initialize', { protocolVersion: '2025-03-26' })))
    expect(value).toEqual({
      protocolVersion: '2025-03-26',
      capabilities: { tools: { listChanged: true }, completions: {} },
      serverInfo: { name: 'proxy', version: '1.2.3' },
      instructions: 'Be kind.',
    })
    const other = valueOf(await handle(call('initialize', { protocolVersion: '1999-01-01' })))
    expect(other['protocolVersion']).toBe('2025-11-25')
    expect(a.calls).toHaveLength(0)
  })

  test('callers of both eras are promised the announcements that they can get', async () => {
    const a = scriptedBackend('a', {}, { capabilities: { tools: { listChanged: true } } })
    const { handle } = routed([a], testPorts())
    const discovered = await handle(call('server/discover', {}, { client: modernClient }))
    const opened = await handle(call('initialize', { protocolVersion: '2025-11-25' }))
    for (const told of [discovered, opened]) {
      expect(valueOf(told)['capabilities']).toEqual({ tools: { listChanged: true } })
    }
  })

  test('a backend that is away may have anything when it is back', async () => {
    const a = scriptedBackend('a', {}, { capabilities: { tools: {} } })
    const b = scriptedBackend('b')
    b.down()
    const { handle } = routed([a, b], testPorts())
    const { capabilities } = valueOf(await handle(call('initialize', {})))
    expect(Object.keys(capabilities as object)).toEqual([
      'tools',
      'prompts',
      'resources',
      'completions',
    ])
  })

  test('initialize waits for backends that are connecting, but not for ever', async () => {
    const ports = testPorts()
    const a = scriptedBackend('a', {}, { state: 'starting' })
    const { handle } = routed([a], ports)
    const early = handle(call('initialize', {}))
    await ports.clock.untilSleeping()
    a.up({ tools: {} })
    expect(Object.keys(valueOf(await early)['capabilities'] as object)).toEqual(['tools'])
    const b = scriptedBackend('b', {}, { state: 'starting' })
    const late = routed([b], ports).handle(call('initialize', {}))
    await ports.clock.advance(3_000)
    expect(valueOf(await late)['capabilities']).toHaveProperty('prompts')
  })

  test('methods belong to their era', async () => {
    const { handle } = routed([scriptedBackend('a')], testPorts())
    const client = modernClient
    expect((await handle(call('server/discover', {}, { client }))).kind).toBe('result')
    expect((await handle(call('ping'))).kind).toBe('result')
    for (const request of [
      call('server/discover'),
      call('ping', {}, { client }),
      call('initialize', {}, { client }),
      call('sampling/createMessage'),
      call('toString'),
    ]) {
      expect(await handle(request)).toMatchObject({ problem: { code: 'req-method' } })
    }
  })
})

test('labels know the backend of a name without asking anybody', async () => {
  const a = scriptedBackend('a', { 'tools/list': tools('t') })
  const { resolver } = routed([a], testPorts())
  const guess = backendGuess(resolver)
  expect(guess(toolCall('a__t').request)).toBe('a')
  expect(guess(toolCall('zzz').request)).toBeUndefined()
  expect(guess(call('resources/read', { uri: 'a+x:y' }).request)).toBe('a')
  expect(guess(call('tools/list').request)).toBeUndefined()
  expect(a.calls).toHaveLength(0)
})
