// The policy at the HTTP door: step-up challenges, sessions whose token changes, and reloads, in both eras.
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { listChangedMethods } from '../../../src/mcp/methods.ts'
import { tasksExtension } from '../../../src/mcp/tasks.ts'
import {
  configOf,
  modernMeta,
  startTestProxy,
  type Received,
  type TestProxy,
} from '../../support/proxy.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../../support/tokens.ts'

const now = () => Math.floor(Date.now() / 1000)
const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })

const auth = {
  type: 'jwt',
  issuer: 'https://id.acme.test',
  jwks_uri: 'https://id.acme.test/jwks',
  required_scopes: ['mcp:read'],
  roles: [{ name: 'reader', allow_tools: ['files/read'] }, { name: 'writer' }],
  role_mapping: {
    claim: 'realm_access.roles',
    mapping: { readers: 'reader', writers: ['reader', 'writer'] },
  },
  tool_scopes: { files__write: ['files:write'] },
}

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
})

const start = async (more: object = {}, of?: ScriptedBackend) => {
  const files =
    of ??
    scriptedBackend('files', {
      'tools/list': { tools: [tool('read'), tool('write')] },
      'tools/call': { content: [] },
    })
  const key = await testKey()
  proxy = await startTestProxy([files], {
    localKeys: jwksOf(key),
    config: {
      proxy: { public_url: 'https://mcp.acme.test/mcp' },
      auth: { ...auth, ...more },
    },
  })
  const tokenOf = (roles: readonly string[], scope = 'mcp:read files:write') =>
    mintToken(key, goodClaims({ realm_access: { roles }, scope }, now()))
  return { proxy, files, tokenOf }
}

/** Replaces the policy while the proxy serves. */
const reload = (at: TestProxy, changes: object): Promise<void> =>
  at.replace(
    configSchema.parse({
      ...configOf(['files'], {
        proxy: { public_url: 'https://mcp.acme.test/mcp' },
        auth: { ...auth, ...changes },
      }),
    }),
  )
const withoutWriters = {
  role_mapping: { ...auth.role_mapping, mapping: { writers: 'reader' } },
}

/** An event stream that stays open: what came so far. */
const following = (
  send: (onHead: (message: IncomingMessage) => void) => Promise<unknown>,
): { messages(): readonly JsonObject[] } => {
  let text = ''
  const ended = send((message) => {
    message.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  })
  // It ends with the proxy, in whatever way.
  ended.catch(() => undefined)
  return {
    messages: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('data: {'))
        .map((line) => JSON.parse(line.slice('data: '.length)) as JsonObject),
  }
}
const methodsIn = (stream: ReturnType<typeof following>) =>
  stream.messages().map(({ method }) => method as string)

const namesIn = (answer: Received): readonly string[] =>
  (answer.json() as { result: { tools: { name: string }[] } }).result.tools.map(({ name }) => name)

describe('a tool that needs another scope', () => {
  test('is refused with HTTP 403 and a challenge that names all scopes, in both eras, and the backend is not asked', async () => {
    const { proxy: at, files, tokenOf } = await start()
    const token = await tokenOf(['writers'], 'mcp:read')
    const session = await at.session({ token })
    for (const answer of [
      await session.call('tools/call', { name: 'files__write', arguments: {} }),
      await at.modern('tools/call', { name: 'files__write', arguments: {} }, { token }),
    ]) {
      expect(answer.status).toBe(403)
      const challenge = answer.headers['www-authenticate']
      expect(challenge).toContain('error="insufficient_scope"')
      expect(challenge).toContain('scope="mcp:read files:write"')
      expect(challenge).toContain(
        'resource_metadata="https://mcp.acme.test/.well-known/oauth-protected-resource/mcp"',
      )
      expect(answer.json()).toMatchObject({ id: expect.anything(), error: { code: -32602 } })
    }
    expect(files.count('tools/call')).toBe(0)
    const better = await tokenOf(['writers'])
    const called = await session.call(
      'tools/call',
      { name: 'files__write', arguments: {} },
      { token: better },
    )
    expect(called.status).toBe(200)
    expect(files.count('tools/call')).toBe(1)
  })
})

test('a session whose next token has other roles is shown and may call what these allow, from that request on', async () => {
  const { proxy: at, tokenOf } = await start()
  const [reader, writer] = [await tokenOf(['readers']), await tokenOf(['writers'])]
  const session = await at.session({ token: writer })
  const list = (token: string) => session.call('tools/list', {}, { token })
  const write = async (token: string) => {
    const answer = await session.call('tools/call', { name: 'files__write' }, { token })
    return answer.json().error?.data.code ?? 'called'
  }
  expect(namesIn(await list(writer))).toEqual(['files__read', 'files__write'])
  expect(await write(writer)).toBe('called')
  expect(namesIn(await list(reader))).toEqual(['files__read'])
  expect(await write(reader)).toBe('name-unknown')
  expect(namesIn(await list(writer))).toEqual(['files__read', 'files__write'])
})

