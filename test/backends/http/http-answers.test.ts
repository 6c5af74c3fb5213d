// How each thing that an HTTP server can answer ends: at the probe, and in a call.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { lazyFromValue } from '../../../src/mcp/lazy-object.ts'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  call,
  legacyClient,
  modernClient,
  recordingPeer,
  textOf,
  toolCall,
} from '../../support/peer.ts'
import {
  gate,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
  type SeenRequest,
} from '../../support/scripted-server.ts'

const backends = createBackends()
const servers: ScriptedServer[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

interface Seen {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string }
}
type Answer = (message: Seen, request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>

const result = (id: number | undefined, value: object): ScriptedAnswer => ({
  body: { jsonrpc: '2.0', id, result: value },
})
const error = (
  id: number | null | undefined,
  code: number,
  status = 200,
  data?: object,
): ScriptedAnswer => ({
  status,
  body: { jsonrpc: '2.0', id, error: { code, message: 'no', data } },
})

const discovered = {
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
  resultType: 'complete',
}
const initialized = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 's' } }

const stream = (...events: string[]): ScriptedAnswer => ({
  headers: { 'content-type': 'text/event-stream' },
  body: events.join(''),
})
const event = (message: object) => `data: ${JSON.stringify(message)}\n\n`

const modern =
  (onCall: Answer): Answer =>
  (message, request) => {
    if (message.method === 'server/discover') return result(message.id, discovered)
    if (message.method === 'initialize') return error(message.id, -32_601)
    return onCall(message, request)
  }

const legacy =
  (onCall: Answer): Answer =>
  (message, request) => {
    if (message.method === 'server/discover') return error(null, -32_000, 400)
    if (message.method === 'initialize') return result(message.id, initialized)
    return message.id === undefined ? { status: 202 } : onCall(message, request)
  }

