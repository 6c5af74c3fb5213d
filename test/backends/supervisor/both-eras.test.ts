// A backend of both eras: each caller is carried in its own, on a link that is opened when it is first needed.
import { afterEach, describe, expect, test } from 'vitest'
import { createBackends } from '../../support/backends.ts'
import { call, legacyClient, modernClient, textOf, toolCall } from '../../support/peer.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'

const backends = createBackends()
const servers: ScriptedServer[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

interface Seen {
  readonly id?: number | string
  readonly method: string
  readonly params?: { readonly _meta?: object }
}

const discovered = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
}
const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {}, logging: {} },
  serverInfo: { name: 'both' },
}

type OnInitialize = (id: Seen['id']) => ScriptedAnswer

const withSession: OnInitialize = (id) => ({
  body: { jsonrpc: '2.0', id, result: initialized },
  headers: { 'mcp-session-id': 'the-session' },
})

/** Says in which era it was called. */
const serve = async (onInitialize: OnInitialize, more: object = {}) => {
  const server = await startScriptedServer()
  servers.push(server)
  server.on('/mcp', ({ method, body, headers }) => {
    if (method !== 'POST') return { status: 405 }
    const { id, method: asked } = JSON.parse(body) as Seen
    if (id === undefined) return { status: 202 }
    if (asked === 'initialize') return onInitialize(id)
    const text = headers['mcp-session-id'] === undefined ? 'stateless' : 'in a session'
    const said = { content: [{ type: 'text', text }] }
    return {
      body: { jsonrpc: '2.0', id, result: asked === 'server/discover' ? discovered : said },
    }
  })
  const backend = backends.open({ transport: 'http', url: `${server.origin}/mcp`, ...more })
  backend.start()
  await backend.untilHealth('up')
  const counted = (wanted: string) =>
    server.requests.filter(
      ({ body }) => body !== '' && (JSON.parse(body) as Seen).method === wanted,
    ).length
  const answers = async (client: typeof legacyClient) =>
    textOf(await backend.handle(toolCall('any', {}, { client })))
  return { backend, server, counted, answers }
}

describe('a backend of both eras', () => {
  test('opens no session while stateless callers alone use it', async () => {
    const { backend, counted, answers } = await serve(withSession)
    expect(await answers(modernClient)).toBe('stateless')
    expect(backend.prepare('modern')).toBeUndefined()
    expect(counted('initialize')).toBe(0)
    expect(backend.health).not.toHaveProperty('sessions')
  })

  test('opens one session for all session callers that have none of their own', async () => {
    const { backend, counted, answers } = await serve(withSession)
    const all = await Promise.all([legacyClient, legacyClient, modernClient].map(answers))
    expect(all).toEqual(['in a session', 'in a session', 'stateless'])
    expect(counted('initialize')).toBe(1)
    expect(backend.health).toMatchObject({
      era: 'modern',
      sessions: { era: 'legacy', protocolVersion: '2025-11-25', capabilities: { logging: {} } },
    })
  })

  test('gives a session of its own to a caller that can be asked', async () => {
    const { counted, answers } = await serve(withSession)
    expect(await answers({ ...legacyClient, capabilities: { sampling: {} } })).toBe('in a session')
    expect(counted('initialize')).toBe(2)
  })

  test('puts no envelope of the stateless era into what it gets in a session', async () => {
    const { server, answers } = await serve(withSession)
    await answers(legacyClient)
    const calls = server.requests
      .map(({ body }) => JSON.parse(body === '' ? '{"method":""}' : body) as Seen)
      .filter(({ method }) => method === 'tools/call')
    expect(calls.map(({ params }) => params?.['_meta'])).toEqual([undefined])
  })

  test('lists in both eras', async () => {
    const { backend, counted } = await serve(withSession)
    await backend.handle(call('tools/list', {}, { client: legacyClient }))
    await backend.handle(call('tools/list', {}, { client: modernClient }))
    expect([counted('tools/list'), counted('initialize')]).toEqual([2, 1])
  })

  test.each(['legacy', 'modern'] as const)(
    'is held to the %s one where that is configured',
    async (protocol) => {
      const { answers } = await serve(withSession, { protocol })
      const text = protocol === 'legacy' ? 'in a session' : 'stateless'
      expect([await answers(legacyClient), await answers(modernClient)]).toEqual([text, text])
    },
  )

  test('is used in its newest alone where all callers share one session', async () => {
    const { counted, answers } = await serve(withSession, { session: 'shared' })
    expect(await answers(legacyClient)).toBe('stateless')
    expect(counted('initialize')).toBe(0)
  })
})

describe('session callers are bridged, and no session is asked for again, at a stateless backend', () => {
  test.each<[string, OnInitialize]>([
    [
      'that refuses initialize',
      (id) => ({ body: { jsonrpc: '2.0', id, error: { code: -32_601, message: 'no' } } }),
    ],
    [
      'that gives out no session id',
      (id) => ({ body: { jsonrpc: '2.0', id, result: initialized } }),
    ],
  ])('%s', async (_title, onInitialize) => {
    const { backend, counted, answers } = await serve(onInitialize)
    expect(await answers(legacyClient)).toBe('stateless')
    expect(await answers(legacyClient)).toBe('stateless')
    expect(counted('initialize')).toBe(1)
    expect(backend.states.map(({ state }) => state)).toEqual(['up'])
  })
})
