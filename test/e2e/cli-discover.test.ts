// `discover` against real and scripted servers on loopback.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { createRecorder } from '../support/reports.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const recorder = createRecorder()
let issuer: AuthorizationServer
let resource: ScriptedServer

const challenge = (metadata: string) => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer resource_metadata="${metadata}"` },
})

beforeAll(async () => {
  ;[issuer, resource] = await Promise.all([startAuthorizationServer(), startScriptedServer()])
  const metadata = '/.well-known/oauth-protected-resource/mcp'
  resource.on('/mcp', challenge(`${resource.origin}${metadata}`))
  resource.on(metadata, {
    body: { resource: `${resource.origin}/mcp`, authorization_servers: [issuer.issuer] },
  })
})

afterAll(async () => {
  await Promise.all([issuer.close(), resource.close()])
})

test('an issuer: the attempts, the metadata, the keys; exit 0', async () => {
  const { exitCode, report } = await recorder.report('discover', ['discover', issuer.issuer])
  expect(exitCode).toBe(0)
  expect(report).toMatchObject({
    verdict: 'clean',
    as: 'issuer',
    resource: null,
    authorization_server: { issuer: issuer.issuer, form: 'oauth', from: 'argument' },
    key_set: { url: issuer.jwksUri, usable: 2 },
  })
  expect(report['attempts']).toMatchObject([
    { step: 'authorization-server', status: 200, used: true },
    { step: 'authorization-server', status: 200, used: false },
    { step: 'key-set', status: 200, used: true },
  ])
  expect(report['next']).toBe(`mcp-proxy init ${issuer.issuer}`)
})

test('an MCP server leads to its issuer', async () => {
  const { exitCode, report } = await recorder.report('discover', [
    'discover',
    `${resource.origin}/mcp`,
  ])
  expect(exitCode).toBe(0)
  expect(report).toMatchObject({
    as: 'mcp',
    resource: { status: 401, challenge: { scheme: 'bearer' } },
    authorization_server: { issuer: issuer.issuer, from: 'authorization_servers' },
  })
  const { stdout } = await recorder.run(['discover', `${resource.origin}/mcp`])
  expect(stdout).toMatch(
    /MCP server[\s\S]*Resource metadata[\s\S]*Authorization server[\s\S]*Key set/,
  )
})

test('--fail-on decides what counts', async () => {
  const { exitCode, report } = await recorder.report('discover', [
    'discover',
    '--fail-on',
    'low',
    issuer.issuer,
  ])
  expect({ exitCode, verdict: report['verdict'] }).toEqual({ exitCode: 1, verdict: 'findings' })
})

test('a foreign issuer in the document: exit 1, asm-issuer named', async () => {
  const server = await startScriptedServer({
    '/.well-known/oauth-authorization-server': { body: { issuer: 'https://other.example' } },
  })
  try {
    const { exitCode, stdout } = await recorder.run(['discover', server.origin])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^Grade F {2}asm-issuer {2}/)
    expect(stdout).toMatch(/x FATAL {2}asm-issuer/)
    expect(stdout).toMatch(/^Grade F .*next: mcp-proxy explain asm-issuer$/m)
    expect(stdout).toContain('https://other.example')
  } finally {
    await server.close()
  }
})

test('a closed port: exit 3, with the cause', async () => {
  const server = await startScriptedServer()
  await server.close()
  for (const address of [server.origin, `${server.origin}/mcp`]) {
    const { exitCode, report } = await recorder.report('discover', ['discover', address])
    expect({ exitCode, verdict: report['verdict'] }).toEqual({ exitCode: 3, verdict: 'undecided' })
    const { stdout } = await recorder.run(['discover', address])
    expect(stdout).toMatch(/^UNREACHABLE {2}net-reach {2}127\.0\.0\.1:\d+: connection refused/)
    expect(stdout).toMatch(/^ {2}fix {3}start the server, or correct the port/m)
    expect(stdout).not.toContain('MCP readiness')
    expect(stdout).toMatch(/^UNREACHABLE .* next: mcp-proxy explain net-reach$/m)
    expect(report['outcome']).toMatchObject({ kind: 'unreachable', case: 'refused' })
    expect(report['grade']).toMatchObject({ letter: null, at_best: 'A' })
  }
})

test('an issuer that answers with errors is undecided, one that answers 404 is not', async () => {
  const server = await startScriptedServer({
    '/.well-known/oauth-authorization-server': { status: 503 },
    '/.well-known/openid-configuration': { status: 503 },
  })
  try {
    expect((await recorder.run(['discover', server.origin])).exitCode).toBe(3)
    expect((await recorder.run(['discover', `${server.origin}/none`])).exitCode).toBe(1)
  } finally {
    await server.close()
  }
})

test('what is known already is a finding although something else did not answer', async () => {
  const server = await startScriptedServer()
  server.on('/.well-known/oauth-authorization-server', {
    body: { issuer: server.origin, jwks_uri: `${server.origin}/jwks`, token_endpoint: 'x' },
  })
  server.on('/jwks', { status: 503 })
  try {
    const { exitCode, report } = await recorder.report('discover', ['discover', server.origin])
    expect({ exitCode, verdict: report['verdict'] }).toEqual({ exitCode: 1, verdict: 'findings' })
    expect(report['grade']).toMatchObject({ letter: 'F' })
    const { stdout } = await recorder.run(['discover', server.origin, '--format', 'junit'])
    expect(stdout).toMatch(/name="jwks-fetch">\s*<error/)
  } finally {
    await server.close()
  }
})

test('an address that a shell would take apart is quoted in the next command', async () => {
  const metadata = "/.well-known/oauth-authorization-server/a&b='c'"
  const server = await startScriptedServer({ [metadata]: { status: 503 } })
  try {
    const address = `${server.origin}/a&b='c'`
    const { report } = await recorder.report('discover', ['discover', address, '--as', 'issuer'])
    expect(report['next']).toBe(`mcp-proxy discover '${server.origin}/a&b='\\''c'\\'''`)
  } finally {
    await server.close()
  }
})

test('control characters of a remote document do not reach the terminal', async () => {
  const server = await startScriptedServer()
  server.on('/.well-known/oauth-authorization-server', {
    body: {
      issuer: server.origin,
      jwks_uri: `${server.origin}/jwks`,
      scopes_supported: ['\u001b[2Jevil', 'a\u202eb'],
      token_endpoint: `${server.origin}/\u0007`,
    },
  })
  server.on('/jwks', { body: { keys: [{ kty: 'RSA', kid: '\u001b]0;title\u0007' }] } })
  try {
    const { stdout } = await recorder.run(['discover', server.origin])
    // oxlint-disable-next-line no-control-regex -- finding them is the point
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(stdout).toContain('\\u001b[2Jevil')
  } finally {
    await server.close()
  }
})
