// The forms of a verdict on the real command line: one line, many tokens, JUnit, Markdown, raw, timed, followed.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import { testAudience } from '../support/tokens.ts'

const recorder = createRecorder()
let server: AuthorizationServer
let scripted: ScriptedServer
let folder: TempFolder
let tokens: Record<'good' | 'expired' | 'opaque' | 'foreign', string>
let expectation: string[]
let client: string[]

beforeAll(async () => {
  ;[server, folder, scripted] = await Promise.all([
    startAuthorizationServer(),
    makeTempFolder(),
    startScriptedServer(),
  ])
  tokens = {
    good: await server.token(),
    expired: await server.token({ expiredSecondsAgo: 312 }),
    opaque: await server.token({ format: 'opaque' }),
    foreign: await server.token({ resource: 'https://mcp.acme.test' }),
  }
  const secret = await folder.write('secret', server.clientSecret)
  expectation = ['--issuer', server.issuer, '--audience', testAudience]
  client = ['--client-id', server.clientId, '--client-secret-file', secret]
})

afterAll(() => Promise.all([server.close(), folder.remove(), scripted.close()]))

const validate = (...more: string[]) => ['validate', ...expectation, ...more]

describe('validate', () => {
  test('--quiet leaves one line', async () => {
    const { exitCode, stdout, stderr } = await recorder.run(validate('--quiet', '-'), {
      stdin: tokens.expired,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(stdout).toMatch(/^REJECTED {2}time-exp {2}Expired .*\n$/)
  })

  test('several tokens: one line each, the keys fetched once, one exit code', async () => {
    const file = await folder.write(
      'tokens',
      `# of today\n${tokens.good}\nBearer ${tokens.expired}\n\n${tokens.good}\n`,
    )
    const before = server.count('/jwks')
    const { exitCode, stdout } = await recorder.run(validate(`@${file}`))
    expect(exitCode).toBe(1)
    expect(server.count('/jwks')).toBe(before + 1)
    const [first, second, third, blank, summary] = stdout.split('\n')
    expect(first).toMatch(/^2 {2}ACCEPTED .*expires in/)
    expect(second).toMatch(/^3 {2}REJECTED .*time-exp/)
    expect(third).toMatch(/^5 {2}ACCEPTED/)
    expect([blank, summary]).toEqual(['', '3 tokens: 2 accepted, 1 rejected'])
    const quiet = await recorder.run(validate('-q', `@${file}`))
    expect(quiet.stdout.trim().split('\n')).toHaveLength(3)
    const { report } = await recorder.report('validate', validate(`@${file}`))
    expect(report).toMatchObject({
      verdict: 'rejected',
      results: [{ verdict: 'accepted' }, { problem: { code: 'time-exp' } }, { problem: null }],
    })
    const decoded = await recorder.report('validate', ['validate', '--decode-only', `@${file}`])
    expect(decoded.report).toMatchObject({ verdict: 'unverified' })
  })

  test('--lines takes every line for a token, opaque ones too', async () => {
    const args = validate(...client, '--lines', '-')
    const { exitCode, report } = await recorder.report('validate', args, {
      stdin: `${tokens.opaque}\n${tokens.good}\n`,
    })
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({ results: [{ verdict: 'accepted' }, { verdict: 'accepted' }] })
    const one = await recorder.report('validate', validate('--lines', '-'), { stdin: tokens.good })
    expect(one.report['results']).toHaveLength(1)
    const none = await recorder.report('validate', validate('--lines', '-'), { stdin: '\n' })
    expect(none).toMatchObject({ exitCode: 1, report: { problem: { code: 'in-empty' } } })
  })

  test('a proof belongs to one token', async () => {
    const { exitCode, stderr } = await recorder.run(validate('--dpop-proof', 'x', '-'), {
      stdin: `${tokens.good}\n${tokens.good}`,
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is for one token')
  })

  test('a near miss is pointed at', async () => {
    const { stdout } = await recorder.run(validate('-'), { stdin: tokens.foreign })
    expect(stdout).toMatch(/^REJECTED {2}claim-aud/)
    expect(stdout).toMatch(/near {2}differs only by the path/)
    const lines = stdout.split('\n')
    const at = lines.findIndex((line) => /^ +\^+$/.test(line))
    expect(lines[at - 2]).toMatch(/found +https:\/\/mcp\.acme\.test\S*$/)
    expect(lines[at - 1]).toMatch(/wanted https:\/\/mcp\.acme\.test\/mcp$/)
    expect(lines[at]?.trimEnd().length).toBe(lines[at - 1]?.length)
  })

  test.each([
    ['junit', /^<\?xml version="1\.0"[\s\S]*<failure message="Expired [\s\S]*<\/testsuites>\n$/],
    ['markdown', /^### REJECTED: validate token [\s\S]*\| fail \| `time-exp` \| fatal \|/],
    [
      'github',
      /^::error title=time-exp::token \w+: Expired .*%0Afix: [\s\S]*\nmcp-proxy validate: token \w+: rejected\n$/,
    ],
    ['gitlab', /^\[\n[\s\S]*"check_name": "time-exp"[\s\S]*"severity": "blocker"[\s\S]*\]\n$/],
    [
      'sarif',
      /^\{\n {2}"\$schema"[\s\S]*"version": "2\.1\.0"[\s\S]*"ruleId": "time-exp"[\s\S]*\}\n$/,
    ],
  ])('--format %s', async (format, says) => {
    const { exitCode, stdout } = await recorder.run(validate('--format', format, '-q', '-'), {
      stdin: tokens.expired,
    })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(says)
    const both = await recorder.run(validate('--format', format, '--json', '-'), {
      stdin: tokens.expired,
    })
    expect(both.exitCode).toBe(2)
  })

  describe('in a step of GitHub Actions', () => {
    const run = (summary: string, ...more: readonly string[]) =>
      recorder.run(validate(...more, '-'), {
        stdin: tokens.expired,
        env: { GITHUB_STEP_SUMMARY: summary },
      })

    test('--format github appends the report to the page of the run, and no other form does', async () => {
      const file = await folder.write('summary.md', 'of the step before\n')
      for (const more of [['--format', 'markdown'], ['--json'], []]) await run(file, ...more)
      expect(await readFile(file, 'utf8')).toBe('of the step before\n')
      const { exitCode, stdout } = await run(file, '--format', 'github')
      expect(exitCode).toBe(1)
      expect(stdout).toMatch(/^::error title=time-exp::/)
      await run(file, '--format', 'github', '-q')
      const text = await readFile(file, 'utf8')
      expect(text).toMatch(/^of the step before\n### REJECTED: validate token /)
      expect(text.match(/^### REJECTED/gm)).toHaveLength(2)
      expect(text).toContain('| fail | `time-exp` | fatal |')
    })

    test('a page that cannot be written is a warning, and the verdict stays', async () => {
      const { exitCode, stdout, stderr } = await run(folder.path, '--format', 'github')
      expect(exitCode).toBe(1)
      expect(stdout).toMatch(/^::error title=time-exp::/)
      expect(stderr).toContain(
        'the summary of the run was not written (GITHUB_STEP_SUMMARY): it is',
      )
    })
  })

  test('--follow-iss tells of the issuer that the token is really from', async () => {
    // The keys of another issuer that serves the metadata of its own.
    scripted.on('/.well-known/oauth-authorization-server', {
      body: { issuer: scripted.origin, jwks_uri: `${scripted.origin}/jwks` },
    })
    scripted.on('/jwks', { body: { keys: [] } })
    const args = ['validate', '--issuer', scripted.origin, '--audience', testAudience]
    const asked = { stdin: tokens.good }
    const { report } = await recorder.report('validate', [...args, '--follow-iss', '-'], asked)
    expect(report).toMatchObject({ verdict: 'rejected', problem: { code: 'claim-iss' } })
    expect(report['checks']).toContainEqual(
      expect.objectContaining({ id: 'sig-wrong-authority', status: 'warn' }),
    )
    const { stdout } = await recorder.run([...args, '--follow-iss', '-'], asked)
    expect(stdout).toMatch(/^REJECTED {2}claim-iss[\s\S]*? {2}cause Verifies against http/)
    const before = server.count('/jwks')
    const without = await recorder.run([...args, '-'], asked)
    expect(without.stdout).not.toContain('sig-wrong-authority')
    expect(server.count('/jwks')).toBe(before)
  })

  test('what the provider is known for stands under the finding, and changes nothing', async () => {
    const issuer = `${scripted.origin}/realms/dev`
    const endpoint = `${issuer}/protocol/openid-connect/token/introspect`
    scripted.on(new URL(endpoint).pathname, {
      body: { active: true, iss: issuer, exp: Math.floor(Date.now() / 1000) + 60 },
    })
    const args = ['validate', '--issuer', issuer, '--audience', testAudience]
    const more = ['--strategy', 'introspection', '--introspection-endpoint', endpoint, ...client]
    const { exitCode, report } = await recorder.report('validate', [...args, ...more, '-'], {
      stdin: tokens.opaque,
    })
    expect(exitCode).toBe(1)
    expect(report['problem']).toMatchObject({ code: 'intro-aud' })
    expect(report['hints']).toContainEqual(
      expect.objectContaining({ provider: 'Keycloak', check: 'intro-aud' }),
    )
    const { stdout } = await recorder.run([...args, ...more, '-'], { stdin: tokens.opaque })
    expect(stdout).toMatch(/^REJECTED {2}intro-aud[^\n]*\n {2}fix [^\n]*\n {2}hint {2}Keycloak: /)
  })
})

describe('introspect', () => {
  const introspect = (...more: string[]) => ['introspect', ...expectation, ...client, ...more, '-']

  test('--raw prints the answer and nothing else', async () => {
    const { exitCode, stdout, stderr } = await recorder.run(introspect('--raw'), {
      stdin: tokens.opaque,
    })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ active: true, aud: testAudience })
    expect(stderr).toMatch(/^ACCEPTED/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('--raw keeps back what would be a credential, and says so', async () => {
    scripted.on('/echo', ({ body }) => ({
      body: { active: false, asked: new URLSearchParams(body).get('token'), password: 'canary-pw' },
    }))
    const args = introspect('--raw', '--introspection-endpoint', `${scripted.origin}/echo`)
    const { stdout, stderr } = await recorder.run(args, { stdin: tokens.opaque })
    expect(JSON.parse(stdout)).toMatchObject({ active: false })
    expect(stdout).not.toContain('canary-pw')
    expect(stderr).toContain('not shown')
  })

  test('--raw without an answer: nothing on stdout, and exit 3', async () => {
    const args = introspect('--raw', '--introspection-endpoint', 'http://127.0.0.1:9/introspect')
    const { exitCode, stdout, stderr } = await recorder.run(args, { stdin: tokens.opaque })
    expect({ exitCode, stdout: stdout.trim() }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toMatch(/intro-reach/)
  })

  test('--count asks so often and tells the times, --probe tries without credentials', async () => {
    const before = server.count('/token/introspection')
    const { exitCode, report } = await recorder.report(
      'introspect',
      introspect('--count', '3', '--probe'),
      { stdin: tokens.opaque },
    )
    expect(exitCode).toBe(0)
    expect(server.count('/token/introspection')).toBe(before + 4)
    expect(report['latency']).toMatchObject({ calls: 3, answered: 3 })
    const ids = (report['checks'] as unknown as { id: string; status: string }[]).map(
      ({ id, status }) => `${id} ${status}`,
    )
    expect(ids).toContain('intro-open pass')
    expect(ids.some((id) => id.startsWith('intro-latency'))).toBe(true)
    const { stdout } = await recorder.run(introspect('--count', '2'), { stdin: tokens.opaque })
    expect(stdout).toMatch(/time {2}median \d+ ms, worst \d+ ms, 2 of 2 calls answered/)
  })

  test('an endpoint that answers anybody is told of', async () => {
    scripted.on('/open', { body: { active: false } })
    const args = introspect('--probe', '--introspection-endpoint', `${scripted.origin}/open`)
    const { report } = await recorder.report('introspect', args, { stdin: tokens.opaque })
    expect(report['checks']).toContainEqual(
      expect.objectContaining({ id: 'intro-open', status: 'warn' }),
    )
  })
})

describe('discover', () => {
  test('--format junit fails exactly where the command does', async () => {
    const args = ['discover', server.issuer, '--fail-on', 'low']
    const { exitCode, stdout } = await recorder.run([...args, '--format', 'junit'])
    expect(stdout).toMatch(/<testcase classname="key-set\.\w+" name="jwks-/)
    expect(/ failures="0" errors="0"/.test(stdout)).toBe(exitCode === 0)
  })

  test('--format markdown', async () => {
    const { stdout } = await recorder.run(['discover', server.issuer, '--format', 'markdown'])
    expect(stdout).toMatch(/^### (?:CLEAN|FINDINGS): discover http/)
  })

  test('--quiet leaves one line', async () => {
    const { stdout } = await recorder.run(['discover', server.issuer, '--quiet'])
    expect(stdout).toMatch(/^(?:CLEAN|FINDINGS) .*\n$/)
  })
})

// The last test on purpose: it reads what all the others made the command write.
test('no run repeated a token or a secret', () => {
  const written = recorder.written()
  for (const secret of [...Object.values(tokens), server.clientSecret]) {
    expect(written).not.toContain(secret)
    expect(written).not.toContain(secret.slice(0, 30))
  }
})
