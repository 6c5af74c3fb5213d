// `validate` and `introspect` as a person and a script run them, against a real authorization server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { testAudience } from '../support/tokens.ts'

const recorder = createRecorder()
let server: AuthorizationServer
let folder: TempFolder
let tokens: { good: string; expired: string; opaque: string; revoked: string }
let expectation: string[]
let client: string[]

beforeAll(async () => {
  ;[server, folder] = await Promise.all([startAuthorizationServer(), makeTempFolder()])
  tokens = {
    good: await server.token(),
    expired: await server.token({ expiredSecondsAgo: 312 }),
    opaque: await server.token({ format: 'opaque' }),
    revoked: await server.token({ format: 'opaque' }),
  }
  await server.revoke(tokens.revoked)
  const secret = await folder.write('secret', `${server.clientSecret}\n`)
  expectation = ['--issuer', server.issuer, '--audience', testAudience]
  client = ['--client-id', server.clientId, '--client-secret-file', secret]
})

afterAll(async () => {
  await Promise.all([server.close(), folder.remove()])
})

describe('verdicts', () => {
  test('a good token: exit 0', async () => {
    const { exitCode, stdout, stderr } = await recorder.run(['validate', ...expectation, '-'], {
      stdin: `${tokens.good}\n`,
    })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^ACCEPTED {2}expires in /)
    expect(exitCode).toBe(0)
  })

  test('an expired token: exit 1, the cause first, its age, and what serve answers', async () => {
    const { exitCode, stdout } = await recorder.run(['validate', ...expectation, '-'], {
      stdin: tokens.expired,
    })
    expect(exitCode).toBe(1)
    expect(stdout.split('\n')[0]).toMatch(/^REJECTED {2}time-exp {2}.*5m \d+s ago/)
    expect(stdout).toMatch(/serve answers {2}401 .*error="invalid_token".*time-exp/)
  })

  test('reports conform to the schema, whatever the verdict', async () => {
    const runs = [
      [tokens.good, [], 0, 'accepted'],
      [tokens.expired, [], 1, 'rejected'],
      [tokens.opaque, [], 1, 'rejected'],
      [tokens.opaque, client, 0, 'accepted'],
      [tokens.revoked, client, 1, 'rejected'],
      [`"Bearer ${tokens.good}"`, [], 0, 'accepted'],
      ['', [], 1, 'rejected'],
      ['$TOKEN', [], 1, 'rejected'],
      ['one two', [], 1, 'rejected'],
      [`${tokens.good}x`, [], 1, 'rejected'],
    ] as const
    for (const [token, more, exit, verdict] of runs) {
      const { exitCode, report } = await recorder.report(
        'validate',
        ['validate', ...expectation, ...more, '-'],
        { stdin: token },
      )
      expect({ token: token.slice(0, 4), exitCode, verdict: report['verdict'] }).toEqual({
        token: token.slice(0, 4),
        exitCode: exit,
        verdict,
      })
    }
  })

  test('--now judges as of another time and says so', async () => {
    const later = new Date(Date.now() + 7_200_000).toISOString()
    const args = ['validate', ...expectation, '--now', later, '-']
    const { exitCode, stdout } = await recorder.run(args, { stdin: tokens.good })
    expect(exitCode).toBe(1)
    expect(stdout).toContain('time-exp')
    expect(stdout).toContain('--now')
  })

  test('a required scope that is missing: 403 with the scope in the challenge', async () => {
    const { exitCode, report } = await recorder.report(
      'validate',
      ['validate', ...expectation, '--require-scope', 'admin', '-'],
      { stdin: tokens.good },
    )
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({
      problem: { code: 'claim-scope' },
      http: { status: 403, challenge: expect.stringContaining('scope="admin"') as string },
    })
  })

  test('nobody answers: exit 3, and what serve answers is 503', async () => {
    const closed = await startScriptedServer()
    await closed.close()
    const endpoint = ['--introspection-endpoint', `${closed.origin}/introspect`]
    const { exitCode, report } = await recorder.report(
      'validate',
      ['validate', ...expectation, ...client, ...endpoint, '-'],
      { stdin: tokens.opaque },
    )
    expect(exitCode).toBe(3)
    expect(report).toMatchObject({
      verdict: 'undecided',
      problem: { code: 'intro-reach' },
      http: { status: 503, challenge: null },
    })
    expect(report['attempts']).toContainEqual(
      expect.objectContaining({ url: endpoint[1], status: null, error: 'ECONNREFUSED' }),
    )
  })

  test('--decode-only says UNVERIFIED on each line and asks nobody', async () => {
    const before = server.count('/jwks')
    const { exitCode, stdout } = await recorder.run(['validate', '--decode-only', '-'], {
      stdin: tokens.expired,
    })
    expect(exitCode).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect(line).toMatch(/^UNVERIFIED/)
    expect(server.count('/jwks')).toBe(before)
    const { report } = await recorder.report('validate', ['validate', '--decode-only', '-'], {
      stdin: tokens.good,
    })
    expect(report).toMatchObject({ verdict: 'unverified', http: null, problem: null })
  })

  test('a key set from a file: nothing is asked', async () => {
    const keys = await (await fetch(server.jwksUri)).text()
    const file = await folder.write('jwks.json', keys)
    const before = server.count('/jwks')
    const { exitCode, report } = await recorder.report(
      'validate',
      ['validate', ...expectation, '--jwks-file', file, '-'],
      { stdin: tokens.good },
    )
    expect(exitCode).toBe(0)
    expect(report['attempts']).toEqual([])
    expect(server.count('/jwks')).toBe(before)
  })
})

