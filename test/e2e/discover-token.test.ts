// `discover --token`: a token that real and scripted MCP servers are shown, and whether they and their metadata agree.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { startTestProxy, type TestProxy } from '../support/proxy.ts'
import { createRecorder } from '../support/reports.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
  type SeenRequest,
} from '../support/scripted-server.ts'

const recorder = createRecorder()
let issuer: AuthorizationServer
let folder: TempFolder
/** Judges as it publishes. */
let honest: TestProxy
let scripted: ScriptedServer

const protectedBy = (audience?: string) =>
  startTestProxy([scriptedBackend('files')], {
    config: {
      auth: {
        type: 'oauth',
        issuer: issuer.issuer,
        required_scopes: ['mcp:read'],
        ...(audience === undefined ? {} : { audience }),
      },
    },
  })

beforeAll(async () => {
  ;[issuer, folder, scripted] = await Promise.all([
    startAuthorizationServer(),
    makeTempFolder(),
    startScriptedServer(),
  ])
  honest = await protectedBy()
  scripted.on('/.well-known/oauth-protected-resource/mcp', {
    body: { resource: `${scripted.origin}/mcp`, authorization_servers: [issuer.issuer] },
  })
})

afterAll(() => Promise.all([issuer?.close(), honest?.close(), scripted?.close(), folder?.remove()]))

const shown = (url: string, token: string, ...more: readonly string[]) =>
  recorder.report('discover', ['discover', url, '--token', '-', ...more], {
    stdin: token,
    cwd: folder.path,
  })

const scope = 'mcp:read'
const honestUrl = () => `${honest.origin}/mcp`
const tokenFor = (resource: string, more: object = {}) => issuer.token({ resource, scope, ...more })

const greeting = ({ body }: SeenRequest): ScriptedAnswer => {
  const { method = '', id } = JSON.parse(body || '{}') as { method?: string; id?: number }
  const results: Record<string, object> = {
    initialize: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x' } },
    'tools/list': { tools: [] },
  }
  const result = results[method]
  return result === undefined
    ? { status: 404, body: { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } } }
    : { body: { jsonrpc: '2.0', id, result } }
}

/** A server that asks for a token, and answers one as the test wants. */
const scriptedMcp = (answer: (request: SeenRequest) => ScriptedAnswer): string => {
  scripted.on('/mcp', (request) => {
    if (request.headers.authorization !== undefined) return answer(request)
    const metadata = `${scripted.origin}/.well-known/oauth-protected-resource/mcp`
    const challenge = `Bearer resource_metadata="${metadata}", scope="mcp:read"`
    return { status: 401, headers: { 'www-authenticate': challenge } }
  })
  return `${scripted.origin}/mcp`
}

describe('a server that judges as it publishes', () => {
  test('accepts a good token, and so do we: exit 0', async () => {
    const { exitCode, report } = await shown(honestUrl(), await tokenFor(honestUrl()))
    expect(report['token']).toMatchObject({
      agreement: 'accepted',
      verdict: 'accepted',
      problem: null,
      server: { outcome: 'accepted', asked: 'tools/list', status: 200 },
      ours: {
        verdict: 'accepted',
        expected: { issuer: issuer.issuer, audience: [honestUrl()], required_scopes: ['mcp:read'] },
      },
    })
    expect(exitCode).toBe(0)
  })

  test('refuses an expired token for the cause that we see: exit 1', async () => {
    const token = await tokenFor(honestUrl(), { expiredSecondsAgo: 312 })
    const { exitCode, report } = await shown(honestUrl(), token)
    expect(report).toMatchObject({ verdict: 'findings', grade: { letter: 'A' } })
    expect(report['token']).toMatchObject({
      agreement: 'refused',
      same_cause: true,
      problem: { code: 'time-exp' },
      server: { outcome: 'refused', status: 401, error: 'invalid_token' },
      next: `mcp-proxy login ${honestUrl()}`,
    })
    expect(exitCode).toBe(1)
  })

  test('says both in its first lines, and the grade of the server after them', async () => {
    const token = await tokenFor(honestUrl(), { expiredSecondsAgo: 312 })
    const file = await folder.write('expired.token', token)
    const { stdout, exitCode } = await recorder.run(
      ['discover', honestUrl(), '--token', `@${file}`],
      { cwd: folder.path },
    )
    expect(stdout).toMatch(/^REFUSED BY BOTH {2}time-exp {2}Expired/)
    expect(stdout).toMatch(/^ {2}server {2}refused: 401 to .*\(the same cause\)$/m)
    expect(stdout).toMatch(/^ {2}we {6}rejected: time-exp/m)
    expect(stdout).toContain('Grade A  nothing that would stop a client')
    expect(stdout).toContain('With the token')
    expect(exitCode).toBe(1)
  })

  test('the token may come from MCP_PROXY_TOKEN, and only where it is asked for', async () => {
    const token = await tokenFor(honestUrl())
    const invocation = { cwd: folder.path, env: { MCP_PROXY_TOKEN: token } }
    const asked = await recorder.report(
      'discover',
      ['discover', honestUrl(), '--token', 'env'],
      invocation,
    )
    expect(asked.report['token']).toMatchObject({
      agreement: 'accepted',
      source: 'MCP_PROXY_TOKEN',
    })
    const url = scriptedMcp(greeting)
    const before = scripted.requests.length
    const plain = await recorder.report('discover', ['discover', url], invocation)
    expect(plain.report['token']).toBe(null)
    const brought = scripted.requests
      .slice(before)
      .filter(({ headers }) => headers.authorization !== undefined)
    expect(brought).toEqual([])
  })

  test('a token in the arguments is taken with a warning', async () => {
    const { stderr, exitCode } = await recorder.run(
      ['discover', honestUrl(), '--token', await tokenFor(honestUrl())],
      { cwd: folder.path },
    )
    expect(stderr).toContain('warning')
    expect(exitCode).toBe(0)
  })
})

