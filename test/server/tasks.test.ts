// Tasks: each era has its own, and each task is for the caller who began it.
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CallToolResultSchema,
  CreateTaskResultSchema,
  ElicitRequestSchema,
  TaskStatusNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  startTaskServer,
  stdioServer,
  stdioTaskServer,
  type HttpServer,
} from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo, type Received } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const [alice, bob] = ['token-of-alice-0001', 'token-of-bob-00002'] as const

let open: RealProxy
let guarded: RealProxy
let without: RealProxy
let old: HttpServer
let modern: HttpServer

beforeAll(async () => {
  ;[old, modern] = await Promise.all([startTaskServer('legacy'), startTaskServer('modern')])
  const backends = [
    { name: 'old-near', transport: 'stdio', ...stdioTaskServer('legacy') },
    { name: 'old-far', transport: 'http', url: old.url },
    { name: 'new-near', transport: 'stdio', ...stdioTaskServer('modern') },
    { name: 'new-far', transport: 'http', url: modern.url },
    { name: 'plain', transport: 'stdio', ...stdioServer('legacy') },
  ]
  const auth = { type: 'bearer', tokens: [alice, bob] }
  ;[open, guarded, without] = await Promise.all([
    startRealProxy(backends),
    startRealProxy(backends, { config: { auth } }),
    startRealProxy(backends.slice(-1)),
  ])
})
afterAll(async () => {
  await Promise.all([open, guarded, without].map((proxy) => proxy.close({ force: true })))
  await Promise.all([old.close(), modern.close()])
})

const clients: Client1[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

interface Asked {
  readonly _meta?: Readonly<Record<string, { readonly taskId: string }>>
}

const session = async (proxy: RealProxy, token: string = alice, capabilities = {}) => {
  const client = new Client1({ name: 'tasks', version: '1' }, { capabilities })
  const asked: Asked[] = []
  const told: { readonly taskId: string; readonly status: string }[] = []
  if ('elicitation' in capabilities) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      const { _meta } = params as Asked
      asked.push(params as Asked)
      return {
        action: 'accept' as const,
        content: { name: 'someone' },
        // What belongs to a task says so, answers too.
        ...(_meta === undefined ? {} : { _meta }),
      }
    })
  }
  client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => {
    told.push(params)
  })
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new Http1(new URL(proxy.url), { requestInit: { headers } }))
  clients.push(client)
  return { client, asked, told, tasks: client.experimental.tasks }
}

const begin = async (client: Client1, backend: string, tag: string) => {
  const params = { name: `${backend}__job`, arguments: { tag }, task: { ttl: 60_000 } }
  const { task } = await client.request({ method: 'tools/call', params }, CreateTaskResultSchema)
  return task
}

const finish = (client: Client1, backend: string, tag: string) =>
  client.callTool({ name: `${backend}__finish`, arguments: { tag } })

const result = (backend: string, said: string) => ({
  content: [{ text: said }, { type: 'resource_link', uri: `${backend}+note://one` }],
})

let tags = 0
const freshTag = () => `tag-${++tags}`

