// What a WebSocket server may do wrong, and what the backend makes of it.
import { afterEach, describe, expect, test } from 'vitest'
import type { Ports } from '../../../src/base/ports.ts'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { textOf, toolCall } from '../../support/peer.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import {
  startScriptedSocket,
  type ScriptedSocket,
  type SocketScript,
} from '../../support/scripted-socket.ts'

const backends = createBackends()
const servers: { close(): Promise<void> }[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const started = async (script: SocketScript): Promise<ScriptedSocket> => {
  const server = await startScriptedSocket(script)
  servers.push(server)
  return server
}

const openAt = (url: string, more: object = {}, ports: Partial<Ports> = {}) => {
  const backend = backends.open({ transport: 'websocket', url, ...more }, ports)
  backend.start()
  return backend
}

const text = (value: string) => ({ result: { content: [{ type: 'text', text: value }] } })
const isCall = (name: string, { params }: { params?: { name?: string } }) => params?.name === name

describe('the handshake', () => {
  const answered = (status: string, more = '') =>
    started({
      onUpgrade: (socket) => {
        socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n${more}\r\n`)
      },
    })

  test.each([
    ['401 Unauthorized', 'backend-auth', 'its credential is refused (HTTP 401)'],
    ['403 Forbidden', 'backend-auth', '403'],
    ['503 Service Unavailable', 'backend-unavailable', 'it answers HTTP 503'],
    ['429 Too Many Requests', 'backend-unavailable', 'it answers HTTP 429'],
    ['404 Not Found', 'backend-protocol', 'HTTP 404'],
    ['200 OK', 'backend-protocol', 'HTTP 200'],
  ])('answered with %s is %s', async (status, code, why) => {
    const server = await answered(status)
    const { problem } = await openAt(server.url).untilHealth('down')
    expect(problem.code).toBe(code)
    expect(problem.detail).toContain(code === 'backend-auth' ? status.slice(0, 3) : why)
  })

  test.each([
    ['401 Unauthorized', '{"message":"who are you?"}', 'missing', '(HTTP 401): who are you?'],
    ['403 Forbidden', 'only at localhost', 'denied', '(HTTP 403): only at localhost'],
    ['404 Not Found', 'no such path', 'status', 'in answer to the handshake: no such path'],
    ['503 Unavailable', '{"detail":"restarting"}', 'status', 'it answers HTTP 503: restarting'],
    ['403 Forbidden', '<html>no</html>', 'denied', '(HTTP 403)'],
  ])(
    'answered with %s and %j is said in the words of the server',
    async (status, body, kind, end) => {
      const server = await started({
        onUpgrade: (socket) => {
          socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        },
      })
      const { problem } = await openAt(server.url).untilHealth('down')
      expect(problem.case).toBe(kind)
      expect(problem.detail.endsWith(end)).toBe(true)
    },
  )

  test('that is redirected goes nowhere, least of all with the credential', async () => {
    const elsewhere = await startScriptedServer()
    servers.push(elsewhere)
    const server = await answered('302 Found', `Location: ${elsewhere.origin}/mcp\r\n`)
    const backend = openAt(server.url, { bearer_token: 'backend-credential' })
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({
      code: 'backend-protocol',
      detail: expect.stringContaining('HTTP 302'),
    })
    expect(server.handshakes[0]?.headers.authorization).toBe('Bearer backend-credential')
    expect(elsewhere.count()).toBe(0)
  })

  test.each([false, 'graphql-ws'] as const)(
    'without the subprotocol mcp (%s) says what is missing',
    async (subprotocol) => {
      const server = await started({ subprotocol })
      const { problem } = await openAt(server.url).untilHealth('down')
      expect(problem.code).toBe('backend-protocol')
      expect(problem.detail).toContain('it does not speak the subprotocol "mcp"')
    },
  )

  test('offers the subprotocol and no compression', async () => {
    const server = await started({})
    await openAt(server.url).untilHealth('up')
    const { headers } = server.handshakes[0]!
    expect(headers['sec-websocket-protocol']).toBe('mcp')
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    expect(headers.authorization).toBeUndefined()
  })

  test.each([
    [{}, 60],
    [{ start_timeout_seconds: 7 }, 7],
  ])(
    'that is never answered is given up after the time of the start: %j',
    async (keys, seconds) => {
      const server = await started({ onUpgrade: () => undefined })
      const clock = createManualClock()
      const backend = openAt(server.url, keys, { clock })
      await clock.untilSleeping(1)
      await clock.advance(seconds * 1000 - 1)
      expect(backend.health.state).toBe('starting')
      await clock.advance(1)
      const { problem } = await backend.untilHealth('down')
      expect(problem.detail).toContain(`no answer to the handshake in ${seconds} s`)
    },
  )

  test('does not hold up the end of the proxy', async () => {
    const server = await started({ onUpgrade: () => undefined })
    const clock = createManualClock()
    const backend = openAt(server.url, {}, { clock })
    await clock.untilSleeping(1)
    await backend.close(1000)
    expect(backend.health.state).toBe('down')
  })

  test('with nobody there is tried again', async () => {
    const server = await started({})
    await server.close()
    const down = await openAt(server.url).untilHealth('down')
    expect(down.problem.detail).toContain('connection refused')
    expect(down.retryAt).toBeGreaterThan(down.since)
  })
})

describe('frames', () => {
  const answering = (name: string, frame: string | Buffer) =>
    started({
      onMessage: (message, socket) => {
        if (message.method !== 'tools/call') return undefined
        if (!isCall(name, message)) return text('as usual')
        socket.send(frame)
        return undefined
      },
    })

  test.each([
    ['binary', Buffer.from([0, 1, 2]), 'a binary frame, where text belongs'],
    ['no JSON', 'Hello?', 'not JSON'],
    ['no message', '{"jsonrpc":"1.0"}', 'jsonrpc is not "2.0"'],
    ['JSON in a binary frame', Buffer.from('{}'), 'a binary frame, where text belongs'],
  ])('that are %s end the one call that waits, and no other', async (_title, frame, why) => {
    const server = await answering('odd', frame)
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('odd'))
    expect(reply).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-protocol' },
    })
    expect(reply.kind === 'failure' && reply.problem.detail).toContain(why)
    expect(backend.log.some(({ fields }) => fields['stream'] === 'stray')).toBe(true)
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('as usual')
    expect(backend.states).toHaveLength(1)
  })

  test('in which a server says nothing but nonsense say so', async () => {
    const server = await started({
      onConnection: (socket) => {
        socket.on('message', () => socket.send(Buffer.from([1])))
      },
      onMessage: () => ({ error: 7 }),
    })
    const { problem } = await openAt(server.url).untilHealth('down')
    expect(problem.code).toBe('backend-protocol')
  })

  test('with answers to what nobody asked are dropped', async () => {
    const server = await started({
      onMessage: ({ method, id }, socket) => {
        if (method !== 'tools/call') return undefined
        for (const other of [-1, 999, 'x', Number(id) + 1]) {
          socket.send(JSON.stringify({ jsonrpc: '2.0', id: other, ...text('foreign') }))
        }
        return text('own')
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('own')
  })

  test('that announce 100 MB end the link before they come', async () => {
    const server = await started({
      onMessage: (message, _socket, raw) => {
        if (!isCall('huge', message)) return message.method === 'tools/call' ? text('a') : undefined
        raw.write(Buffer.from([0x81, 127, 0, 0, 0, 0, 0x05, 0xf5, 0xe1, 0x00]))
        return undefined
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('huge'))
    expect(reply).toMatchObject({ problem: { code: 'backend-outcome-unknown' } })
    expect(reply.kind === 'failure' && reply.problem.detail).toContain(
      'a message of more than 10485760 bytes',
    )
    const { problem } = await backend.untilHealth('down')
    expect(problem.code).toBe('backend-protocol')
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('a')
  })

  test('that break the protocol end the link', async () => {
    const server = await started({
      onMessage: (message, _socket, raw) => {
        if (!isCall('odd', message)) return undefined
        raw.write(Buffer.from([0xff, 0xff]))
        return undefined
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('odd'))
    expect(reply).toMatchObject({ problem: { code: 'backend-outcome-unknown' } })
    const { problem } = await backend.untilHealth('down')
    expect(problem).toMatchObject({
      code: 'backend-protocol',
      detail: expect.stringContaining('it broke the WebSocket protocol (WS_ERR_'),
    })
  })

  test('with a batch of answers are taken apart', async () => {
    const waiting: number[] = []
    const server = await started({
      onMessage: ({ method, id }, socket) => {
        if (method !== 'tools/call') return undefined
        if (waiting.push(Number(id)) < 2) return undefined
        const batch = waiting.map((one) => ({ jsonrpc: '2.0', id: one, ...text(`answer ${one}`) }))
        socket.send(JSON.stringify(batch))
        return undefined
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const replies = await Promise.all([
      backend.handle(toolCall('a')),
      backend.handle(toolCall('b')),
    ])
    expect(replies.map(textOf)).toEqual(waiting.map((id) => `answer ${id}`))
  })
})

describe('a server that goes', () => {
  test.each([
    [1001, 'it closed the connection (1001, going away)'],
    [1008, 'it closed the connection (1008, policy violation)'],
    [1011, 'it closed the connection (1011, internal error)'],
    [4400, 'it closed the connection (4400)'],
    [undefined, 'it closed the connection'],
    ['cut', 'the connection was dropped'],
  ])('with %s is told by it, and its calls have an unknown outcome', async (code, why) => {
    const server = await started({
      onMessage: (message, socket) => {
        if (message.method !== 'tools/call') return undefined
        if (typeof code === 'string') socket.terminate()
        else socket.close(code, 'your token is backend-credential')
        return undefined
      },
    })
    const backend = openAt(server.url, { bearer_token: 'backend-credential' })
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('slow'))
    expect(reply).toMatchObject({ sent: true, problem: { code: 'backend-outcome-unknown' } })
    expect(reply.kind === 'failure' && reply.problem.detail).toMatch(
      new RegExp(`\\(${why.replace(/[()]/g, '\\$&')}\\)$`),
    )
    const { problem } = await backend.untilHealth('down')
    expect(problem.detail).toMatch(new RegExp(`${why.replace(/[()]/g, '\\$&')}$`))
    expect(JSON.stringify(backend.log)).not.toContain('backend-credential')
    await backend.untilHealth('up')
  })

  test('without a word is missed after its ping was left unanswered', async () => {
    const server = await started({
      onConnection: (socket) => {
        // What a dead peer would do: nothing.
        ;(socket as unknown as { pong: () => void }).pong = () => undefined
      },
    })
    const clock = createManualClock()
    const backend = openAt(server.url, { protocol: 'legacy' }, { clock })
    await backend.untilHealth('up')
    await clock.advance(60_000)
    const { problem } = await backend.untilHealth('down')
    expect(problem.detail).toContain('no sign of life for 30 s')
  })

  test('is not missed while it answers pings, nor does it miss us', async () => {
    const pongs: string[] = []
    const server = await started({
      onConnection: (socket) => {
        socket.on('pong', (payload) => pongs.push(payload.toString()))
        socket.ping('are you there')
      },
    })
    const clock = createManualClock()
    const backend = openAt(server.url, { protocol: 'legacy' }, { clock })
    await backend.untilHealth('up')
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(30_000)
      await expect.poll(() => clock.sleepers).toBeGreaterThan(0)
    }
    expect(backend.health.state).toBe('up')
    expect(pongs).toEqual(['are you there'])
  })
})

test('a probe that is left unanswered means the session era, on the same connection', async () => {
  const server = await started({
    onMessage: ({ method }) => (method === 'server/discover' ? 'silence' : undefined),
  })
  const clock = createManualClock()
  const backend = openAt(server.url, {}, { clock })
  await server.said('server/discover')
  await clock.advance(5000)
  expect(await backend.untilHealth('up')).toMatchObject({ era: 'legacy' })
  await server.said('notifications/initialized')
  expect(server.handshakes).toHaveLength(1)
})

test('a probe after which the server hangs up means the session era', async () => {
  const server = await started({
    onMessage: ({ method }, socket) => {
      if (method === 'server/discover') socket.close(1002)
      return undefined
    },
  })
  expect(await openAt(server.url).untilHealth('up')).toMatchObject({ era: 'legacy' })
})

test('a server that does not read is sent no more than waits for it already', async () => {
  const server = await started({
    onMessage: (message, socket) => {
      if (isCall('stop', message)) socket.pause()
      return undefined
    },
  })
  const backend = openAt(server.url)
  await backend.untilHealth('up')
  void backend.handle(toolCall('stop'))
  await server.said('tools/call')
  const big = 'x'.repeat(8_000_000)
  const replies = Array.from({ length: 14 }, () => backend.handle(toolCall('echo', { text: big })))
  const refused = await Promise.race(replies)
  expect(refused).toMatchObject({
    kind: 'failure',
    sent: false,
    problem: {
      code: 'backend-unavailable',
      detail: expect.stringContaining('it does not read its input'),
    },
  })
})