test('a server that accepts a token for another resource is found out', async () => {
  const other = 'https://other.example.com/mcp'
  const lax = await protectedBy(other)
  try {
    const { exitCode, report } = await shown(`${lax.origin}/mcp`, await tokenFor(other))
    expect(report['token']).toMatchObject({
      agreement: 'server-accepts',
      problem: { code: 'mcp-token', case: 'audience' },
      server: { outcome: 'accepted' },
      ours: { verdict: 'rejected', problem: { code: 'claim-aud' } },
    })
    expect(report['findings']).toContain('mcp-token')
    expect(exitCode).toBe(1)
  } finally {
    await lax.close()
  }
})

test('a signature that nobody verifies makes an F', async () => {
  const url = scriptedMcp(greeting)
  const token = await tokenFor(url)
  const { report } = await shown(url, `${token.slice(0, -8)}AAAAAAAA`)
  expect(report).toMatchObject({ grade: { letter: 'F', decided_by: ['mcp-token'] } })
  expect(report['token']).toMatchObject({ problem: { case: 'signature' } })
})

test('a server that refuses what its metadata calls good is quoted, without the token', async () => {
  const url = scriptedMcp(({ headers }) => ({
    status: 401,
    headers: {
      'www-authenticate': `Bearer error="invalid_token", error_description="not mine: ${String(headers.authorization).slice(7)}"`,
    },
    body: { message: 'key \u001b[31mrotated', token: headers.authorization },
  }))
  const token = await tokenFor(url)
  const { exitCode, report } = await shown(url, token)
  expect(report['token']).toMatchObject({
    agreement: 'server-refuses',
    problem: { code: 'mcp-token', case: 'refuses' },
    server: {
      error: 'invalid_token',
      error_description: 'not mine: [secret]',
      words: 'key \\u001b[31mrotated',
    },
    ours: { verdict: 'accepted' },
  })
  expect(exitCode).toBe(1)
  expect(JSON.stringify(report)).not.toContain(token.slice(-30))
})

test('a server that greets everybody and refuses the token at the list is one that refuses', async () => {
  const url = scriptedMcp((request) =>
    request.body.includes('tools/list')
      ? { status: 403, body: { error: 'insufficient_scope', error_description: 'mcp:admin' } }
      : greeting(request),
  )
  const { exitCode, report } = await shown(url, await tokenFor(url))
  expect(report['token']).toMatchObject({
    agreement: 'server-refuses',
    problem: { case: 'forbidden' },
    server: { asked: 'tools/list', status: 403, error: 'insufficient_scope' },
  })
  expect(exitCode).toBe(1)
})

test.each([
  [200, 'accepted', 0],
  [401, 'refused', 1],
] as const)('an opaque token is judged by the server alone (%d)', async (status, outcome, code) => {
  const url = scriptedMcp((request) => (status === 200 ? greeting(request) : { status }))
  const { exitCode, report } = await shown(url, 'an-opaque-token-of-somebody')
  expect(report['token']).toMatchObject({
    agreement: 'unjudged',
    server: { outcome },
    ours: { verdict: null, because: expect.stringContaining('opaque') as string },
  })
  expect(exitCode).toBe(code)
})

test('a server in trouble has said nothing about the token: exit 3', async () => {
  const url = scriptedMcp(() => ({ status: 503 }))
  const { exitCode, report } = await shown(url, await tokenFor(url))
  expect(report['token']).toMatchObject({ agreement: 'undecided' })
  expect(exitCode).toBe(3)
})

test('an open server is said to be one, whatever it answers to the token', async () => {
  const open = await startScriptedServer()
  open.on('/mcp', greeting)
  try {
    const url = `${open.origin}/mcp`
    const { exitCode, report } = await shown(url, await tokenFor(url))
    expect(report['token']).toMatchObject({ agreement: 'open', verdict: 'accepted' })
    expect(exitCode).toBe(0)
  } finally {
    await open.close()
  }
})

test('a token is shown to nobody where no MCP server was found', async () => {
  const { exitCode, report } = await shown(
    `${scripted.origin}/nowhere`,
    await tokenFor('https://x'),
  )
  expect(report['token']).toMatchObject({ agreement: 'not-shown', server: null })
  expect(exitCode).not.toBe(0)
})

test.each([
  [['--as', 'issuer'], 'A token is shown to an MCP server'],
  [['--watch', '5'], '--watch'],
  [['--store', 'x'], '--store'],
])('a token beside %j is refused: exit 2', async (flags, words) => {
  const { exitCode, stderr } = await recorder.run(
    ['discover', honestUrl(), '--token', '-', ...flags],
    { stdin: 'x', cwd: folder.path },
  )
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)])
})

test('a token never goes over plain http beyond this machine', async () => {
  const { exitCode, stderr } = await recorder.run(
    ['discover', 'http://mcp.example.com/mcp', '--token', '-'],
    { stdin: 'x', cwd: folder.path },
  )
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('in the clear')])
})

test('--save keeps the exchange, and nothing of the token', async () => {
  const token = await tokenFor(honestUrl())
  await shown(honestUrl(), token, '--save', 'exchange')
  const { readdir, readFile } = await import('node:fs/promises')
  const names = await readdir(`${folder.path}/exchange`)
  const texts = await Promise.all(
    names.map((name) => readFile(`${folder.path}/exchange/${name}`, 'utf8')),
  )
  expect(texts.join('\n')).toContain('"token"')
  expect(texts.filter((text) => text.includes(token.slice(-30)))).toEqual([])
})