type OnGet = (request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>

const serve = async (answer: Answer, onGet: OnGet = () => ({ status: 405, body: 'no' })) => {
  const server = await startScriptedServer()
  servers.push(server)
  server.on('/mcp', (request) =>
    request.method === 'POST' ? answer(JSON.parse(request.body) as Seen, request) : onGet(request),
  )
  const backend = backends.open({ transport: 'http', url: `${server.origin}/mcp` })
  backend.start()
  return { server, backend }
}

const said = (text: string) => ({ content: [{ type: 'text', text }] })

describe('the probe', () => {
  test.each<[string, Answer]>([
    ['400 with a JSON-RPC error of the session era', () => error(null, -32_000, 400)],
    ['-32601 in band', ({ id }) => error(id, -32_601)],
    [
      '-32022 that names session-era revisions',
      ({ id }) => error(id, -32_022, 400, { supported: ['2025-11-25'], requested: '2026-07-28' }),
    ],
    ['404 without a body', () => ({ status: 404 })],
    ['500 and a page', () => ({ status: 500, body: '<p>Internal Server Error' })],
    ['501', () => ({ status: 501 })],
    ['a closed connection', () => ({ reset: true })],
    ['HTML', () => ({ headers: { 'content-type': 'text/html' }, body: '<p>hello' })],
    [
      'a discovery that offers nothing we speak',
      ({ id }) => result(id, { ...discovered, supportedVersions: ['2031-01-01'] }),
    ],
  ])('answered with %s means a session-era server', async (_title, answer) => {
    const { backend } = await serve((message, request) =>
      message.method === 'server/discover'
        ? answer(message, request)
        : legacy(() => ({}))(message, request),
    )
    const up = await backend.untilHealth('up')
    expect(up).toMatchObject({ era: 'legacy', protocolVersion: '2025-06-18' })
  })

  test.each([401, 403])(
    'answered with %i is a matter of credentials, not of eras',
    async (status) => {
      const { backend, server } = await serve(() => ({ status }))
      const down = await backend.untilHealth('down')
      expect(down.problem).toEqual({
        code: 'backend-auth',
        case: status === 401 ? 'missing' : 'denied',
        detail: {
          401: 'Backend test asks for a credential, and none is configured for it (HTTP 401)',
          403: 'Backend test refused the request of the proxy (HTTP 403)',
        }[status],
        status,
        words: '',
      })
      expect(server.count('/mcp')).toBe(1)
    },
  )

  const refusals: readonly [number, ScriptedAnswer['body'], boolean, string, string][] = [
    [
      403,
      'Access is only allowed at localhost',
      false,
      'denied',
      ': Access is only allowed at localhost',
    ],
    [
      403,
      { error: 'insufficient_scope', error_description: 'files:read is missing' },
      true,
      'forbidden',
      ': files:read is missing',
    ],
    [
      401,
      { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Who are you?' } },
      false,
      'missing',
      ': Who are you?',
    ],
    [401, 'the token test-credential-1 has expired', true, 'unauthorized', ''],
    [403, '<html><body>Forbidden</body></html>', true, 'forbidden', ''],
    [403, 'a\u001b[31m line\nand another', false, 'denied', ': a\\u001b[31m line and another'],
  ]
  test.each(refusals)(
    'refused with %i and %j, with a credential: %s',
    async (status, body, hasCredential, kind, words) => {
      const server = await startScriptedServer()
      servers.push(server)
      server.on('/mcp', () => ({ status, body }))
      const credential = hasCredential ? { bearer_token: 'test-credential-1' } : {}
      const backend = backends.open({
        transport: 'http',
        url: `${server.origin}/mcp`,
        ...credential,
      })
      backend.start()
      const { problem } = await backend.untilHealth('down')
      expect(problem.case).toBe(kind)
      expect(problem.detail.endsWith(`(HTTP ${status})${words}`)).toBe(true)
    },
  )

  const others: readonly [Record<string, unknown>, string, string, string][] = [
    [{ headers: { 'X-API-Key': 'key-abcdef-1' } }, 'key-abcdef-1 is unknown', 'unauthorized', ''],
    [
      { headers: { 'X-API-Key': 'key-abcdef-1' } },
      'who are you?',
      'unauthorized',
      ': who are you?',
    ],
    [{ headers: { Authorization: 'Token key-abc' } }, 'no key-abc here', 'unauthorized', ''],
    [{ headers: { 'X-Team': 'red' } }, 'no key was sent', 'missing', ': no key was sent'],
    [{ headers: { 'X-Team': 'red-and-blue' } }, 'team red-and-blue?', 'missing', ''],
    [
      { basic_auth: { username: 'ann', password: 'word-1' } },
      'ann: not word-1',
      'unauthorized',
      '',
    ],
    [
      { basic_auth: { username: 'ann', password: 'word-1' } },
      `got Basic ${Buffer.from('ann:word-1').toString('base64')}`,
      'unauthorized',
      '',
    ],
    [{ basic_auth: { username: 'key-abcdef-1' } }, 'key-abcdef-1 ended', 'unauthorized', ''],
  ]
  test.each(others)(
    'refused with %j sent and %j said, names the case and repeats no secret',
    async (keys, body, kind, words) => {
      const server = await startScriptedServer()
      servers.push(server)
      server.on('/mcp', () => ({ status: 401, body }))
      const backend = backends.open({ transport: 'http', url: `${server.origin}/mcp`, ...keys })
      backend.start()
      const { problem } = await backend.untilHealth('down')
      expect(problem.case).toBe(kind)
      expect(problem.detail.endsWith(`(HTTP 401)${words}`)).toBe(true)
    },
  )

  test.each([
    [
      401,
      'Bearer error="invalid_token", error_description="the token has expired"',
      '',
      ': invalid_token, the token has expired',
    ],
    [
      403,
      'Bearer error="insufficient_scope", scope="files:write"',
      '',
      ': insufficient_scope, scope files:write',
    ],
    [401, 'Bearer resource_metadata="https://x.example.com/"', '', ''],
    [401, 'Bearer error="invalid_token", error_description="test-credential-1 is old"', '', ''],
    [401, 'Bearer error="invalid_token"', 'in the body', ': in the body'],
  ])(
    'refused with %i and the challenge %j, the words are those of the body, else of the challenge',
    async (status, challenge, body, words) => {
      const server = await startScriptedServer()
      servers.push(server)
      server.on('/mcp', () => ({ status, headers: { 'www-authenticate': challenge }, body }))
      const backend = backends.open({
        transport: 'http',
        url: `${server.origin}/mcp`,
        bearer_token: 'test-credential-1',
      })
      backend.start()
      const { problem } = await backend.untilHealth('down')
      expect(problem.detail.endsWith(`(HTTP ${status})${words}`)).toBe(true)
    },
  )

  test.each<[string, ScriptedAnswer]>([
    ['502', { status: 502, body: 'bad gateway' }],
    ['a reset connection', { reset: true }],
  ])('answered with %s, as initialize is, is an outage and no evidence', async (_title, answer) => {
    const { backend, server } = await serve(() => answer)
    const down = await backend.untilHealth('down')
    expect(down.problem.code).toBe('backend-unavailable')
    const asked = server.requests.map(({ body }) => (JSON.parse(body) as Seen).method)
    expect(asked).toEqual(['server/discover', 'initialize'])
  })

  const slow = async (answer: Answer) => {
    const server = await startScriptedServer()
    servers.push(server)
    const arrived = gate()
    server.on('/mcp', (request) => {
      if (request.method !== 'POST') return { status: 405 }
      const message = JSON.parse(request.body) as Seen
      if (message.method === 'server/discover') arrived.open()
      return answer(message, request)
    })
    const clock = createManualClock()
    const config = { transport: 'http', url: `${server.origin}/mcp`, start_timeout_seconds: 20 }
    const backend = backends.open(config, { clock })
    backend.start()
    await arrived.opened
    return { backend, clock }
  }

  test('answered after seven seconds by a server that knows no sessions: it is stateless', async () => {
    const started = gate()
    const asked = gate()
    const { backend, clock } = await slow(async (message, request) => {
      if (message.method === 'initialize') {
        asked.open()
        return error(message.id, -32_601)
      }
      await started.opened
      return modern(({ id }) => result(id, said('done')))(message, request)
    })
    await clock.advance(5000)
    await asked.opened
    await clock.advance(2000)
    started.open()
    expect(await backend.untilHealth('up')).toMatchObject({ era: 'modern' })
    expect(textOf(await backend.handle(toolCall('any')))).toBe('done')
  })

  test('never answered by a server with sessions: it is used, and asked again at the next connection', async () => {
    const never = gate()
    let probes = 0
    let isLost = false
    const { backend, clock } = await slow(async (message, request) => {
      if (message.method !== 'server/discover')
        return isLost && message.method === 'tools/call'
          ? error(message.id, -32_022, 400)
          : legacy(({ id }) => result(id, said('done')))(message, request)
      probes += 1
      if (probes === 1) await never.opened
      return isLost ? result(message.id, discovered) : error(message.id, -32_601)
    })
    await clock.advance(5000)
    expect(await backend.untilHealth('up')).toMatchObject({ era: 'legacy', isEraGuessed: true })
    isLost = true
    await backend.handle(toolCall('any'))
    expect(
      await backend.untilHealth('up', (health) => 'era' in health && health.era === 'modern'),
    ).toMatchObject({ era: 'modern' })
    never.open()
  })

  test('answered late by a server of both eras: it is asked again, and each caller is carried in its own', async () => {
    const never = gate()
    let probes = 0
    const { backend, clock } = await slow(async (message, request) => {
      if (message.method !== 'server/discover') {
        const inSession = request.headers['mcp-session-id'] !== undefined
        const text = inSession ? 'in a session' : 'stateless'
        if (message.method === 'initialize') {
          return { ...result(message.id, initialized), headers: { 'mcp-session-id': 'a' } }
        }
        return legacy(({ id }) => result(id, said(text)))(message, request)
      }
      probes += 1
      if (probes === 1) await never.opened
      return probes < 3 ? { status: 503 } : result(message.id, discovered)
    })
    await clock.advance(5000)
    expect(await backend.untilHealth('up')).toMatchObject({ era: 'legacy', isEraGuessed: true })
    const before = { client: legacyClient }
    expect(textOf(await backend.handle(toolCall('any', {}, before)))).toBe('in a session')
    await clock.advance(30_000)
    await expect.poll(() => probes).toBe(2)
    await clock.untilSleeping(1)
    await clock.advance(60_000)
    const isBoth = await backend.untilHealth(
      'up',
      (health) => 'era' in health && health.era === 'modern',
    )
    expect(isBoth).toMatchObject({ era: 'modern', sessions: { era: 'legacy' } })
    expect(textOf(await backend.handle(toolCall('any', {}, before)))).toBe('in a session')
    expect(textOf(await backend.handle(toolCall('any', {}, { client: modernClient })))).toBe(
      'stateless',
    )
    expect(backend.states.map(({ state }) => state)).not.toContain('down')
    never.open()
  })

  test('never answered, as initialize is not: down after the time that is configured for the start', async () => {
    const never = gate()
    const asked = gate()
    const { backend, clock } = await slow(async ({ method }) => {
      if (method === 'initialize') asked.open()
      await never.opened
      return { status: 500 }
    })
    await clock.advance(5000)
    await asked.opened
    await clock.advance(20_000)
    const down = await backend.untilHealth('down')
    expect(down.problem.detail).toContain('no answer to initialize in 20 s')
    never.open()
  })

  test('answered with revisions of which we speak none is said so', async () => {
    const { backend } = await serve(({ id }) =>
      error(id, -32_022, 400, { supported: ['2031-01-01'], requested: '2026-07-28' }),
    )
    const down = await backend.untilHealth('down')
    expect(down.problem).toMatchObject({ code: 'backend-protocol' })
    expect(down.problem.detail).toContain('2031-01-01')
  })
})

describe('a call that is answered with', () => {
  const outcomes: readonly [string, Answer, object][] = [
    [
      'a JSON-RPC error and HTTP 400: relayed',
      ({ id }) => error(id, -32_602, 400, { uri: 'x' }),
      { kind: 'error', error: { code: -32_602, message: 'no', data: { uri: 'x' } } },
    ],
    [
      'an error without a readable id: relayed',
      () => error(null, -32_600, 400),
      { kind: 'error', error: { code: -32_600 } },
    ],
    [
      '401: the credential of the proxy is at fault, nothing of the challenge is kept',
      () => ({ status: 401, headers: { 'www-authenticate': 'Bearer realm="secret-realm"' } }),
      { kind: 'failure', sent: false, problem: { code: 'backend-auth' } },
    ],
    [
      '429: not carried out',
      () => ({ status: 429 }),
      { kind: 'failure', sent: false, problem: { code: 'backend-unavailable' } },
    ],
    [
      '503: nobody knows',
      () => ({ status: 503, body: 'later' }),
      { kind: 'failure', sent: true, problem: { code: 'backend-outcome-unknown' } },
    ],
    [
      'a redirect to another origin: not followed, and its target is named without its query',
      () => ({ status: 307, headers: { location: 'http://127.0.0.1:1/there?secret-realm' } }),
      {
        kind: 'failure',
        sent: false,
        problem: {
          code: 'backend-protocol',
          case: 'redirect',
          detail: expect.stringContaining('HTTP 307, a redirect to http://127.0.0.1:1/there'),
        },
      },
    ],
    [
      '202: outside the protocol',
      () => ({ status: 202 }),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
    [
      'the id as a string: accepted, as the official clients do',
      ({ id }) => ({ body: { jsonrpc: '2.0', id: String(id), result: said('yours') } }),
      { kind: 'result' },
    ],
    [
      'an error with the id as a string: its own error',
      ({ id }) => ({ body: { jsonrpc: '2.0', id: String(id), error: { code: 5, message: 'no' } } }),
      { kind: 'error', error: { code: 5 } },
    ],
    [
      'JSON behind a byte order mark: read as fetch reads it',
      ({ id }) => ({
        headers: { 'content-type': 'application/json' },
        body: `\uFEFF${JSON.stringify({ jsonrpc: '2.0', id, result: said('marked') })}`,
      }),
      { kind: 'result' },
    ],
    [
      'a JSON-RPC error behind a byte order mark and a status: its own error',
      ({ id }) => ({
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: `\uFEFF${JSON.stringify({ jsonrpc: '2.0', id, error: { code: 5, message: 'no' } })}`,
      }),
      { kind: 'error', error: { code: 5 } },
    ],
    [
      'a result for another id: outside the protocol',
      () => result(999_999, said('not yours')),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
    [
      'something that is no JSON: outside the protocol',
      () => ({ headers: { 'content-type': 'application/json' }, body: '{"jsonrpc": "2.0", ' }),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
    [
      'an event stream that ends early: nobody knows',
      () => stream(': hello\n\n', event({ jsonrpc: '2.0', method: 'notifications/message' })),
      { kind: 'failure', sent: true, problem: { code: 'backend-outcome-unknown' } },
    ],
    [
      'a body that breaks off: nobody knows',
      () => ({ headers: { 'content-type': 'application/json' }, body: '{"a":', cut: true }),
      { kind: 'failure', sent: true, problem: { code: 'backend-outcome-unknown' } },
    ],
    [
      'a result nested too deep: outside the protocol',
      ({ id }) => ({
        headers: { 'content-type': 'application/json' },
        body: `{"jsonrpc":"2.0","id":${id},"result":{"x":${'['.repeat(2000)}${']'.repeat(2000)}}}`,
      }),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
    [
      'an event beyond the limit: outside the protocol',
      () => ({ headers: { 'content-type': 'text/event-stream' }, flood: 12 * 1024 * 1024 }),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
    [
      'a body beyond the limit: outside the protocol',
      () => ({ headers: { 'content-type': 'application/json' }, flood: 12 * 1024 * 1024 }),
      { kind: 'failure', sent: true, problem: { code: 'backend-protocol' } },
    ],
  ]
  test.each(outcomes)('%s', async (_title, answer, expected) => {
    const { backend } = await serve(modern(answer))
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('any'))
    expect(reply).toMatchObject(expected)
    expect(JSON.stringify(reply)).not.toContain('secret-realm')
    expect(backend.health.state).toBe('up')
  })

  test('201 and JSON: taken, as by the official clients', async () => {
    const { backend } = await serve(
      legacy(({ id }) => ({ ...result(id, said('created')), status: 201 })),
    )
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('any')))).toBe('created')
  })

  test('events that are no messages: passed over, and logged once', async () => {
    const { backend } = await serve(
      legacy(({ id }) =>
        stream(
          'data: [DONE]\n\n',
          'data: hello\n\n',
          event({ jsonrpc: '2.0', id, result: said('still there') }),
        ),
      ),
    )
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('any')))).toBe('still there')
    const strays = backend.log.filter(({ message }) => message.includes('no message'))
    expect(strays.map(({ level }) => level)).toEqual(['warn'])
  })

  test.each(['gzip', 'deflate', 'br'] as const)(
    'a body compressed with %s without being asked to: read',
    async (coding) => {
      const server = await startScriptedServer()
      servers.push(server)
      const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[coding]
      server.on('/mcp', ({ body }) => {
        const { id, method } = JSON.parse(body) as Seen
        const value = method === 'server/discover' ? discovered : said('unpacked')
        return {
          headers: { 'content-type': 'application/json', 'content-encoding': coding },
          body: pack(JSON.stringify({ jsonrpc: '2.0', id, result: value })),
        }
      })
      const backend = backends.open({ transport: 'http', url: `${server.origin}/mcp` })
      backend.start()
      await backend.untilHealth('up')
      expect(textOf(await backend.handle(toolCall('any')))).toBe('unpacked')
    },
  )

  test('a compressed body that is damaged: nobody knows', async () => {
    const { backend } = await serve(
      modern(() => ({
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: 'no gzip at all',
      })),
    )
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('any'))).toMatchObject({
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
  })

  test.each([307, 308])(
    '%i within the origin: followed, and the slash is remembered',
    async (status) => {
      const server = await startScriptedServer()
      servers.push(server)
      server.on('/mcp', () => ({ status, headers: { location: '/mcp/' } }))
      server.on('/mcp/', ({ body }) => {
        const { id, method } = JSON.parse(body) as Seen
        return result(id, method === 'server/discover' ? discovered : said('there'))
      })
      const backend = backends.open({
        transport: 'http',
        url: `${server.origin}/mcp`,
        protocol: 'modern',
      })
      backend.start()
      await backend.untilHealth('up')
      expect(textOf(await backend.handle(toolCall('any')))).toBe('there')
      expect([server.count('/mcp'), server.count('/mcp/')]).toEqual([1, 2])
    },
  )

  test('a redirect to itself: given up, and said so', async () => {
    const { backend } = await serve(() => ({ status: 308, headers: { location: '/mcp' } }))
    const down = await backend.untilHealth('down')
    expect(down.problem).toMatchObject({ code: 'backend-protocol', case: 'redirect' })
  })

  test('a stream with a priming event, a comment, a log message, then the result', async () => {
    const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info' } }
    const { backend } = await serve(
      legacy(({ id }) =>
        stream(
          'id: 1\ndata:\n\n: ping\n\n',
          event(log),
          event({ jsonrpc: '2.0', id, result: said('at last') }),
          event({ jsonrpc: '2.0', id, result: said('too late') }),
        ),
      ),
    )
    await backend.untilHealth('up')
    const peer = recordingPeer()
    expect(textOf(await backend.handle(toolCall('any', {}, { peer })))).toBe('at last')
    expect(peer.notifications).toEqual([log])
  })

  test('a result whose bytes are handed on as they came', async () => {
    const raw = '{ "content" : [ ],  "big": 12345678901234567890, "escaped": "\\u00e6\\/" }'
    const { backend } = await serve(
      modern(({ id }) => ({
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: `{"result":${raw},"id":${id},"jsonrpc":"2.0"}`,
      })),
    )
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('any'))
    if (reply.kind !== 'result') throw new Error(reply.kind)
    expect(Buffer.from(reply.result.bytes()).toString()).toBe(raw)
  })

  test('a question: answered by us, while the call goes on', async () => {
    const answers: unknown[] = []
    const answered = gate()
    const { backend } = await serve((message, request) => {
      if (message.method === undefined) {
        answers.push(JSON.parse(request.body))
        if (answers.length === 2) answered.open()
        return { status: 202 }
      }
      return legacy(({ id }) =>
        stream(
          event({ jsonrpc: '2.0', id: 0, method: 'ping' }),
          event({ jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage', params: {} }),
          event({ jsonrpc: '2.0', id, result: said('done') }),
        ),
      )(message, request)
    })
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('any')))).toBe('done')
    await answered.opened
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 0, result: {} },
        expect.objectContaining({ id: 'q', error: expect.objectContaining({ code: -32_601 }) }),
      ]),
    )
  })
})

