// What stands at an address that somebody calls an MCP server, and what is said of it first.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createServer, type AddressInfo } from 'node:net'
import { investigate } from '../../../src/core/investigation/investigation.ts'
import { findingsInOrder } from '../../../src/core/verdict/leading-finding.ts'
import { gradeOf } from '../../../src/core/verdict/grade.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../support/scripted-server.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(async () => {
  await server.close()
})

const html = { body: '<!doctype html><title>x</title>', headers: { 'content-type': 'text/html' } }
const bearer = { status: 401, headers: { 'www-authenticate': 'Bearer' } }
const legacy: Script = {
  body: { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-11-25' } },
}
const to = (location: string, status = 302) => ({ status, headers: { location } })
const metadataPath = '/.well-known/oauth-protected-resource'
const asPath = '/.well-known/oauth-authorization-server'

interface Seen {
  readonly kind: string
  /** The first line: the id and its case. */
  readonly first: string
  readonly detail: string
  readonly hint: string
  readonly instead: string | undefined
  readonly isUndecided: boolean
}

const look = async (address: string, options = {}): Promise<Seen> => {
  const { outcome, checks } = await investigate(address, systemPorts(), options)
  const [leading] = findingsInOrder(checks)
  const open = gradeOf(checks)
  const isUndecided = open.letter === undefined && leading === undefined
  if (outcome.kind === 'graded') {
    return {
      kind: 'graded',
      first: `${leading?.id ?? ''} ${leading?.case ?? ''}`.trim(),
      detail: leading?.message ?? '',
      hint: '',
      instead: undefined,
      isUndecided,
    }
  }
  const { kind, problem, instead } = outcome
  const { code, case: name = '', detail } = problem
  return { kind, first: `${code} ${name}`, detail, hint: hintOf(problem), instead, isUndecided }
}

const at = (script: Script, path = '/mcp'): Promise<Seen> => {
  server.on(path, script)
  return look(`${server.origin}${path}`)
}

describe('a refusal without a Bearer challenge is graded, and leads', () => {
  test.each([
    ['a bare 401', { status: 401 }, 'no-header'],
    ['a 401 in plain text', { status: 401, body: 'Unauthorized' }, 'no-header'],
    ['a 401 in JSON', { status: 401, body: { error: 'unauthorized' } }, 'no-header'],
    ['a 401 in HTML', { ...html, status: 401 }, 'no-header'],
    [
      'a 401 in JSON-RPC',
      { status: 401, body: { jsonrpc: '2.0', error: { code: 1, message: 'no' }, id: null } },
      'no-header',
    ],
    ['Basic', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }, 'other-scheme'],
    ['Negotiate', { status: 401, headers: { 'www-authenticate': 'Negotiate' } }, 'other-scheme'],
    [
      'Digest',
      { status: 401, headers: { 'www-authenticate': 'Digest realm="x"' } },
      'other-scheme',
    ],
    ['403 in plain text', { status: 403, body: 'Forbidden' }, 'forbidden'],
    ['403 with a page of a firewall', { ...html, status: 403 }, 'forbidden'],
    [
      'a JSON-RPC error with 200',
      { body: { jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'Unauthorized' } } },
      'in-body',
    ],
    [
      'a challenge beside a status that is not 401',
      { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } },
      'challenge-status',
    ],
    [
      'a header that a gateway renamed',
      { status: 401, headers: { 'x-amzn-remapped-www-authenticate': 'Bearer' } },
      'remapped',
    ],
    ['402', { status: 402, body: { error: 'Payment Required' } }, 'payment'],
    ['an OAuth error with 200', { body: { error: 'unauthorized' } }, 'in-body'],
    ['a message with 400', { status: 400, body: { message: 'Missing token' } }, 'in-body'],
    ['an error object', { body: { error: { code: 16, status: 'UNAUTHENTICATED' } } }, 'in-body'],
    [
      'a JSON-RPC error about something else',
      {
        status: 406,
        body: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Not Acceptable' } },
      },
      'rpc-error',
    ],
    [
      'a JSON-RPC error with 400',
      {
        status: 400,
        body: {
          jsonrpc: '2.0',
          id: 1,
          error: { code: -32001, message: 'Authentication required' },
        },
      },
      'in-body',
    ],
  ] as const)('%s', async (_, script, name) => {
    expect(await at(script as Script)).toMatchObject({
      kind: 'graded',
      first: `prm-challenge ${name}`,
    })
  })

  test('also with an authorization server at the origin, whose flaws come after it', async () => {
    server.on(asPath, { body: { issuer: server.origin, jwks_uri: `${server.origin}/none` } })
    expect(await at({ status: 401 }, '/v1/mcp')).toMatchObject({ first: 'prm-challenge no-header' })
    const { server: found } = await investigate(`${server.origin}/v1/mcp`, systemPorts())
    expect([found?.from, found?.metadata?.issuer]).toEqual(['origin', server.origin])
  })

  test('also at a path that does not look like one of a server', async () => {
    expect(await at({ status: 401 }, '/api/assistant')).toMatchObject({
      kind: 'graded',
      first: 'prm-challenge no-header',
    })
  })
})

