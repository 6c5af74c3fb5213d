import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { MockAgent, type Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addressKind, bothLoopback, reachOf, refusedAddress } from '../../src/net/address.ts'
import { exchange, refusedUrl } from '../../src/net/exchange.ts'
import { openHttp } from '../../src/net/http.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const ports = systemPorts()
let server: ScriptedServer

beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const get = (path: string, limits = {}) =>
  exchange({ url: `${server.origin}${path}` }, ports, limits)

/** A dispatcher whose every request fails with the code. */
const failing = (code: string): Dispatcher => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  agent
    .get('https://as.acme.test')
    .intercept({ path: '/' })
    .replyWithError(Object.assign(new Error('made for the test'), { code }))
  return agent
}

describe('answers', () => {
  test('a good answer carries status, type, size, headers and text', async () => {
    server.on('/a', { body: { ok: true }, headers: { Date: 'Mon, 01 Jan 2024 00:00:00 GMT' } })
    const answer = await get('/a')
    expect(answer).toMatchObject({
      method: 'GET',
      status: 200,
      contentType: 'application/json',
      bytes: 11,
      body: '{"ok":true}',
      fault: undefined,
      redirects: [],
    })
    expect(answer.headers['date']).toBe('Mon, 01 Jan 2024 00:00:00 GMT')
  })

  test('an error status is an answer, not a fault', async () => {
    server.on('/a', { status: 503, body: 'later', headers: { 'retry-after': '7' } })
    expect(await get('/a')).toMatchObject({ status: 503, body: 'later', fault: undefined })
  })

  test('a form is posted as it is given', async () => {
    server.on('/form', { status: 204 })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const url = `${server.origin}/form`
    await exchange({ method: 'POST', url, headers, body: 'token=a%2Bb' }, ports)
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: 'token=a%2Bb' })
  })

  test('cookies that the answer sets are left out', async () => {
    server.on('/a', { headers: { 'set-cookie': 'session=1' } })
    expect((await get('/a')).headers).not.toHaveProperty('set-cookie')
  })
})

describe('faults name their cause', () => {
  test('a closed port', async () => {
    await server.stop()
    const { fault, status } = await get('/')
    expect(status).toBeUndefined()
    expect(fault).toMatchObject({ kind: 'connect', code: 'ECONNREFUSED' })
    expect(fault?.detail).toContain('connection refused')
  })

  test('a name that does not resolve', async () => {
    const { fault } = await exchange({ url: 'https://nothing.invalid/' }, ports)
    expect(fault?.kind).toBe('dns')
  })

  test('a peer that speaks no TLS', async () => {
    const { fault } = await exchange({ url: `https://127.0.0.1:${server.port}/` }, ports)
    expect(fault?.kind).toBe('tls')
  })

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'certificate'],
    ['CERT_HAS_EXPIRED', 'tls', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'certificate'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'timeout'],
    ['HPE_INVALID_CONSTANT', 'protocol', 'HTTP'],
    ['EAI_AGAIN', 'dns', 'host not found'],
  ])('%s is a %s fault', async (code, kind, words) => {
    const mocked = { ...ports, http: () => Promise.resolve(failing(code)) }
    const { fault } = await exchange({ url: 'https://as.acme.test/' }, mocked)
    expect(fault).toMatchObject({ kind, code })
    expect(fault?.detail).toContain(words)
  })

  test('a connection reset before the answer', async () => {
    server.on('/a', { reset: true })
    expect((await get('/a')).fault?.kind).toBe('reset')
  })

  test('a connection reset in the middle of the body keeps the status', async () => {
    server.on('/a', { cut: true, body: '{"half":' })
    expect(await get('/a')).toMatchObject({
      status: 200,
      body: undefined,
      fault: { kind: 'reset' },
    })
  })

  test('an answer over the cap is not read to its end', async () => {
    server.on('/a', { flood: 50_000_000 })
    const { fault, body } = await get('/a')
    expect(fault?.kind).toBe('too-large')
    expect(fault?.detail).toContain('262144')
    expect(body).toBeUndefined()
  })

  test('an answer that does not come in time', async () => {
    const clock = createManualClock()
    const held = gate()
    server.on('/slow', { until: held.opened })
    const pending = exchange({ url: `${server.origin}/slow` }, { ...ports, clock })
    await server.asked('/slow')
    await clock.advance(5000)
    const { fault } = await pending
    held.open()
    expect(fault?.kind).toBe('timeout')
    expect(fault?.detail).toContain('5 s')
  })

  test('the caller gives up', async () => {
    const held = gate()
    server.on('/slow', { until: held.opened })
    const caller = new AbortController()
    const pending = exchange({ url: `${server.origin}/slow`, signal: caller.signal }, ports)
    await server.asked('/slow')
    caller.abort()
    expect((await pending).fault?.kind).toBe('aborted')
    held.open()
  })
})

