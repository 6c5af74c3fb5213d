// What a person has in hand is enough: a token alone, or a token and the URL of an MCP server, against real servers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { startTestProxy, type TestProxy } from '../support/proxy.ts'
import { createRecorder } from '../support/reports.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintEncrypted,
  mintToken,
  testAudience,
  testKey,
  type Members,
} from '../support/tokens.ts'

const recorder = createRecorder()
let server: AuthorizationServer
/** An MCP server that expects tokens of that authorization server: a proxy of ours. */
let proxy: TestProxy
/** An authorization server that says what a test wants. */
let scripted: ScriptedServer
let folder: TempFolder

beforeAll(async () => {
  ;[server, folder, scripted] = await Promise.all([
    startAuthorizationServer(),
    makeTempFolder(),
    startScriptedServer(),
  ])
  proxy = await startTestProxy([scriptedBackend('files')], {
    config: {
      auth: {
        type: 'oauth',
        issuer: server.issuer,
        audience: testAudience,
        required_scopes: ['mcp:read'],
      },
    },
  })
  const { origin } = scripted
  scripted.on('/.well-known/oauth-authorization-server', {
    body: { issuer: origin, jwks_uri: `${origin}/jwks` },
  })
  scripted.on('/jwks', { body: jwksOf(await testKey()) })
})

afterAll(() => Promise.all([server.close(), proxy.close(), scripted.close(), folder.remove()]))

const minted = async (claims: Members = {}) =>
  mintToken(
    await testKey(),
    goodClaims({ iss: scripted.origin, ...claims }, Math.floor(Date.now() / 1000)),
  )

const alone = (token: string, ...more: readonly string[]) =>
  recorder.report('validate', ['validate', ...more, '-'], { stdin: token, cwd: folder.path })