describe('an answer of 5xx or 429 leaves everything open', () => {
  test.each([
    [500, 'trouble'],
    [502, 'gateway'],
    [503, 'trouble'],
    [504, 'gateway'],
    [520, 'trouble'],
    [521, 'gateway'],
    [522, 'gateway'],
    [530, 'gateway'],
    [429, 'too-often'],
  ])('%i', async (status, name) => {
    for (const as of [undefined, 'mcp'] as const) {
      server.on('/mcp', { ...html, status })
      const seen = await look(`${server.origin}/mcp`, { as })
      expect(seen).toMatchObject({
        kind: 'unavailable',
        first: `mcp-answer ${name}`,
        isUndecided: true,
      })
      expect(seen.detail).toContain(String(status))
    }
  })

  test('and says when to come back', async () => {
    const seen = await at({ status: 503, headers: { 'retry-after': '3600' } })
    expect(seen).toMatchObject({ kind: 'unavailable', first: 'mcp-answer paused' })
    expect(seen.detail).toContain('3600')
  })

  test.each([503, 500, 429])('whatever metadata or challenge comes with %i', async (status) => {
    publishResource()
    const headers = { 'www-authenticate': 'Bearer' }
    expect(await at({ status, headers })).toMatchObject({ kind: 'unavailable', isUndecided: true })
  })

  test('also where the body does not come to its end', async () => {
    const seen = await at({ cut: true, body: { jsonrpc: '2.0', id: 1, result: {} } })
    expect(seen).toMatchObject({ kind: 'unavailable', first: 'mcp-answer cut', isUndecided: true })
  })

  test('although an authorization server is at the origin', async () => {
    server.on(asPath, { body: { issuer: server.origin } })
    expect(await at({ status: 503 })).toMatchObject({ kind: 'unavailable', isUndecided: true })
  })
})

/** Metadata of the server, as it should be, whatever comes at its address. */
const publishResource = (): void =>
  server.on(`${metadataPath}/mcp`, {
    body: { resource: `${server.origin}/mcp`, authorization_servers: [server.origin] },
  })

describe('good metadata does not hide what comes at the address itself', () => {
  test.each([
    ['a redirect', to('https://new.acme.test/mcp'), 'redirected', 'moved'],
    ['a login page', to('/login'), 'redirected', 'login-page'],
    ['a page', html, 'not-mcp', 'page'],
    ['JSON', { body: { ok: true } }, 'not-mcp', 'foreign'],
    ['204', { status: 204 }, 'not-mcp', 'foreign'],
    ['415', { status: 415 }, 'not-mcp', 'foreign'],
    ['404', { status: 404 }, 'wrong-path', 'unrouted'],
    ['405', { status: 405 }, 'wrong-path', 'unrouted'],
    ['410', { status: 410 }, 'wrong-path', 'unrouted'],
    ['501', { status: 501 }, 'wrong-path', 'unrouted'],
  ] as const)('%s', async (_, script, kind, name) => {
    publishResource()
    expect(await at(script as Script)).toMatchObject({ kind, first: `mcp-answer ${name}` })
  })

  test.each([
    ['401', { status: 401 }, 'no-header'],
    ['403', { status: 403 }, 'forbidden'],
    ['an error that asks for a token', { body: { error: 'unauthorized' } }, 'in-body'],
  ] as const)('and %s is graded as ever', async (_, script, name) => {
    publishResource()
    expect(await at(script)).toMatchObject({ kind: 'graded', first: `prm-challenge ${name}` })
  })
})