describe('encodings', () => {
  const plainText = '{"issuer":"x"}'

  test('none is asked for', async () => {
    server.on('/a', {})
    await get('/a')
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity')
  })

  test.each([
    ['gzip', gzipSync(plainText)],
    ['X-GZIP', gzipSync(plainText)],
    ['br', brotliCompressSync(plainText)],
    ['deflate', deflateSync(plainText)],
  ])('%s is understood all the same, and noted', async (encoding, body) => {
    server.on('/a', { headers: { 'content-encoding': encoding }, body })
    const answer = await get('/a')
    expect(answer).toMatchObject({ body: plainText, bytes: 14, fault: undefined })
    expect(answer.encoding).toBe(encoding.toLowerCase())
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
  ])('what %s unpacks to counts against the cap', async (encoding, body) => {
    expect(body.length).toBeLessThan(100_000)
    server.on('/a', { headers: { 'content-encoding': encoding }, body })
    expect((await get('/a')).fault).toMatchObject({ kind: 'too-large' })
  })

  test.each(['zstd', 'gzip, gzip', 'compress'])('%s is a fault with a name', async (encoding) => {
    server.on('/a', { headers: { 'content-encoding': encoding }, body: 'x' })
    const { fault, status } = await get('/a')
    expect({ kind: fault?.kind, status }).toEqual({ kind: 'encoding', status: 200 })
    expect(fault?.detail).toContain(encoding)
  })

  test.each([
    ['gzip', 'no gzip'],
    ['gzip', gzipSync('{"cut":true}').subarray(0, 20)],
    ['br', 'no brotli at all'],
  ])('broken %s is a fault', async (encoding, body) => {
    server.on('/a', { headers: { 'content-encoding': encoding }, body })
    expect((await get('/a')).fault?.kind).toBe('encoding')
  })

  test('JSON that is no UTF-8 is a fault; other text may be what it likes', async () => {
    const body = Buffer.from([0x22, 0xff, 0xfe, 0x22])
    server.on('/json', { headers: { 'content-type': 'application/jwk-set+json' }, body })
    server.on('/text', { headers: { 'content-type': 'text/html' }, body })
    expect((await get('/json')).fault).toMatchObject({ kind: 'encoding' })
    expect((await get('/text')).fault).toBeUndefined()
  })
})

describe('a client that does not listen', () => {
  /** As undici before it is connected: a signal that aborts changes nothing. */
  const deaf = { request: () => new Promise(() => undefined) } as unknown as Dispatcher

  test('is given up when the time has passed', async () => {
    const clock = createManualClock()
    const mocked = { clock, http: () => Promise.resolve(deaf) }
    const pending = exchange({ url: 'https://as.acme.test/' }, mocked)
    await clock.untilSleeping()
    await clock.advance(5000)
    expect((await pending).fault?.kind).toBe('timeout')
  })

  test('is given up when the caller gives up', async () => {
    const caller = new AbortController()
    const mocked = { ...ports, http: () => Promise.resolve(deaf) }
    const pending = exchange({ url: 'https://as.acme.test/', signal: caller.signal }, mocked)
    caller.abort()
    expect((await pending).fault?.kind).toBe('aborted')
  })
})

describe('redirects', () => {
  test('all of them together have their time', async () => {
    const clock = createManualClock()
    server.on('/1', () => {
      clock.set(clock.now() + 11_000)
      return { status: 302, headers: { location: '/2' } }
    })
    const answer = await exchange({ url: `${server.origin}/1` }, { ...ports, clock })
    expect(answer.fault?.kind).toBe('timeout')
    expect(server.count('/2')).toBe(0)
  })

  test.each([
    ['credentials', (origin: string) => origin.replace('//', '//user:canary@')],
    ['another origin', () => 'file:///etc/passwd'],
    ['another origin', () => 'http://169.254.169.254/latest'],
    ['without a usable Location', () => 'http://['],
  ])('to %s: never', async (words, target) => {
    server.on('/a', { status: 307, headers: { location: target(server.origin) } })
    const { fault, status } = await get('/a')
    expect({ kind: fault?.kind, status }).toEqual({ kind: 'redirect', status: 307 })
    expect(fault?.detail).toContain(words)
    expect(fault?.detail).not.toContain('canary')
  })

  test('same origin: followed, each recorded as a request of its own', async () => {
    server.on('/1', { status: 302, headers: { location: '/2' } })
    server.on('/2', { status: 308, headers: { location: `${server.origin}/3` } })
    server.on('/3', { body: 'there' })
    const answer = await get('/1')
    expect(answer).toMatchObject({ url: `${server.origin}/3`, status: 200, body: 'there' })
    expect(answer.redirects.map((hop) => [hop.url, hop.status])).toEqual([
      [`${server.origin}/1`, 302],
      [`${server.origin}/2`, 308],
    ])
  })

  test('three at most', async () => {
    server.on('/loop', { status: 302, headers: { location: '/loop' } })
    const { fault } = await get('/loop')
    expect(fault).toMatchObject({ kind: 'redirect', detail: 'more than 3 redirects' })
    expect(server.count('/loop')).toBe(4)
  })

  test('another origin: never', async () => {
    const other = await startScriptedServer({ '/': { body: 'stolen' } })
    server.on('/a', { status: 302, headers: { location: `${other.origin}/?secret=1` } })
    const { fault } = await get('/a')
    expect(fault?.kind).toBe('redirect')
    expect(fault?.detail).not.toContain('secret')
    expect(other.count()).toBe(0)
    await other.close()
  })

  test('after a POST: never, for its body holds credentials', async () => {
    server.on('/a', { status: 307, headers: { location: '/b' } })
    const { fault } = await exchange(
      { method: 'POST', url: `${server.origin}/a`, body: 'x' },
      ports,
    )
    expect(fault?.kind).toBe('redirect')
    expect(server.count('/b')).toBe(0)
  })
})