describe('the id of a call', () => {
  const idsOf = ({ requests }: ScriptedServer) =>
    requests
      .map(({ body }) => JSON.parse(body) as Seen)
      .filter(({ method }) => method === 'tools/call')
      .map(({ id }) => id)

  test('is the own one of the caller, also upstream', async () => {
    const { backend, server } = await serve(modern(({ id }) => result(id, said('done'))))
    const reply = await backend.handle(toolCall('add', {}, { id: 'mine', client: modernClient }))
    expect(textOf(reply)).toBe('done')
    expect(idsOf(server)).toEqual(['mine'])
  })

  test('is another one in each round', async () => {
    const asked = {
      resultType: 'input_required',
      inputRequests: { name: { method: 'elicitation/create', params: { message: 'Who?' } } },
      requestState: 'half-way',
    }
    let rounds = 0
    const { backend, server } = await serve(
      modern(({ id }) => result(id, ++rounds < 3 ? asked : said('done'))),
    )
    const peer = recordingPeer(() => ({
      kind: 'result',
      result: lazyFromValue({ action: 'decline' }),
    }))
    const reply = await backend.handle(toolCall('add', {}, { id: 2, peer }))
    expect(textOf(reply)).toBe('done')
    expect(new Set(idsOf(server)).size).toBe(3)
  })
})

