// Results of backends with something else in them than the protocol says, where the proxy reads them.
import { afterEach, describe, expect, test } from 'vitest'
import type { Health } from '../../src/backends/backend.ts'
import { lazyFromBytes } from '../../src/mcp/lazy-object.ts'
import { startTestProxy, type Received, type TestProxy } from '../support/proxy.ts'
import { scriptedBackend, type ScriptedBackend } from '../support/scripted-backend.ts'

const closing: TestProxy[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((proxy) => proxy.close({ force: true })))
})

const capabilities = {
  tools: {},
  prompts: {},
  resources: {},
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
  extensions: { 'io.modelcontextprotocol/tasks': {} },
}

const lists = {
  'tools/list': { tools: [{ name: 'x', inputSchema: { type: 'object' } }] },
  'prompts/list': { prompts: [{ name: 'x' }] },
  'resources/list': { resources: [{ uri: 'file:///x', name: 'x' }] },
}

/** The text as it came over a wire: nothing inside it was looked at. */
const backendWith = (method: string, text: string, era: 'legacy' | 'modern'): ScriptedBackend => {
  const bytes = Buffer.from(text)
  const backend = scriptedBackend(
    'bad',
    {
      ...lists,
      [method]: () => ({ kind: 'result', result: lazyFromBytes(bytes, { id: -1, bytes }) }),
    },
    { capabilities },
  )
  const version = era === 'modern' ? '2026-07-28' : '2025-11-25'
  const health: Health = { state: 'up', since: 0, era, protocolVersion: version, capabilities }
  return Object.create(backend, { health: { value: health } }) as ScriptedBackend
}

const params: Readonly<Record<string, object>> = {
  'tools/call': { name: 'bad__x', arguments: {} },
  'prompts/get': { name: 'bad__x' },
  'resources/read': { uri: 'bad+file:///x' },
  'completion/complete': {
    ref: { type: 'ref/prompt', name: 'bad__x' },
    argument: { name: 'a', value: '' },
  },
  'tasks/get': { taskId: 'bad+1' },
  'tasks/result': { taskId: 'bad+1' },
  'tasks/cancel': { taskId: 'bad+1' },
}

type Caller = 'a session' | 'a stateless caller'

const served = async (
  backend: ScriptedBackend,
  caller: Caller,
  method: string,
  extra: object = {},
  required = false,
): Promise<Received> => {
  const proxy = await startTestProxy(
    [backend, scriptedBackend('good', { 'tools/list': { tools: [{ name: 'y' }] } })],
    { required: required ? ['bad'] : [] },
  )
  closing.push(proxy)
  const all = { ...params[method], ...extra }
  const answered =
    caller === 'a session'
      ? await (await proxy.session()).call(method, all)
      : await proxy.modern(
          method,
          {
            ...all,
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {
                extensions: { 'io.modelcontextprotocol/tasks': {} },
              },
            },
          },
          { headers: method.startsWith('tasks/') ? { 'mcp-name': 'bad+1' } : {} },
        )
  expect(proxy.logged().filter(({ msg }) => msg === 'internal error')).toEqual([])
  return answered
}

const protocolError = { error: { code: -32_603, data: { code: 'backend-protocol' } } }

interface Row {
  readonly what: string
  readonly method: string
  readonly text: string
  readonly caller: Caller
  readonly era: 'legacy' | 'modern'
  readonly extra?: object
}

const rowsOf = (
  method: string,
  caller: Caller,
  era: Row['era'],
  texts: Readonly<Record<string, string>>,
  extra: object = {},
): readonly Row[] =>
  Object.entries(texts).map(([what, text]) => ({ what, method, text, caller, era, extra }))