describe('a token alone', () => {
  test('is verified by the keys of its own issuer, and the missing expectation is named', async () => {
    const token = await server.token()
    const { exitCode, stdout, stderr } = await recorder.run(['validate', '-'], {
      stdin: token,
      cwd: folder.path,
    })
    const [first, second] = stdout.split('\n')
    expect(first).toMatch(/^ACCEPTED {2}expires in .*, not judged for an audience$/)
    expect(second).toContain(`meant for "${testAudience}"`)
    expect(second).toContain('--audience')
    expect(second).toContain('--for')
    expect(stderr).toContain(`the issuer is the one that the token names: ${server.issuer}`)
    // What serve would answer depends on an audience.
    expect(stdout).not.toContain('serve answers')
    expect(exitCode).toBe(0)
  })

  test('reports the same to a program', async () => {
    const { exitCode, report } = await alone(await server.token())
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'accepted',
      expected: { from: 'token', issuer: server.issuer, audience: [], server: null, config: null },
      meant_for: [testAudience],
      audience_judged: false,
    })
    const checks = report['checks'] as unknown as { id: string; status: string; message: string }[]
    expect(checks.find(({ id }) => id === 'claim-aud')).toMatchObject({ status: 'skip' })
    expect(checks.find(({ id }) => id === 'sig-verify')).toMatchObject({ status: 'pass' })
    expect(JSON.stringify(checks)).toContain('--audience')
  })

  test('that has expired says so at once', async () => {
    const { exitCode, report } = await alone(await server.token({ expiredSecondsAgo: 312 }))
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({ problem: { code: 'time-exp' }, audience_judged: false })
  })

  test('with another signature is refused', async () => {
    const token = await server.token()
    const { exitCode, report } = await alone(`${token.slice(0, -8)}AAAAAAAA`)
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({ problem: { code: 'sig-verify' } })
  })

  test.each([
    ['an ID token', { token_use: 'id' }, 'claim-token-kind'],
    ['a token that never expires', { exp: undefined }, 'time-exp-missing'],
    ['a token of tomorrow', { nbf: 4_102_444_800, exp: 4_102_448_400 }, 'time-nbf'],
    ['a token without an audience', { aud: undefined }, undefined],
    ['a token for several', { aud: ['https://a.example', 'https://b.example'] }, undefined],
  ] as const)('%s is judged in all the rest', async (_, claims, code) => {
    const { report } = await alone(await minted(claims))
    const problem = report['problem'] as unknown as { readonly code: string } | null
    expect(problem?.code).toBe(code)
  })

  test('is held to the audience that is given, and to nothing else', async () => {
    const good = await alone(await minted(), '--audience', testAudience)
    expect(good).toMatchObject({ exitCode: 0, report: { audience_judged: true } })
    const other = await alone(await minted(), '--audience', 'https://other.example')
    expect(other).toMatchObject({ exitCode: 1, report: { problem: { code: 'claim-aud' } } })
  })

  test('is held to the issuer that is given', async () => {
    const { exitCode, report } = await alone(await minted(), '--issuer', server.issuer)
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({
      problem: { code: 'claim-iss' },
      expected: { from: 'flags' },
      audience_judged: false,
    })
  })

  test('each of several is judged by its own issuer', async () => {
    const { report } = await alone([await minted(), await server.token()].join('\n'), '--lines')
    const results = report['results'] as unknown as { verdict: string }[]
    expect(results.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted'])
  })

  test.each([
    ['an opaque token', () => 'an-opaque-token', 'it is opaque'],
    ['a GitHub token', () => `ghp_${'aB3dE6gH9j'.repeat(4)}`, 'GitHub personal access token'],
    ['an encrypted token', () => mintEncrypted(), 'it is encrypted'],
    ['a token whose issuer is not a URL', () => minted({ iss: 'acme' }), 'its iss is not a URL'],
  ])('%s says what it lacks: exit 2', async (_, token, words) => {
    const text = await token()
    const { exitCode, stdout, stderr } = await recorder.run(['validate', '-'], {
      stdin: text,
      cwd: folder.path,
    })
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('--issuer')
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(words)
    expect(stderr).not.toContain(text.slice(-12))
  })

  test('a file that is not there is said before anything else', async () => {
    const { exitCode, stderr } = await recorder.run(['validate', '@nowhere'], { cwd: folder.path })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('no such file')
    expect(stderr).not.toContain('issuer')
  })

  test.each(['https://10.0.0.5/realms/dev', 'https://169.254.169.254'])(
    'does not make us ask %s',
    async (iss) => {
      const { exitCode, report } = await alone(await minted({ iss }))
      expect(exitCode).toBe(3)
      expect(report).toMatchObject({ problem: { code: 'jwks-fetch', case: 'no-metadata' } })
      expect(JSON.stringify(report)).toMatch(
        /is a (?:private|link-local or cloud metadata) address/,
      )
    },
  )

  test('does not make us ask in the clear', async () => {
    const { exitCode, stderr } = await recorder.run(['validate', '-'], {
      stdin: await minted({ iss: 'http://id.example.com' }),
      cwd: folder.path,
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--issuer: cannot be used')
  })
})

describe('a token and the URL of an MCP server', () => {
  const held = (token: string, ...more: readonly string[]) =>
    alone(token, '--for', `${proxy.origin}/mcp`, ...more)

  test('issuer, audience and scopes are those that the server publishes', async () => {
    const { exitCode, report } = await held(await server.token({ resource: testAudience }))
    expect(report).toMatchObject({
      expected: {
        from: 'server',
        server: `${proxy.origin}/mcp`,
        issuer: server.issuer,
        required_scopes: ['mcp:read'],
      },
      audience_judged: true,
    })
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({ problem: { code: 'claim-aud' } })
  })

  test('flags count more than the server', async () => {
    const { exitCode, report } = await held(
      await server.token({ scope: 'mcp:read' }),
      '--audience',
      testAudience,
    )
    expect(report).toMatchObject({ problem: null, expected: { audience: [testAudience] } })
    expect(exitCode).toBe(0)
  })

  test('a scope that the challenge asks for is missing', async () => {
    const token = await server.token({ scope: 'mcp:call' })
    const { exitCode, report } = await held(token, '--audience', testAudience)
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({ problem: { code: 'claim-scope' } })
  })

  test('introspect takes them too', async () => {
    const secret = await folder.write('secret', server.clientSecret)
    const { exitCode, report } = await recorder.report(
      'introspect',
      [
        'introspect',
        '--for',
        `${proxy.origin}/mcp`,
        '--audience',
        testAudience,
        '--client-id',
        server.clientId,
        '--client-secret-file',
        secret,
        '-',
      ],
      { stdin: await server.token({ format: 'opaque', scope: 'mcp:read' }), cwd: folder.path },
    )
    expect(report).toMatchObject({
      verdict: 'accepted',
      expected: { from: 'server', issuer: server.issuer },
    })
    expect(exitCode).toBe(0)
  })

  test('a server that names no authorization server is said to be one', async () => {
    scripted.on('/open', { body: { hello: 'world' } })
    const { exitCode, stderr } = await recorder.run(
      ['validate', '-', '--for', `${scripted.origin}/open`],
      { stdin: await minted(), cwd: folder.path },
    )
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(scripted.origin)
  })

  test('a configuration beside it is refused', async () => {
    const { exitCode } = await recorder.run(
      ['validate', '-', '--for', `${proxy.origin}/mcp`, '--config', 'x.toml'],
      { stdin: 'x', cwd: folder.path },
    )
    expect(exitCode).toBe(2)
  })
})