describe('an error about our own hop', () => {
  test('makes us ask again what the server speaks, and the call goes through', async () => {
    let changed = false
    const { backend } = await serve((message, request) => {
      if (message.method === 'tools/call' && request.headers['mcp-method'] !== undefined) {
        changed = true
        return error(message.id, -32_022, 400, { supported: [] })
      }
      return changed
        ? legacy(({ id }) => result(id, said('older words')))(message, request)
        : modern(() => ({}))(message, request)
    })
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('any'))
    expect(reply).toMatchObject({ kind: 'failure', problem: { code: 'backend-protocol' } })
    // A modern link is never demoted silently: it ends, and the next one is negotiated anew.
    const up = await backend.untilHealth(
      'up',
      (health) => 'era' in health && health.era === 'legacy',
    )
    expect(up.era).toBe('legacy')
    expect(textOf(await backend.handle(toolCall('any')))).toBe('older words')
  })

  test.each([-32_020, -32_022])('%i that stays never reaches the caller', async (code) => {
    const { backend, server } = await serve(modern(({ id }) => error(id, code, 400)))
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('any'))).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-protocol' },
    })
    expect(server.requests.filter(({ body }) => body.includes('tools/call'))).toHaveLength(2)
  })

  test('a session-era server that became modern is found out', async () => {
    let grown = false
    const { backend } = await serve((message, request) => {
      if (!grown && message.method === 'tools/call') {
        grown = true
        return error(message.id, -32_022, 400, { supported: ['2026-07-28'] })
      }
      const answer = grown ? modern : legacy
      return answer(({ id }) => result(id, said('new words')))(message, request)
    })
    await backend.untilHealth('up')
    expect(backend.health).toMatchObject({ era: 'legacy' })
    expect(textOf(await backend.handle(toolCall('any')))).toBe('new words')
    expect(backend.health).toMatchObject({ era: 'modern' })
  })
})