/** `"uri"` and `resultType` are what the proxy looks for before it reads. */
const refused: readonly Row[] = [
  ...(['a session', 'a stateless caller'] as const).flatMap((caller) => [
    ...rowsOf('tools/call', caller, caller === 'a session' ? 'legacy' : 'modern', {
      'an inside that is no JSON': '{"content":[{"uri":007}]}',
      'a bracket that closes another': '{"content":[{"uri":"a"]}}',
      'content null': '{"content":null,"_meta":{"uri":""}}',
      'content a string': '{"content":"x","_meta":{"uri":""}}',
      'content a number': '{"content":1,"_meta":{"uri":""}}',
    }),
    ...rowsOf('prompts/get', caller, caller === 'a session' ? 'legacy' : 'modern', {
      'an inside that is no JSON': '{"messages":[{"uri":tru}]}',
      'messages an object': '{"messages":{"uri":""}}',
      'no messages': '{"_meta":{"uri":""}}',
    }),
    ...rowsOf('resources/read', caller, caller === 'a session' ? 'legacy' : 'modern', {
      'an inside that is no JSON': '{"contents":[{"uri":"\t"}]}',
      'contents a string': '{"contents":"x","_meta":{"uri":""}}',
      'contents null': '{"contents":null,"_meta":{"uri":""}}',
      'no contents': '{"_meta":{"uri":""}}',
    }),
    ...rowsOf('tasks/get', caller, caller === 'a session' ? 'legacy' : 'modern', {
      'an inside that is no JSON': '{"taskId":01}',
      'no id': '{"status":"working"}',
      'an id that is a number': '{"taskId":7,"status":"working"}',
    }),
  ]),
  ...rowsOf('tasks/result', 'a session', 'legacy', {
    'an inside that is no JSON': '{"content":[01]}',
    'content a string': '{"content":"x"}',
  }),
  ...rowsOf(
    'tools/call',
    'a session',
    'legacy',
    {
      'a task without an id': '{"task":{"status":"working"}}',
      'a task that is a string': '{"task":"x"}',
      'a task with a number for an id': '{"task":{"taskId":1}}',
      'a task with an inside that is no JSON': '{"task":{"taskId":01}}',
    },
    { task: {} },
  ),
  ...rowsOf('tools/call', 'a stateless caller', 'modern', {
    'a task without an id': '{"resultType":"task","status":"working"}',
    'a task with an object for an id': '{"resultType":"task","taskId":{}}',
    'inputRequests a list': '{"resultType":"input_required","inputRequests":[]}',
    'inputRequests a string': '{"resultType":"input_required","inputRequests":"x"}',
    'an entry of inputRequests null': '{"resultType":"input_required","inputRequests":{"a":null}}',
    'an entry without a method': '{"resultType":"input_required","inputRequests":{"a":{}}}',
    'a requestState that is an object': '{"resultType":"input_required","requestState":{}}',
    'nothing that is asked': '{"resultType":"input_required"}',
  }),
  ...rowsOf('tools/call', 'a session', 'modern', {
    'an inside that is no JSON': '{"resultType":"complete","content":[01]}',
    'structured content that is no JSON': '{"structuredContent":[01],"content":[]}',
    'content null beside structured content': '{"structuredContent":[1],"content":null}',
    'content a string': '{"resultType":"complete","content":"x"}',
  }),
  ...rowsOf('prompts/get', 'a session', 'modern', {
    'messages a string': '{"resultType":"complete","messages":"x"}',
  }),
  ...rowsOf('resources/read', 'a session', 'modern', {
    'contents a string': '{"resultType":"complete","contents":"x"}',
    'an inside that is no JSON': '{"resultType":"complete","contents":[}]}',
  }),
]

describe('gives backend-protocol in band', () => {
  test.each(refused)(
    '$what in the answer to $method of $caller, from a $era backend',
    async ({ method, text, caller, era, extra }) => {
      const answered = await served(backendWith(method, text, era), caller, method, extra)
      expect(answered.status).toBe(200)
      expect(answered.json()).toMatchObject(protocolError)
    },
  )
})

