// What is believed of a request head, sent as bytes that no client library would write.
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { isForwarded, marks } from '../../../src/server/http/forwarded.ts'
import { maxHeaders } from '../../../src/server/http/head.ts'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { sendRaw } from '../../support/raw-http.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'

let proxy: TestProxy

afterEach(() => proxy?.close({ force: true }))

const start = async (config: TestProxyOptions['config'] = {}) => {
  proxy = await startTestProxy([scriptedBackend('a', {})], { config })
}

const message = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
})

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  /** Each with its line end. */
  readonly headers?: string
  readonly host?: string
  readonly body?: string
}

const ask = ({
  method = 'POST',
  path = '/mcp',
  version = '1.1',
  host = 'Host: localhost\r\n',
  headers = '',
  body = method === 'POST' ? message : '',
}: Asked) =>
  sendRaw(
    proxy.origin,
    `${method} ${path} HTTP/${version}\r\n${host}Connection: close\r\nAccept: application/json, text/event-stream\r\n${
      body === '' ? '' : `Content-Length: ${body.length}\r\n`
    }${headers}\r\n${body}`,
  )

const codeOf = ({ body }: { readonly body: string }): unknown =>
  (JSON.parse(body) as { error: { data: { code: string } } }).error.data.code

const refused = async (asked: Asked) => {
  const answer = await ask(asked)
  expect(answer.head).toContain('\r\nx-request-id: ')
  return [answer.status, codeOf(answer)]
}

const many = (count: number) => 'a:b\r\n'.repeat(count)

describe('a request with more headers than are read', () => {
  test.each([
    ['POST', '/mcp'],
    ['GET', '/mcp'],
    ['DELETE', '/mcp'],
    ['OPTIONS', '/mcp'],
    ['GET', '/health'],
    ['GET', '/admin/backends'],
    ['GET', '/.well-known/oauth-protected-resource'],
    ['GET', '/nothing'],
  ])('is refused: %s %s', async (method, path) => {
    await start()
    expect(await refused({ method, path, headers: many(maxHeaders) })).toEqual([
      431,
      'req-head-size',
    ])
  })

  test('hides no foreign Origin, no second token and no proxy from the guards below the limit', async () => {
    await start({ auth: { type: 'bearer', tokens: ['token-of-alice-0001'] } })
    const alice = 'Authorization: Bearer token-of-alice-0001\r\n'
    const below = many(maxHeaders - 10)
    expect((await ask({ headers: alice + below })).status).toBe(200)
    expect(await refused({ headers: `${alice}${below}Origin: https://evil.test\r\n` })).toEqual([
      403,
      'req-origin',
    ])
    expect(await refused({ headers: `${alice}${below}Authorization: Bearer b\r\n` })).toEqual([
      400,
      'req-authorization-malformed',
    ])
    const admin = { method: 'GET', path: '/admin/backends' }
    expect((await ask({ ...admin, headers: below })).status).toBe(200)
    expect(await refused({ ...admin, headers: `${below}Via: 1.1 edge\r\n` })).toEqual([
      403,
      'policy-admin',
    ])
  })
})

test.each([
  'Host: localhost',
  'Origin: http://localhost',
  'Content-Type: application/json',
  'Mcp-Session-Id: a',
  'Last-Event-ID: 1',
])('a header that may be there once is refused twice: %s', async (line) => {
  await start()
  const [name = ''] = line.split(':')
  const first = name === 'Host' ? '' : `${line}\r\n`
  const headers = `${first}${many(40)}${line.toUpperCase()}\r\n`
  expect(await refused({ headers })).toEqual([400, 'req-http'])
})