describe('a stream that the server ends before its answer', () => {
  const withSession = (onCall: Answer): Answer => {
    const inner = legacy(onCall)
    return async (message, request) => {
      const answer = await inner(message, request)
      return message.method === 'initialize'
        ? { ...answer, headers: { 'mcp-session-id': 'session-1' } }
        : answer
    }
  }
  const interrupted = withSession(() => stream('retry: 10\nid: e1\ndata:\n\n'))

  test('is taken up again where it ended, until the answer comes, and the caller is told to wait too', async () => {
    const resumed: (string | undefined)[] = []
    let callId = 0
    const { backend } = await serve(
      (message, request) => {
        if (message.method === 'tools/call') callId = message.id ?? 0
        return interrupted(message, request)
      },
      ({ headers }) => {
        const lastEventId = headers['last-event-id']
        if (lastEventId === undefined) return { status: 405 }
        resumed.push(`${String(headers['mcp-session-id'])} ${String(lastEventId)}`)
        return resumed.length === 1
          ? stream('id: e2\ndata:\n\n')
          : stream(event({ jsonrpc: '2.0', id: callId, result: said('resumed') }))
      },
    )
    await backend.untilHealth('up')
    const waits: number[] = []
    const peer = { ...recordingPeer(), suspend: (ms: number) => waits.push(ms) }
    expect(textOf(await backend.handle(toolCall('any', {}, { peer })))).toBe('resumed')
    expect(waits).toEqual([10])
    expect(resumed).toEqual(['session-1 e1', 'session-1 e2'])
  })

  test('is taken up again at once when the caller is back before the time that the server named', async () => {
    let callId = 0
    const { backend } = await serve(
      withSession(({ id }) => {
        callId = id ?? 0
        return stream('retry: 60000\nid: e1\ndata:\n\n')
      }),
      ({ headers }) =>
        headers['last-event-id'] === undefined
          ? { status: 405 }
          : stream(event({ jsonrpc: '2.0', id: callId, result: said('resumed') })),
    )
    await backend.untilHealth('up')
    const peer = { ...recordingPeer(), suspend: (_ms: number, onBack?: () => void) => onBack?.() }
    expect(textOf(await backend.handle(toolCall('any', {}, { peer })))).toBe('resumed')
  })

  test.each<[string, string, number]>([
    ['with', 'id: e1\n', 1],
    ['without', '', 0],
  ])('%s event ids is told so to the caller', async (_title, id, times) => {
    const { backend } = await serve(
      withSession((message) =>
        stream(`${id}${event({ jsonrpc: '2.0', id: message.id, result: said('done') })}`),
      ),
    )
    await backend.untilHealth('up')
    let kept = 0
    const peer = { ...recordingPeer(), keep: () => void (kept += 1) }
    expect(textOf(await backend.handle(toolCall('any', {}, { peer })))).toBe('done')
    expect(kept).toBe(times)
  })

  test.each<[string, ScriptedAnswer]>([
    ['refuses to go on', { status: 405 }],
    ['goes on without end and without news', stream('retry: 0\nid: e1\ndata:\n\n')],
  ])('by a server that %s: nobody knows', async (_title, answer) => {
    const { backend } = await serve(interrupted, ({ headers }) =>
      headers['last-event-id'] === undefined ? { status: 405 } : answer,
    )
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('any'))).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
  })
})

test('a caller that leaves ends its request to the backend', async () => {
  const never = gate()
  const { backend, server } = await serve(
    modern(async ({ id }) => ({ ...result(id, said('late')), until: never.opened })),
  )
  await backend.untilHealth('up')
  const controller = new AbortController()
  const reply = backend.handle(
    toolCall('any', {}, { signal: controller.signal, client: modernClient }),
  )
  await server.asked('/mcp', 2)
  controller.abort()
  expect(await reply).toMatchObject({ kind: 'failure', sent: true })
  never.open()
})

test('a call whose caller has left already is not sent', async () => {
  const { backend, server } = await serve(modern(({ id }) => result(id, said('x'))))
  await backend.untilHealth('up')
  const reply = await backend.handle(call('tools/list', {}, { signal: AbortSignal.abort() }))
  expect(reply).toMatchObject({ kind: 'failure', sent: false })
  expect(server.count('/mcp')).toBe(1)
})
