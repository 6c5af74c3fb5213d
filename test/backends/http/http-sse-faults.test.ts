// What a server of the HTTP+SSE transport of 2024-11-05 may do wrong, and what the backend makes of it.
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Ports } from '../../../src/base/ports.ts'
import { createBackends } from '../../support/backends.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { textOf, toolCall } from '../../support/peer.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import {
  endpointEvent,
  messageEvent,
  startScriptedStream,
  type Said,
  type StreamScript,
} from '../../support/scripted-stream.ts'

const backends = createBackends()
const servers: { close(): Promise<void> }[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const started = async (script: StreamScript = {}) => {
  const server = await startScriptedStream(script)
  servers.push(server)
  return server
}

const openAt = (url: string, more: object = {}, ports: Partial<Ports> = {}) => {
  const backend = backends.open({ transport: 'sse', url, ...more }, ports)
  backend.start()
  return backend
}

const answer = ({ id }: Said, value = 'as usual') =>
  messageEvent({ id, result: { content: [{ type: 'text', text: value }] } })
const isCall = ({ method }: Said) => method === 'tools/call'

describe('the endpoint event', () => {
  test.each(['sse', 'http'] as const)(
    'that leads to another origin is not followed (transport = "%s")',
    async (transport) => {
      const elsewhere = await startScriptedServer()
      servers.push(elsewhere)
      const server = await started({ opening: () => endpointEvent(`${elsewhere.origin}/messages`) })
      const backend = openAt(server.url, { transport, bearer_token: 'backend-credential' })
      const { problem } = await backend.untilHealth('down')
      expect(problem.code).toBe('backend-protocol')
      expect(problem.detail).toContain(
        `its endpoint event leads to another origin (${elsewhere.origin})`,
      )
      expect(elsewhere.count()).toBe(0)
      expect(server.said).toEqual([])
    },
  )

  test.each([
    ['another host', () => 'https://elsewhere.example/messages'],
    ['another scheme', (origin: string) => origin.replace('http:', 'https:')],
    ['another port', () => 'http://127.0.0.1:1/messages'],
    ['no host at all', () => '//elsewhere.example/messages'],
    ['a file', () => 'file:///etc/passwd'],
    ['a script', () => 'javascript:alert(1)'],
    ['nothing to read', () => 'http://['],
  ])('with %s is refused', async (_title, address) => {
    const server = await started({ opening: (origin) => endpointEvent(address(origin)) })
    const { problem } = await openAt(server.url).untilHealth('down')
    expect(problem.code).toBe('backend-protocol')
    expect(problem.detail).toMatch(
      /its endpoint event (leads to another origin|contains no address)/,
    )
  })

  test.each([
    ['a relative path', () => 'messages?id=2', '/messages?id=2'],
    ['a whole address', (origin: string) => `${origin}/a/messages`, '/a/messages'],
    [
      'a user in the address',
      (origin: string) => origin.replace('//', '//user:password@').concat('/b'),
      '/b',
    ],
  ])('with %s is followed', async (_title, address, path) => {
    const server = await started({ opening: (origin) => endpointEvent(address(origin)) })
    const backend = openAt(server.url, { bearer_token: 'backend-credential' })
    await backend.untilHealth('up')
    expect(server.asked.slice(0, 2)).toEqual(['GET /sse', `POST ${path}`])
    for (const { authorization } of server.headers) {
      expect(authorization).toBe('Bearer backend-credential')
    }
  })

  test('counts but once', async () => {
    const server = await started({
      opening: () => endpointEvent('/first') + endpointEvent('/second'),
      onMessage: (message) => (isCall(message) ? answer(message) : undefined),
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('as usual')
    expect(server.asked).not.toContain('POST /second')
  })

  test.each([
    [{}, 60],
    [{ start_timeout_seconds: 7 }, 7],
  ])(
    'that does not come in the time of the start is waited for no longer: %j',
    async (keys, seconds) => {
      const server = await started({ opening: () => ': nothing yet\n\n' })
      const clock = createManualClock()
      const backend = openAt(server.url, keys, { clock })
      await expect.poll(() => server.asked).toEqual(['GET /sse'])
      await clock.advance(seconds * 1000 - 1)
      expect(backend.health.state).toBe('starting')
      await clock.advance(1)
      const { problem } = await backend.untilHealth('down')
      expect(problem.detail).toContain(`no endpoint event in ${seconds} s`)
    },
  )
})

describe('the stream', () => {
  test.each([
    ['401', 'backend-auth', 401, 'text/plain'],
    ['a status', 'backend-protocol', 404, 'text/plain'],
    ['an outage', 'backend-unavailable', 503, 'text/plain'],
    ['another kind of content', 'backend-protocol', 200, 'application/json'],
  ])('refused with %s is %s', async (_title, code, status, type) => {
    const server = await started({
      onStream: (response) => response.writeHead(status, { 'content-type': type }).end('{}'),
    })
    expect((await openAt(server.url).untilHealth('down')).problem.code).toBe(code)
  })

  test.each([
    [401, '{"error":"who are you?"}', 'backend-auth', 'missing', '(HTTP 401): who are you?'],
    [403, 'only at localhost', 'backend-auth', 'denied', '(HTTP 403): only at localhost'],
    [404, '{"detail":"no stream here"}', 'backend-protocol', 'status', 'HTTP 404: no stream here'],
    [503, 'restarting', 'backend-unavailable', 'status', 'it answers HTTP 503: restarting'],
    [429, `slow down ${'x'.repeat(500)}`, 'backend-unavailable', 'busy', 'x…'],
    [503, 'y'.repeat(70_000), 'backend-unavailable', 'status', 'it answers HTTP 503'],
  ])(
    'refused with %i and %j is said in the words of the server',
    async (status, body, code, kind, end) => {
      const server = await started({
        onStream: (response) =>
          response.writeHead(status, { 'content-type': 'text/plain' }).end(body),
      })
      const { problem } = await openAt(server.url).untilHealth('down')
      expect(problem).toMatchObject({ code, case: kind })
      expect(problem.detail.endsWith(end)).toBe(true)
      expect(problem.detail.length).toBeLessThan(450)
    },
  )

  test('refused with a challenge alone is said in the words of the challenge', async () => {
    const challenge = 'Bearer error="invalid_token", error_description="it has expired"'
    const server = await started({
      onStream: (response) => response.writeHead(401, { 'www-authenticate': challenge }).end(),
    })
    const backend = openAt(server.url, { bearer_token: 'backend-credential' })
    const { problem } = await backend.untilHealth('down')
    expect(problem.detail.endsWith('(HTTP 401): invalid_token, it has expired')).toBe(true)
  })

  test('refused with the credential repeated is said without it', async () => {
    const server = await started({
      onStream: (response) => response.writeHead(401).end('unknown: backend-credential'),
    })
    const backend = openAt(server.url, { headers: { 'X-API-Key': 'backend-credential' } })
    const { problem } = await backend.untilHealth('down')
    expect(problem.detail).not.toContain('backend-credential')
    expect(problem.case).toBe('unauthorized')
  })

  test('refused in an answer that never ends is given up soon', async () => {
    const server = await started({
      onStream: (response) => void response.writeHead(403).write('only at'),
    })
    const clock = createManualClock()
    const backend = openAt(server.url, {}, { clock })
    await clock.untilSleeping(2)
    await clock.advance(2000)
    expect((await backend.untilHealth('down')).problem.code).toBe('backend-auth')
  })

  test('that is redirected goes nowhere', async () => {
    const elsewhere = await startScriptedServer()
    servers.push(elsewhere)
    const server = await started({
      onStream: (response) => response.writeHead(307, { location: elsewhere.origin }).end(),
    })
    const { problem } = await openAt(server.url).untilHealth('down')
    expect(problem.detail).toContain('HTTP 307')
    expect(elsewhere.count()).toBe(0)
  })

  test('with an event beyond the limit ends, and the backend comes back', async () => {
    let times = 0
    const server = await started({
      onMessage: (message) => {
        if (!isCall(message)) return undefined
        times += 1
        return times > 1 ? answer(message) : `data: ${'x'.repeat(11 * 1024 * 1024)}`
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('huge'))
    expect(reply).toMatchObject({ sent: true, problem: { code: 'backend-outcome-unknown' } })
    expect((await backend.untilHealth('down')).problem.detail).toContain(
      'an event of more than 10485760 bytes',
    )
    await backend.untilHealth('up')
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('as usual')
  })

  test('with garbage in it ends the one call that waits, and no other', async () => {
    let times = 0
    const server = await started({
      onMessage: (message) => {
        if (!isCall(message)) return undefined
        times += 1
        return times > 1 ? answer(message) : 'data: Hello?\n\n'
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('odd'))).toMatchObject({
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-protocol' },
    })
    expect(textOf(await backend.handle(toolCall('echo')))).toBe('as usual')
    expect(backend.states).toHaveLength(1)
  })

  test('that ends in the middle of a call leaves its outcome unknown', async () => {
    const server = await started({
      onMessage: (message, stream) => {
        if (isCall(message)) stream.end()
        return isCall(message) ? '' : undefined
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const reply = await backend.handle(toolCall('slow'))
    expect(reply).toMatchObject({ sent: true, problem: { code: 'backend-outcome-unknown' } })
    expect((await backend.untilHealth('down')).problem.detail).toContain('the event stream ended')
    await backend.untilHealth('up')
  })
})

describe('a message', () => {
  test.each([
    [401, 'backend-auth', false],
    [404, 'backend-protocol', true],
    [429, 'backend-unavailable', false],
    [500, 'backend-outcome-unknown', true],
  ])('answered with HTTP %i fails with %s', async (status, code, wasSent) => {
    const server = await started({
      onPost: (message, response) => {
        if (isCall(message)) response.writeHead(status).end('no')
        return isCall(message)
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('echo'))).toMatchObject({
      kind: 'failure',
      sent: wasSent,
      problem: { code },
    })
    expect(backend.states).toHaveLength(1)
  })

  test('whose POST is cut has an unknown outcome', async () => {
    const server = await started({
      onPost: (message, response) => {
        if (isCall(message)) response.destroy()
        return isCall(message)
      },
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    expect(await backend.handle(toolCall('echo'))).toMatchObject({
      sent: true,
      problem: { code: 'backend-outcome-unknown' },
    })
  })

  test('is not said while a thousand wait to be taken, and is again when they are', async () => {
    const held: ServerResponse[] = []
    let takes = false
    const server = await started({
      onPost: (message, response) => {
        if (takes || !isCall(message)) return false
        held.push(response)
        return true
      },
      onMessage: (said) => (isCall(said) ? answer(said) : undefined),
    })
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    await expect.poll(() => server.said).toContain('notifications/initialized')
    const calls = Array.from({ length: 1001 }, () => backend.handle(toolCall('slow')))
    expect(await Promise.race(calls)).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: {
        code: 'backend-unavailable',
        detail: expect.stringContaining('it does not read its input'),
      },
    })
    await expect.poll(() => held.length, { timeout: 10_000 }).toBeGreaterThan(990)
    expect(held.length).toBeLessThanOrEqual(1000)
    takes = true
    for (const response of held) response.writeHead(202).end()
    await expect.poll(async () => (await backend.handle(toolCall('next'))).kind).toBe('result')
  })

  test('is told to be cancelled', async () => {
    const server = await started()
    const backend = openAt(server.url)
    await backend.untilHealth('up')
    const controller = new AbortController()
    const slow = backend.handle(toolCall('slow', {}, { signal: controller.signal }))
    await expect.poll(() => server.said).toContain('tools/call')
    controller.abort()
    expect(await slow).toMatchObject({ kind: 'failure', sent: true })
    await expect.poll(() => server.said).toContain('notifications/cancelled')
  })
})

describe('transport = "http"', () => {
  test('finds the old way where POST is refused', async () => {
    const server = await started()
    const backend = openAt(server.url, { transport: 'http' })
    expect(await backend.untilHealth('up')).toMatchObject({
      era: 'legacy',
      protocolVersion: '2024-11-05',
      transport: 'sse',
    })
    expect(server.asked.slice(0, 4)).toEqual([
      'POST /sse',
      'POST /sse',
      'GET /sse',
      'POST /messages?id=1',
    ])
  })

  test('does not look for the old way where the modern era is wanted', async () => {
    const server = await started()
    await openAt(server.url, { transport: 'http', protocol: 'modern' }).untilHealth('down')
    expect(server.asked).toEqual(['POST /sse'])
  })

  test('says that the credential is refused where only GET does', async () => {
    const server = await started({ onStream: (response) => response.writeHead(401).end() })
    const { problem } = await openAt(server.url, { transport: 'http' }).untilHealth('down')
    expect(problem.code).toBe('backend-auth')
  })

  test('says what POST said where GET shows nothing of the old way', async () => {
    const server = await started({ onStream: (response) => response.writeHead(404).end() })
    const { problem } = await openAt(server.url, { transport: 'http' }).untilHealth('down')
    expect(problem).toMatchObject({ code: 'backend-protocol' })
    expect(problem.detail).toContain('HTTP 405')
  })
})
