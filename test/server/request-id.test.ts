// One id for each answer: in the header, in the error and in the log, whatever made the error and by whatever door.
import { afterEach, describe, expect, test } from 'vitest'
import { startTestProxy, type Received, type TestProxy } from '../support/proxy.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import { modernRequest, request, startStdioProxy } from '../support/stdio-proxy.ts'

const token = 'token-000000000000000001'

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const start = async () => {
  const files = scriptedBackend('files', {
    'tools/list': { tools: [{ name: 'read' }, { name: 'write' }] },
    'tools/call': () => {
      throw new Error('a fault of ours')
    },
  })
  const down = scriptedBackend('down')
  down.down()
  proxy = await startTestProxy([files, down], {
    config: {
      auth: {
        type: 'bearer',
        tokens: [token],
        rules: [{ name: 'no', effect: 'deny', when: 'true', tools: ['files/write'] }],
      },
      security: { max_body_bytes: 2000 },
    },
  })
  return proxy
}

type Ask = (at: TestProxy) => Promise<Received>

const call =
  (name: string): Ask =>
  (at) =>
    at.modern('tools/call', { name }, { token })

const inSession =
  (method: string, params: object = {}): Ask =>
  async (at) =>
    (await at.session({ token })).call(method, params, { token })

const causes: Readonly<Record<string, Ask>> = {
  'no token': (at) => at.modern('tools/list'),
  'a wrong token': (at) => at.modern('tools/list', {}, { token: 'another' }),
  'no JSON': (at) => at.send({ body: '{', token }),
  'no JSON-RPC': (at) => at.send({ body: { id: 1 }, token }),
  'a body that is too large': (at) => at.send({ body: `"${'x'.repeat(3000)}"`, token }),
  'a foreign Host': (at) => at.send({ headers: { host: 'evil.example' }, token }),
  'no session': (at) => at.send({ body: { jsonrpc: '2.0', id: 1, method: 'ping' }, token }),
  'an unknown method': (at) => at.modern('none/none', {}, { token }),
  'an unknown name': call('files__none'),
  'a denied tool': call('files__write'),
  'a backend that is down': call('down__read'),
  'a fault of ours': call('files__read'),
  'tasks that were not declared': (at) => at.modern('tasks/get', { taskId: 't' }, { token }),
  'an unknown name in a session': inSession('tools/call', { name: 'files__none' }),
  'an unknown method in a session': inSession('none/none'),
}

describe('over HTTP', () => {
  test.each(Object.entries(causes))('%s', async (_, ask) => {
    const at = await start()
    const answer = await ask(at)
    const id = answer.headers['x-request-id']
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.json()).toMatchObject({ error: { data: { requestId: id } } })
    const logged = at.logged().filter(({ event }) => event === 'audit')
    expect(logged.at(-1)).toMatchObject({ request_id: id })
  })

  test('each call of a batch has the id of the batch', async () => {
    const at = await start()
    const session = await at.session({ token, version: '2025-03-26' })
    const answer = await session.send(
      [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'none' } })),
    )
    const id = answer.headers['x-request-id']
    expect(answer.json()).toMatchObject([
      { error: { data: { requestId: id } } },
      { error: { data: { requestId: id } } },
    ])
  })
})

describe('over stdio', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['no JSON', '{', null],
    ['an unknown name', modernRequest(1, 'tools/call', { name: 'none' }), 1],
    ['no session', request(2, 'tools/list'), 2],
    ['an unknown method', modernRequest(3, 'none/none'), 3],
  ])('%s', async (_, message, id) => {
    const piped = await startStdioProxy([scriptedBackend('files')])
    piped.write(message)
    const { error } = await piped.answer(id)
    expect(error.data.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(piped.logged()).toContain(error.data.requestId)
    await piped.close()
  })
})