describe('where it may go', () => {
  test.each([
    ['http://id.acme.test/', false, 'http is for loopback'],
    ['http://id.acme.test/', true, 'allowed'],
    ['http://127.0.0.1:1/', false, 'allowed'],
    ['http://localhost/', false, 'allowed'],
    ['http://[::1]/', false, 'allowed'],
    ['https://user:pw@id.acme.test/', false, 'credentials'],
    ['file:///etc/passwd', true, 'neither https nor http'],
    ['id.acme.test', true, 'absolute'],
  ])('%s (allow_http %s)', (url, allowHttp, reason) => {
    expect(refusedUrl(url, allowHttp) ?? 'allowed').toContain(reason)
  })

  test.each([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public'],
    ['127.8.8.8', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['0.0.0.0', 'private'],
    ['::', 'private'],
    ['fd12::1', 'private'],
    ['169.254.169.254', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['2002:a9fe:a9fe::', 'forbidden'],
    ['::ffff:0:a9fe:a9fe', 'forbidden'],
    ['::a9fe:a9fe', 'forbidden'],
    ['64:ff9b:1::a9fe:a9fe', 'forbidden'],
    ['2001::5601:5601', 'forbidden'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:8.8.8.8', 'public'],
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind)
  })

  test('metadata addresses are refused whatever the reach', () => {
    expect(refusedAddress('169.254.169.254', 'private')).toContain('metadata')
  })

  test.each([
    'http://169.254.169.254/latest',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://169.254.169.254./',
    'http://１６９.254.169.254/',
    'http://%31%36%39.254.169.254/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://METADATA.google.internal./',
  ])('%s is never asked', async (url) => {
    const { fault, status } = await exchange({ url }, ports, { allowHttp: true })
    expect(fault?.kind).toBe('address')
    expect(status).toBeUndefined()
  })

  test('with public reach a loopback literal is refused before a connection', async () => {
    const { fault } = await get('/', { reach: 'public' })
    expect(fault?.kind).toBe('address')
    expect(server.count()).toBe(0)
  })

  test.each([
    ['https://10.0.0.1/', ['https://id.example/'], 'public'],
    ['https://id.example/jwks', ['https://id.example/'], 'private'],
    ['http://127.0.0.1:9/', ['http://localhost:8/'], 'public'],
    ['http://127.0.0.1:9/', ['https://id.example/'], 'public'],
    ['https://id.example/', ['http://localhost/'], 'public'],
  ])('%s, named by a document of %j, is asked with %s reach', (url, trusted, reach) => {
    expect(reachOf(url, trusted, false)).toBe(reach)
    expect(reachOf(url, trusted, true)).toBe('private')
  })

  test.each([
    ['http://127.0.0.1:9/', 'http://localhost:8/', true],
    ['http://localhost:9/', 'http://[::1]:8/', true],
    ['http://127.0.0.1:9/', 'https://id.example/', false],
    ['no URL', 'http://localhost/', false],
  ])('%s and %s are on this machine: %s', (a, b, both) => {
    expect(bothLoopback(a, b)).toBe(both)
  })

  test('the guard of the connection itself looks at what a name resolves to', async () => {
    const http = openHttp()
    const asked = { origin: `http://localhost:${server.port}`, path: '/', method: 'GET' as const }
    await expect(http.request(Object.assign({ reach: 'public' }, asked))).rejects.toMatchObject({
      code: 'MCP_PROXY_ADDRESS',
    })
    const allowed = await http.request(asked)
    expect(allowed.statusCode).toBe(404)
    await allowed.body.dump()
    await http.close()
  })
})