test('what was refused is in the log with its id and its reason, and the caller reads nothing of it', async () => {
  const { proxy: at, tokenOf } = await start()
  const token = await tokenOf(['readers'])
  const answer = await at.modern('tools/call', { name: 'files__write' }, { token })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(/policy|role/)
  expect(at.logged()).toContainEqual(
    expect.objectContaining({
      event: 'audit',
      code: 'policy-role',
      detail: expect.stringContaining('No role of the caller allows tool "write"') as string,
    }),
  )
})

test('a role that a reload takes away is gone with the next request of a session that goes on', async () => {
  const { proxy: at, tokenOf } = await start()
  const token = await tokenOf(['writers'])
  const session = await at.session({ token })
  expect(namesIn(await session.call('tools/list'))).toEqual(['files__read', 'files__write'])
  await reload(at, withoutWriters)
  expect(namesIn(await session.call('tools/list'))).toEqual(['files__read'])
  expect((await session.call('tools/call', { name: 'files__write' })).json()).toMatchObject({
    error: { data: { code: 'name-unknown' } },
  })
})

test('clients of both eras are notified that their lists changed when a reload brings another policy', async () => {
  const { proxy: at, tokenOf } = await start()
  const token = await tokenOf(['writers'])
  const session = await at.session({ token })
  const stream = following((onHead) => session.send(undefined, { method: 'GET', onHead }))
  const notifications = {
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
  }
  const listen = following((onHead) =>
    at.modern('subscriptions/listen', { notifications }, { token, onHead }),
  )
  await expect.poll(() => methodsIn(listen)).toEqual(['notifications/subscriptions/acknowledged'])
  await session.call('tools/list')
  await reload(at, withoutWriters)
  await expect.poll(() => new Set(methodsIn(stream))).toEqual(new Set(listChangedMethods))
  await expect.poll(() => new Set(methodsIn(listen).slice(1))).toEqual(new Set(listChangedMethods))
})

describe('the task of a tool that a caller may not call any more', () => {
  const task = { taskId: 't1', status: 'working', createdAt: '2026-01-01T00:00:00Z', ttl: null }
  /** Reports the state of its task to both eras. */
  const withTasks = () => {
    const statuses: ((task: JsonObject) => void)[] = []
    const scripted = scriptedBackend('files', {
      'tools/list': { tools: [tool('read'), tool('write')] },
      'tools/call': ({ caller }) =>
        result(caller.client.era === 'modern' ? { resultType: 'task', ...task } : { task }),
    })
    scripted.upInBoth(
      { tools: {}, extensions: { [tasksExtension]: {} } },
      { tools: {}, tasks: { requests: { tools: { call: {} } } } },
    )
    const backend: ScriptedBackend = {
      ...scripted,
      watchTask: ({ onStatus }) => {
        statuses.push(onStatus)
        return Promise.resolve(result({}))
      },
    }
    const report = (status: string) => {
      backend.changed('notifications/tasks/status', { ...task, status })
      for (const onStatus of statuses) onStatus({ ...task, status })
    }
    return { backend, report }
  }
  const statesIn = (stream: ReturnType<typeof following>) =>
    stream
      .messages()
      .filter(({ method }) => (method as string).startsWith('notifications/tasks'))
      .map(({ params }) => (params as JsonObject)['status'])

  test('is not reported to its session', async () => {
    const { backend, report } = withTasks()
    const { proxy: at, tokenOf } = await start({}, backend)
    const [reader, writer] = [await tokenOf(['readers']), await tokenOf(['writers'])]
    const session = await at.session({ token: writer })
    const stream = following((onHead) => session.send(undefined, { method: 'GET', onHead }))
    await session.call('tools/call', { name: 'files__write', arguments: {}, task: {} })
    report('one')
    await expect.poll(() => statesIn(stream)).toEqual(['one'])
    await session.call('ping', {}, { token: reader })
    report('two')
    await session.call('ping', {}, { token: writer })
    report('three')
    await expect.poll(() => statesIn(stream)).toEqual(['one', 'three'])
  })

  test('is not reported to its listener after a reload', async () => {
    const { backend, report } = withTasks()
    const { proxy: at, tokenOf } = await start({}, backend)
    const token = await tokenOf(['writers'])
    const meta = modernMeta({
      'io.modelcontextprotocol/clientCapabilities': { extensions: { [tasksExtension]: {} } },
    })
    const called = { _meta: meta, name: 'files__write', arguments: {} }
    const begun = await at.modern('tools/call', called, { token })
    const { taskId } = begun.json().result
    const listen = following((onHead) =>
      at.modern(
        'subscriptions/listen',
        { _meta: meta, notifications: { taskIds: [taskId] } },
        { token, onHead },
      ),
    )
    await expect.poll(() => methodsIn(listen)).toEqual(['notifications/subscriptions/acknowledged'])
    report('one')
    await reload(at, withoutWriters)
    report('two')
    await reload(at, {})
    report('three')
    await expect.poll(() => statesIn(listen)).toEqual(['one', 'three'])
  })
})