const listTexts: Readonly<Record<string, string>> = {
  'an inside that is no JSON': '{"tools":[01]}',
  'no list': '{}',
  'a string for the list': '{"tools":"x"}',
  'null for the list': '{"tools":null}',
  'an object for the list': '{"tools":{"length":1}}',
}

describe.each(Object.entries(listTexts))('a list of tools with %s', (_what, text) => {
  test.each(['a session', 'a stateless caller'] as const)(
    'does not hide the tools of others from %s',
    async (caller) => {
      const answered = await served(backendWith('tools/list', text, 'legacy'), caller, 'tools/list')
      expect(answered.status).toBe(200)
      expect(answered.json().result.tools).toMatchObject([{ name: 'good__y' }])
    },
  )

  test('gives backend-protocol where its backend is required', async () => {
    const backend = backendWith('tools/list', text, 'legacy')
    const answered = await served(backend, 'a session', 'tools/list', {}, true)
    expect(answered.json()).toMatchObject(protocolError)
  })
})

const oddItems = [
  '{"tools":[null,1,"x",[],{},{"name":7},{"name":null},{"name":"unusable","inputSchema":7},{"name":"x","annotations":[],"_meta":1,"outputSchema":"x","execution":[]}]}',
  '{"tools":[{"name":"x"}],"nextCursor":null,"ttlMs":"x","cacheScope":7}',
  '{"tools":[{"name":"x"}],"ttlMs":1e999,"cacheScope":{}}',
]

test.each(oddItems)('of a list, what can be used is listed: %s', async (text) => {
  for (const caller of ['a session', 'a stateless caller'] as const) {
    const answered = await served(backendWith('tools/list', text, 'modern'), caller, 'tools/list')
    expect(answered.json().result.tools).toMatchObject([{ name: 'bad__x' }, { name: 'good__y' }])
  }
})

const relayed: readonly Row[] = [
  ...rowsOf('tools/call', 'a session', 'legacy', {
    'parts that are no blocks': '{"content":[null,1,"x",{"type":"resource","resource":"uri"}]}',
    'links without an address': '{"content":[{"type":"resource_link","uri":7}]}',
    'a task that is no object beside its content': '{"content":[],"task":"x"}',
  }),
  ...rowsOf('resources/read', 'a session', 'legacy', {
    'parts that are no contents': '{"contents":[null,1,"x",{"uri":7}]}',
  }),
  ...rowsOf('completion/complete', 'a session', 'legacy', {
    'a completion that is a string': '{"completion":"x"}',
  }),
  ...rowsOf('tasks/list', 'a session', 'legacy', { 'tasks a string': '{"tasks":"x"}' }),
  ...rowsOf('tasks/list', 'a session', 'legacy', { 'no JSON': '{"tasks":[01]}' }),
  ...rowsOf('tasks/cancel', 'a stateless caller', 'modern', { 'no task': '{}' }),
]

test.each(relayed)(
  '$what in the answer to $method of $caller, from a $era backend, is for the caller to judge',
  async ({ method, text, caller, era }) => {
    const answered = await served(backendWith(method, text, era), caller, method)
    expect(answered.status).toBe(200)
    expect(answered.json()).toMatchObject({ result: {} })
  },
)

// Its tools have come: they are shown, as those of every list that is cut short.
test.each([
  ['a number', '7'],
  ['an object', '{}'],
])('a list of tools with %s for the cursor is shown, required or not', async (_what, cursor) => {
  const text = `{"tools":[{"name":"x","inputSchema":{"type":"object"}}],"nextCursor":${cursor}}`
  for (const required of [false, true]) {
    const backend = backendWith('tools/list', text, 'legacy')
    const answered = await served(backend, 'a session', 'tools/list', {}, required)
    const names = answered.json().result.tools.map((tool: { name: string }) => tool.name)
    expect(names).toHaveLength(2)
    expect(names).toContain('good__y')
  }
})