describe('a redirect is named with its target', () => {
  const other = 'https://new.acme.test/mcp'
  test.each([
    ['to the slash', '/mcp', () => to('/mcp/', 307), 'slash', '/mcp/'],
    ['from the slash', '/mcp/', () => to('/mcp', 308), 'slash', '/mcp'],
    ['to another path', '/mcp', () => to('/api/v2/mcp', 301), 'moved', '/api/v2/mcp'],
    ['to another host', '/mcp', () => to(other, 301), 'moved', other],
    ['to a login page', '/mcp', () => to('/login?next=%2Fmcp'), 'login-page', undefined],
    [
      'to single sign-on',
      '/mcp',
      () => to('https://sso.acme.test/saml2/x'),
      'login-page',
      undefined,
    ],
    ['to /users/sign_in', '/mcp', () => to('/users/sign_in', 303), 'login-page', undefined],
    ['to a login proxy', '/mcp', () => to('/oauth2/start?rd=x'), 'login-page', undefined],
    [
      'to the login of a tunnel',
      '/mcp',
      () => to('https://x.cloudflareaccess.com/cdn-cgi/access/login/y'),
      'login-page',
      undefined,
    ],
    ['without Location', '/mcp', () => ({ status: 302 }), 'lost', undefined],
    ['to no address', '/mcp', () => to('http://'), 'lost', undefined],
    ['to another scheme', '/mcp', () => to('myapp://open'), 'lost', undefined],
    ['from the root', '/', () => to('/docs', 302), 'moved', '/docs'],
    ['to itself', '/mcp', () => to('/mcp', 302), 'loop', undefined],
  ] as const)('%s', async (_, path, script, name, instead) => {
    const seen = await at(script(), path)
    const absolute = instead?.startsWith('/') === true ? `${server.origin}${instead}` : instead
    expect(seen).toMatchObject({ kind: 'redirected', first: `mcp-answer ${name}` })
    expect(seen.instead).toBe(absolute)
    expect(seen.hint).toContain(absolute ?? '')
  })

  test('and query and credentials of the target are not shown', async () => {
    const seen = await at(to('https://user:secret@new.acme.test/x?code=hidden'))
    expect(JSON.stringify(seen)).not.toMatch(/secret|hidden/)
  })
})

describe('a wrong path', () => {
  test.each([
    ['404', { status: 404 }, 'absent'],
    ['404 with a page', { ...html, status: 404 }, 'absent'],
    [
      '404 in JSON-RPC',
      { status: 404, body: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'none' } } },
      'absent',
    ],
    ['410', { status: 410 }, 'absent'],
    ['405', { status: 405 }, 'method'],
    ['501', { status: 501 }, 'method'],
  ] as const)('is what %s means', async (_, script, name) => {
    expect(await at(script as Script)).toMatchObject({
      kind: 'wrong-path',
      first: `mcp-answer ${name}`,
      instead: undefined,
    })
  })

  test.each([
    ['the root instead of /mcp', '/', '/mcp', bearer],
    ['the root of a web application', '/', '/mcp', bearer],
    ['an open server at /mcp', '/', '/mcp', legacy],
    ['a server behind /sse', '/', '/sse', { status: 401 }],
    ['a slash too many', '/mcp/', '/mcp', bearer],
    ['a slash too few', '/mcp', '/mcp/', bearer],
    ['a path without /mcp', '/team', '/team/mcp', bearer],
  ] as const)('leads to the server nearby: %s', async (name, path, real, script) => {
    server.on(real, script)
    if (name.includes('web application')) server.on('/', html)
    const seen = await look(`${server.origin}${path}`)
    expect(seen).toMatchObject({ kind: 'wrong-path', first: 'mcp-answer elsewhere' })
    expect(seen.instead).toBe(`${server.origin}${real}`)
  })

  test('leads to the address that the metadata gives', async () => {
    const resource = `${server.origin}/deep/inside/mcp`
    server.on(metadataPath, { body: { resource, authorization_servers: [server.origin] } })
    expect(await look(server.origin)).toMatchObject({ kind: 'wrong-path', instead: resource })
  })

  test('does not lead to another origin because a document says so', async () => {
    server.on(metadataPath, { body: { resource: 'https://evil.acme.test/mcp' } })
    server.on('/mcp', { status: 404 })
    expect((await look(`${server.origin}/mcp`)).instead).toBeUndefined()
  })
})