describe.each(['old-near', 'old-far'])('a session, before %s', (backend) => {
  test('begins a task, asks how it is, gets its result and the answers under one id', async () => {
    const { client, tasks } = await session(open)
    const tag = freshTag()
    const task = await begin(client, backend, tag)
    expect(task.taskId).toMatch(new RegExp(`^${backend}\\+`))
    expect(await tasks.getTask(task.taskId)).toMatchObject({ ...task, status: 'working' })
    await finish(client, backend, tag)
    expect(await tasks.getTask(task.taskId)).toMatchObject({ status: 'completed' })
    const answered = await tasks.getTaskResult(task.taskId, CallToolResultSchema)
    expect(answered).toMatchObject({
      ...result(backend, `did ${tag}`),
      _meta: { 'io.modelcontextprotocol/related-task': { taskId: task.taskId } },
    })
  })

  test('cancels a task', async () => {
    const { client, tasks } = await session(open)
    const { taskId } = await begin(client, backend, freshTag())
    expect(await tasks.cancelTask(taskId)).toMatchObject({ taskId, status: 'cancelled' })
    expect(await tasks.getTask(taskId)).toMatchObject({ status: 'cancelled' })
  })

  test('is asked by a task, which each side knows by the id that it was given', async () => {
    const { client, asked } = await session(open, alice, { elicitation: { form: {} } })
    const params = { name: `${backend}__asking-job`, arguments: {} }
    const seen: unknown[] = []
    const stream = client.experimental.tasks.callToolStream(params, CallToolResultSchema, {
      task: { ttl: 60_000 },
    })
    let taskId = ''
    for await (const message of stream) {
      if (message.type === 'taskCreated') taskId = message.task.taskId
      if (message.type === 'result') seen.push(message.result)
      if (message.type === 'error') throw message.error
    }
    expect(seen).toMatchObject([result(backend, 'hello someone')])
    expect(taskId).toMatch(new RegExp(`^${backend}\\+`))
    const related = asked.map((one) => one['_meta']?.['io.modelcontextprotocol/related-task'])
    expect(related).toEqual([{ taskId }])
  })
})

test('a session hears of its task between its calls, under the id that it knows', async () => {
  const { client, told } = await session(guarded)
  const tag = freshTag()
  const { taskId } = await begin(client, 'old-near', tag)
  await finish(client, 'old-near', tag)
  await expect
    .poll(() => told.filter((task) => task.status === 'completed').map((task) => task.taskId))
    .toContain(taskId)
})