test.each([
  ['bytes that are no HTTP', '\u0001\u0003\u0001\u0002\u0000\r\n\r\n', 400, 'req-http'],
  ['a TLS handshake', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400, 'req-tls'],
  ['a folded header', 'GET /health HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400, 'req-http'],
  ['a blank before the colon', 'GET /health HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'req-http'],
  ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'req-http'],
  ['HTTP/2.0 in the first line', 'GET /health HTTP/2.0\r\nHost: a\r\n\r\n', 400, 'req-http'],
  ['a first line without a version', 'GET /health\r\n\r\n', 400, 'req-http'],
  [
    'two lengths',
    'POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n',
    400,
    'req-http',
  ],
  [
    'a length and a coding',
    'POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'req-http',
  ],
  [
    'a coding that is not chunked',
    'POST /mcp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
    400,
    'req-http',
  ],
  [
    'a coding in HTTP/1.0',
    'POST /mcp HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'req-http',
  ],
  [
    'a chunk that is none',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    400,
    'req-http',
  ],
  ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'req-http'],
  [
    'more bytes than a head may have',
    `GET /health HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'req-head-size',
  ],
])(
  'what cannot be read is answered in JSON, counted and ended: %s',
  async (_, text, status, code) => {
    await start()
    const answer = await sendRaw(proxy.origin, text)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
    expect(answer.head).toContain('\r\nconnection: close')
    const id = /\r\nx-request-id: (\S+)/.exec(answer.head)?.[1]
    expect(proxy.logged().filter((line) => line['request_id'] === id)).toMatchObject([{ code }])
  },
)

test('an expectation that nobody knows is left alone', async () => {
  await start()
  const answer = await ask({ method: 'GET', path: '/health', headers: 'Expect: wonders\r\n' })
  expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { status: 'ok' }])
})

test.each([
  ['Mcp-Name', 'a__t, b'],
  ['Mcp-Param-City', 'a, b'],
])(
  'a header that repeats the body is refused twice although both together match: %s',
  async (name, value) => {
    await start()
    const [first, second] = value.split(', ')
    const tool = name === 'Mcp-Name' ? value : 'a__t'
    const answer = await proxy.modern(
      'tools/call',
      { name: tool, arguments: { city: value } },
      { headers: { 'mcp-name': tool, [name.toLowerCase()]: [first ?? '', second ?? ''] } },
    )
    expect([answer.status, answer.json().error.data.code]).toEqual([400, 'req-header-mismatch'])
  },
)

describe('a loopback listener', () => {
  test.each([
    ['HTTP/1.0 without Host', { version: '1.0', host: '' }],
    ['HTTP/1.0 with a foreign Host', { version: '1.0', host: 'Host: evil.test\r\n' }],
    ['an empty Host', { host: 'Host:\r\n' }],
    ['a blank Host', { host: 'Host: \t \r\n' }],
  ])('refuses %s, also as its first request', async (_, asked) => {
    await start()
    expect(await refused(asked)).toEqual([403, 'req-host'])
    expect((await ask({})).status).toBe(200)
    expect(await refused(asked)).toEqual([403, 'req-host'])
  })

  test('gives /admin to nobody whose request has no Host', async () => {
    await start()
    const admin = { method: 'GET', path: '/admin/backends' }
    expect(await refused({ ...admin, version: '1.0', host: '' })).toEqual([403, 'policy-admin'])
    expect(await refused({ ...admin, host: 'Host:\r\n' })).toEqual([403, 'req-host'])
  })

  test.each([
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Server',
    'Forwarded',
    'X-Real-IP',
    'Via',
    'CF-Connecting-IP',
    'CF-Ray',
    'True-Client-IP',
    'Fly-Client-IP',
    'Fastly-Client-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Original-Forwarded-For',
    'X-Envoy-External-Address',
    'X-ProxyUser-Ip',
    'WL-Proxy-Client-IP',
    'Proxy-Client-IP',
    'HTTP-Client-IP',
    'X-Appengine-User-IP',
    'X-Azure-ClientIP',
    'DO-Connecting-IP',
    'Tailscale-User-Login',
    'CloudFront-Viewer-Address',
  ])('gives /admin to nobody who comes through a proxy that says so by %s', async (name) => {
    await start()
    for (const path of ['/admin/backends', '/admin/metrics', '/admin/none']) {
      const asked = { method: 'GET', path, headers: `${name.toUpperCase()}: \r\n` }
      expect(await refused(asked)).toEqual([403, 'policy-admin'])
    }
  })

  test('gives /admin to a client that speaks for itself', async () => {
    await start()
    const headers =
      'User-Agent: curl/8\r\nAccept-Encoding: gzip\r\nX-Request-Id: 1\r\nTraceparent: 00-1\r\n' +
      'X-Prometheus-Scrape-Timeout-Seconds: 10\r\nAuthorization: Bearer x\r\nCookie: a=b\r\n'
    expect((await ask({ method: 'GET', path: '/admin/metrics', headers })).status).toBe(200)
  })
})

test('the page on faults and limits names what counts as forwarded', () => {
  const page = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8')
  const section = page.split('## Forwarded requests under /admin\n')[1]?.split('\n## ')[0] ?? ''
  const named = [...section.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.toLowerCase())
  const expected = [
    ...marks.names,
    ...marks.prefixes.map((prefix) => `${prefix}*`),
    ...marks.suffixes.map((suffix) => `*${suffix}`),
  ]
  expect(named.filter((name) => name !== '/admin').toSorted()).toEqual(expected.toSorted())
  for (const name of expected) {
    const rawHeaders = [name.replace('*', 'x').toUpperCase(), '']
    expect({ name, is: isForwarded({ rawHeaders, httpVersionMinor: 1 }) }).toEqual({
      name,
      is: true,
    })
  }
})