describe('no MCP server', () => {
  test.each([
    ['a page', html, 'page'],
    ['a page without a type', { body: '<html></html>', headers: { 'content-type': '' } }, 'page'],
    ['JSON', { body: { hello: 'world' } }, 'foreign'],
    ['an empty 200', {}, 'foreign'],
    ['204', { status: 204 }, 'foreign'],
    ['a 400 in words', { status: 400, body: 'Bad Request' }, 'foreign'],
    ['a 415', { status: 415 }, 'foreign'],
    ['GraphQL', { body: { errors: [{ message: 'Must provide query string.' }] } }, 'foreign'],
  ] as const)('is what %s means', async (_, script, name) => {
    expect(await at(script)).toMatchObject({
      kind: 'not-mcp',
      first: `mcp-answer ${name}`,
    })
  })

  test.each([
    ['nginx', '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>'],
    ['Apache', "Reason: You're speaking plain HTTP to an SSL-enabled server port."],
    ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
  ])('is a port for TLS: %s', async (_, body) => {
    const seen = await at({ status: 400, body, headers: { 'content-type': 'text/html' } })
    expect(seen).toMatchObject({
      first: 'mcp-answer tls-port',
      instead: `${server.origin.replace('http:', 'https:')}/mcp`,
    })
  })

  test('is a port that does not speak HTTP', async () => {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.resume()
      socket.end('-ERR unknown command\r\n')
    })
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    const { port } = raw.address() as AddressInfo
    const seen = await look(`http://127.0.0.1:${String(port)}/mcp`)
    raw.close()
    expect(seen).toMatchObject({ kind: 'not-mcp', first: 'mcp-answer no-http' })
  })
})

describe('an open server', () => {
  test('is no finding', async () => {
    expect(await at(legacy)).toMatchObject({ kind: 'open', first: 'mcp-answer open' })
  })

  test('of the transport before Streamable HTTP is named as such', async () => {
    const seen = await at(
      ({ method }) =>
        method === 'GET'
          ? { headers: { 'content-type': 'text/event-stream' }, body: 'event: endpoint\n\n' }
          : { status: 405 },
      '/sse',
    )
    expect(seen).toMatchObject({ kind: 'open', first: 'mcp-answer open-sse' })
  })

  test('that publishes where to log in is graded: it should ask for a token', async () => {
    server.on(`${metadataPath}/mcp`, {
      body: { resource: `${server.origin}/mcp`, authorization_servers: [server.origin] },
    })
    expect(await at(legacy)).toMatchObject({ kind: 'graded', first: 'prm-challenge open' })
  })
})

describe('a server that cannot be reached', () => {
  test.each(['/mcp', '/realms/dev', ''])('by a closed port, at "%s"', async (path) => {
    await server.stop()
    const seen = await look(`${server.origin}${path}`)
    expect(seen).toMatchObject({ kind: 'unreachable', first: 'net-reach refused' })
    expect(seen.hint).toContain('start the server')
    await server.restart()
  })

  test.each([
    ['https://nowhere.invalid/mcp', 'dns'],
    ['http://mcp.acme.test/mcp', 'plain-http'],
    ['http://169.254.169.254/mcp', 'plain-http'],
    ['https://169.254.169.254/mcp', 'forbidden'],
  ])('%s', async (address, name) => {
    const seen = await look(address)
    expect(seen.kind).toBe('unreachable')
    // Without a network the name server is silent: both are about names.
    expect(seen.first.replace('dns-silent', 'dns')).toBe(`net-reach ${name}`)
  })

  test('by TLS: the port speaks plain HTTP', async () => {
    const seen = await look(`${server.origin.replace('http:', 'https:')}/mcp`)
    expect(seen).toMatchObject({ kind: 'unreachable', first: 'net-reach tls' })
  })

  test('by a connection that is closed', async () => {
    expect(await at({ reset: true })).toMatchObject({
      kind: 'unreachable',
      first: 'net-reach closed',
    })
  })

  test('by the time that the caller gives', async () => {
    server.on('/mcp', { until: new Promise<void>(() => undefined) })
    const signal = AbortSignal.timeout(50)
    expect(await look(`${server.origin}/mcp`, { signal })).toMatchObject({
      kind: 'unreachable',
      first: 'net-reach given-up',
    })
  })
})

test('an issuer at a path that looks like that of a server is still found', async () => {
  const issuer = `${server.origin}/tenant/mcp`
  server.on(`${asPath}/tenant/mcp`, { body: { issuer } })
  const { as, outcome } = await investigate(issuer, systemPorts())
  expect([as, outcome.kind]).toEqual(['issuer', 'graded'])
})

test('an issuer that answers 503 is undecided, although an MCP server is beside it', async () => {
  server.on(asPath, { status: 503 })
  server.on('/mcp', bearer)
  const { as, outcome, checks } = await investigate(server.origin, systemPorts())
  expect([as, outcome.kind]).toEqual(['issuer', 'graded'])
  expect(gradeOf(checks).letter).toBeUndefined()
})