test('a list has the tasks of all backends of the era, and of nobody else', async () => {
  const mine = await session(guarded, alice)
  const other = await session(guarded, bob)
  const ids = []
  for (const backend of ['old-near', 'old-far']) {
    ids.push((await begin(mine.client, backend, freshTag())).taskId)
    await begin(other.client, backend, freshTag())
  }
  const listed: string[] = []
  let cursor: string | undefined
  do {
    const page = await mine.tasks.listTasks(cursor)
    listed.push(...page.tasks.map((task) => task.taskId))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  expect(listed).toEqual(expect.arrayContaining(ids))
  expect(listed.every((id) => id.startsWith('old-'))).toBe(true)
  const others = (await other.tasks.listTasks()).tasks.map((task) => task.taskId)
  expect(others.filter((id) => listed.includes(id))).toEqual([])
  await expect(mine.tasks.listTasks('bm9uc2Vuc2U')).rejects.toMatchObject({ code: -32_602 })
})

test('the task of somebody else is as unknown as one that never was', async () => {
  const mine = await session(guarded, alice)
  const other = await session(guarded, bob)
  const { taskId } = await begin(mine.client, 'old-far', freshTag())
  const errors = []
  for (const id of [taskId, 'old-far+no-such-task', 'nonsense']) {
    const asked = [
      other.tasks.getTask(id),
      other.tasks.cancelTask(id),
      other.tasks.getTaskResult(id),
    ]
    for (const one of asked) {
      const error = await one.catch((refused: unknown) => refused)
      errors.push(String(error).replaceAll(id, 'ID'))
    }
  }
  expect(new Set(errors).size).toBe(1)
  expect(errors[0]).toContain('-32602')
  expect(await mine.tasks.getTask(taskId)).toMatchObject({ status: 'working' })
})

test('tasks are told of where a backend of the same era runs them', async () => {
  const capabilities = { list: {}, cancel: {}, requests: { tools: { call: {} } } }
  expect((await session(open)).client.getServerCapabilities()?.tasks).toEqual(capabilities)
  expect((await session(without)).client.getServerCapabilities()?.tasks).toBeUndefined()
})

test('a tool that runs no tasks for sessions is not called as a task', async () => {
  const { client } = await session(open)
  for (const name of ['new-near__job', 'new-far__job', 'plain__echo']) {
    const params = { name, arguments: { tag: 'x', text: 'x' }, task: { ttl: 1000 } }
    const call = client.request({ method: 'tools/call', params }, CreateTaskResultSchema)
    await expect(call).rejects.toMatchObject({ code: -32_601 })
  }
})

const declared = {
  'io.modelcontextprotocol/clientCapabilities': {
    elicitation: { form: {} },
    extensions: { 'io.modelcontextprotocol/tasks': {}, 'com.example/other': {} },
  },
}

let lastId = 0

const stateless = (
  proxy: RealProxy,
  method: string,
  params: {
    readonly name?: string
    readonly taskId?: string
    readonly [name: string]: unknown
  } = {},
  { meta = declared, token = alice }: { readonly meta?: object; readonly token?: string } = {},
): Promise<Received> => {
  const name = params.taskId ?? params.name
  return sendTo(new URL(proxy.url).origin, {
    token,
    body: {
      jsonrpc: '2.0',
      id: ++lastId,
      method,
      params: { ...params, _meta: modernMeta(meta) },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
  })
}

const started = async (proxy: RealProxy, backend: string, tag: string) =>
  (await stateless(proxy, 'tools/call', { name: `${backend}__job`, arguments: { tag } })).json()
    .result

describe.each(['new-near', 'new-far'])('a stateless caller, before %s', (backend) => {
  test('is answered with a task, and asks how it is', async () => {
    const tag = freshTag()
    const task = await started(open, backend, tag)
    expect(task).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 60_000 })
    expect(task.taskId).toMatch(new RegExp(`^${backend}\\+task-`))
    const { taskId } = task
    const before = await stateless(open, 'tasks/get', { taskId })
    expect(before.json().result).toMatchObject({ resultType: 'complete', taskId })
    await stateless(open, 'tools/call', { name: `${backend}__finish`, arguments: { tag } })
    const after = await stateless(open, 'tasks/get', { taskId })
    expect(after.json().result).toMatchObject({
      taskId,
      status: 'completed',
      result: result(backend, `did ${tag}`),
    })
  })

  test('answers what a task asks, and cancels another', async () => {
    const name = `${backend}__asking-job`
    const { taskId } = (await stateless(open, 'tools/call', { name })).json().result
    const asking = await stateless(open, 'tasks/get', { taskId })
    expect(asking.json().result).toMatchObject({
      status: 'input_required',
      inputRequests: { who: { method: 'elicitation/create' } },
    })
    const inputResponses = { who: { action: 'accept', content: { name: 'someone' } } }
    const updated = await stateless(open, 'tasks/update', { taskId, inputResponses })
    expect(updated.json().result).toMatchObject({ resultType: 'complete' })
    expect((await stateless(open, 'tasks/get', { taskId })).json().result).toMatchObject({
      result: result(backend, 'hello someone'),
    })
    const other = (await started(open, backend, freshTag())).taskId
    await stateless(open, 'tasks/cancel', { taskId: other })
    expect((await stateless(open, 'tasks/get', { taskId: other })).json().result.status).toBe(
      'cancelled',
    )
  })

  test('listens for its task and for no other', async () => {
    const tag = freshTag()
    const { taskId } = await started(open, backend, tag)
    const unheard = freshTag()
    const { taskId: other } = await started(open, backend, unheard)
    const abort = new AbortController()
    let text = ''
    let headers = false
    const listened = sendTo(new URL(open.url).origin, {
      body: {
        jsonrpc: '2.0',
        id: `listen-${tag}`,
        method: 'subscriptions/listen',
        params: {
          notifications: { taskIds: [taskId, `${backend}+no-such-task`] },
          _meta: modernMeta(declared),
        },
      },
      headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'subscriptions/listen' },
      signal: abort.signal,
      onHead: (message) => {
        headers = true
        message.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      },
    }).catch(() => undefined)
    await expect.poll(() => headers && text).toContain('acknowledged')
    for (const one of [unheard, tag]) {
      await stateless(open, 'tools/call', { name: `${backend}__finish`, arguments: { tag: one } })
    }
    await expect.poll(() => text).toContain('"completed"')
    abort.abort()
    await listened
    const messages = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)))
    const mark = { 'io.modelcontextprotocol/subscriptionId': `listen-${tag}` }
    expect(messages).toMatchObject([
      { params: { notifications: { taskIds: [taskId] }, _meta: mark } },
      {
        method: 'notifications/tasks',
        params: { taskId, result: result(backend, `did ${tag}`), _meta: mark },
      },
    ])
    expect(text).not.toContain(other)
  })
})