describe('introspect', () => {
  test('the answer as it came, and the verdict', async () => {
    const { exitCode, report } = await recorder.report(
      'introspect',
      ['introspect', ...expectation, ...client, '-'],
      { stdin: tokens.opaque },
    )
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'accepted',
      endpoint: server.introspectionEndpoint,
      client_id: server.clientId,
      answer: { active: true },
    })
    const { stdout } = await recorder.run(['introspect', ...expectation, ...client, '-'], {
      stdin: tokens.revoked,
    })
    expect(stdout).toMatch(/^REJECTED {2}intro-active/)
    expect(stdout).toMatch(/active {2}false/)
  })

  test('our own credentials are refused: exit 3, and the token is not blamed', async () => {
    const { exitCode, report } = await recorder.report(
      'introspect',
      ['introspect', ...expectation, '--client-id', server.clientId, '-'],
      { stdin: tokens.opaque, env: { MCP_PROXY_CLIENT_SECRET: 'wrong-canary-secret' } },
    )
    expect(exitCode).toBe(3)
    expect(report).toMatchObject({ problem: { code: 'intro-client-auth' }, answer: null })
  })

  test('the secret by standard input, the token by file', async () => {
    const file = await folder.write('token', tokens.opaque)
    const { exitCode } = await recorder.run(
      [
        'introspect',
        ...expectation,
        '--client-id',
        server.clientId,
        '--client-secret-stdin',
        `@${file}`,
      ],
      { stdin: `${server.clientSecret}\n` },
    )
    expect(exitCode).toBe(0)
  })

  test('no secret anywhere: exit 2 and where to put it', async () => {
    const { exitCode, stderr } = await recorder.run(
      ['introspect', ...expectation, '--client-id', server.clientId, '-'],
      { stdin: tokens.opaque },
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--client-secret-file')
  })
})

describe('where the token comes from', () => {
  const validate = (...more: string[]) => ['validate', ...expectation, ...more]

  test.each([
    ['standard input', () => ({ args: ['-'], stdin: tokens.good })],
    ['a pipe', () => ({ args: [], stdin: tokens.good })],
    ['the environment', () => ({ args: [], env: { MCP_PROXY_TOKEN: tokens.good } })],
    ['the argument', () => ({ args: [tokens.good] })],
    ['after --', () => ({ args: ['--', tokens.good] })],
  ])('%s', async (_, from) => {
    const { args, ...invocation } = { stdin: '', env: {}, ...from() }
    const { exitCode } = await recorder.run(validate(...args), invocation)
    expect(exitCode).toBe(0)
  })

  test('the argument is warned about, and so is a file that others can read', async () => {
    const argument = await recorder.run(validate(tokens.good))
    expect(argument.stderr).toMatch(/warning .*shell history/)
    const quiet = await recorder.run(validate(tokens.good, '--quiet'))
    expect(quiet.stderr).toBe('')
    const file = await folder.write('open', tokens.good)
    const { chmod } = await import('node:fs/promises')
    await chmod(file, 0o644)
    const { stderr, exitCode } = await recorder.run(validate(`@${file}`))
    expect(exitCode).toBe(0)
    expect(stderr).toContain('chmod 600')
  })

  test.each([
    ['nowhere', () => ({ args: [], stdin: '' }), /token is missing/],
    ['two arguments', () => ({ args: [tokens.good, tokens.opaque] }), /1 argument too many/],
    ['a file that is not there', () => ({ args: ['@nothing-here'] }), /no such file/],
    [
      'standard input twice',
      () => ({ args: ['-', '--client-id', 'x', '--client-secret-stdin'], stdin: tokens.good }),
      /cannot be both/,
    ],
  ])('%s: exit 2', async (_, from, says) => {
    const { args, ...invocation } = { stdin: '', ...from() }
    const { exitCode, stdout, stderr } = await recorder.run(validate(...args), invocation)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(says)
  })
})

// The last test on purpose: it reads what all the others made the command write.
test('no run repeated a token or a secret', () => {
  const written = recorder.written()
  expect(written.length).toBeGreaterThan(10_000)
  for (const secret of [...Object.values(tokens), server.clientSecret, 'wrong-canary-secret']) {
    expect(written).not.toContain(secret)
    expect(written).not.toContain(secret.slice(0, 30))
    expect(written).not.toContain(encodeURIComponent(secret))
    expect(written).not.toContain(Buffer.from(secret).toString('base64').slice(0, 24))
  }
})