test('the standard headers of a task carry its id, down as it is exposed and up as it is', async () => {
  const { taskId } = await started(open, 'new-far', freshTag())
  await stateless(open, 'tasks/get', { taskId })
  const seen = (await modern.log()).filter(({ body }) => body?.method === 'tasks/get').at(-1)
  expect(taskId).toBe(`new-far+${seen?.headers['mcp-name']}`)
  const wrong = await sendTo(new URL(open.url).origin, {
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tasks/get',
      params: { taskId, _meta: modernMeta(declared) },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': 'tasks/get',
      'mcp-name': 'task-1',
    },
  })
  expect([wrong.status, wrong.json().error.code]).toEqual([400, -32_020])
})

test('of the extensions of a caller the backend sees those that are carried', async () => {
  await started(open, 'new-far', freshTag())
  const seen = (await modern.log()).filter(({ body }) => body?.method === 'tools/call').at(-1)
  const meta = seen?.body?.params?.['_meta'] as Record<string, { extensions: object }>
  expect(meta['io.modelcontextprotocol/clientCapabilities']?.extensions).toEqual({
    'io.modelcontextprotocol/tasks': {},
  })
})

test('the task of another stateless caller is unknown', async () => {
  const { taskId } = await started(guarded, 'new-far', freshTag())
  const own = await stateless(guarded, 'tasks/get', { taskId })
  expect(own.json().result).toMatchObject({ taskId })
  for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
    const inputResponses = {}
    const other = await stateless(guarded, method, { taskId, inputResponses }, { token: bob })
    expect([other.status, other.json().error.code]).toEqual([200, -32_602])
  }
})

test('a stateless caller that declares no tasks is told what it lacks', async () => {
  const { taskId } = await started(open, 'new-far', freshTag())
  const lacking = await stateless(open, 'tasks/get', { taskId }, { meta: {} })
  expect([lacking.status, lacking.json().error]).toMatchObject([
    400,
    {
      code: -32_021,
      data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
    },
  ])
  const notifications = { taskIds: [taskId] }
  const deaf = await stateless(open, 'subscriptions/listen', { notifications }, { meta: {} })
  expect([deaf.status, deaf.json().error.code]).toEqual([400, -32_021])
})

test('what one era calls a task the other never sees', async () => {
  const name = 'old-far__finish'
  const ignored = await stateless(open, 'tools/call', { name, task: {}, arguments: { tag: 'x' } })
  expect(ignored.json().result).toMatchObject(result('old-far', 'false'))
  const { taskId } = await begin((await session(open)).client, 'old-far', freshTag())
  expect((await stateless(open, 'tasks/get', { taskId })).json().error.code).toBe(-32_602)
  for (const method of ['tasks/list', 'tasks/result']) {
    expect((await stateless(open, method, {})).status).toBe(404)
  }
  const { tools } = (await stateless(open, 'tools/list')).json().result
  expect(tools.map((tool: { execution?: object }) => tool.execution).filter(Boolean)).toEqual([])
  const inSession = await (await session(open)).client.listTools()
  const job = inSession.tools.find((tool) => tool.name === 'old-far__job')
  expect(job?.execution).toEqual({ taskSupport: 'required' })
})

test('the extension is told of where a modern backend has it', async () => {
  const extensions = { 'io.modelcontextprotocol/tasks': {} }
  const told = (await stateless(open, 'server/discover')).json().result.capabilities
  expect(told.extensions).toEqual(extensions)
  const none = (await stateless(without, 'server/discover')).json().result.capabilities
  expect(none.extensions).toBeUndefined()
  const gone = await stateless(without, 'tasks/get', { taskId: 'x' })
  expect([gone.status, gone.json().error.code]).toEqual([404, -32_601])
})
