// `key` and a proxy that takes API keys: the built program on both sides, from the first key to its end.
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { modernMeta, modernVersion, sendTo } from '../support/proxy.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
let folder: TempFolder
let server: HttpServer

const config = `[proxy]
name = "keyed"
[proxy.listen]
port = 0
[auth]
type = "keys"
keys_file = "keys.json"
[security]
admin_token = "\${ADMIN}"
[observability.decisions]
accepted = 1
[[backends]]
name = "one"
transport = "http"
`
const adminToken = 'admin-token-00000000000000001'
const env = { ADMIN: adminToken }

const key = (...args: string[]) => recorder.run(['key', ...args], { cwd: folder.path, env })
const report = (...args: string[]) =>
  recorder.report('key', ['key', ...args], { cwd: folder.path, env })

const create = async (name: string, ...flags: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await key('create', name, ...flags)
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return stdout.trim()
}

beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startHttpServer('modern')
  await folder.write('proxy.toml', `${config}url = "${server.url}"\n`)
})
afterAll(async () => {
  await server.close()
  await folder.remove()
})

const file = (): string => path.join(folder.path, 'keys.json')

describe('key create', () => {
  test('prints the key alone on stdout, once; the file is for its owner and has only the digest', async () => {
    const before = Date.now()
    const { exitCode, stdout, stderr } = await key(
      'create',
      'first',
      '--owner',
      'build@example.com',
      '--scope',
      'mcp:read mcp:call',
      '--role',
      'reader',
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^mcpk_[a-z2-7]{10}_[0-9A-Za-z]{49}\n$/)
    expect(stderr).toMatch(/^created the key first \([a-z2-7]{10}\) in keys\.json, until 20/)
    const secret = stdout.trim().slice(16)
    expect(stderr).not.toContain(secret)
    const text = await readFile(file(), 'utf8')
    expect(text).not.toContain(secret)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    const listed = await key('list')
    expect(listed.stdout + listed.stderr).not.toContain(secret)
    expect(listed.stdout).toMatch(
      /first +[a-z2-7]{10} +active .*build@example\.com +mcp:read mcp:call +reader/,
    )
    const { report: inJson } = await report('list')
    const [only] = inJson['keys'] as unknown as { expires_at: string }[]
    const days = (Date.parse(only?.expires_at ?? '') - before) / 86_400_000
    expect(days).toBeGreaterThan(89.9)
    expect(days).toBeLessThan(90.1)
  })

  test.each([
    ['12h', 0.5],
    ['4w', 28],
    ['1y', 365],
  ])('--expires %s is in %d days', async (expires, days) => {
    const { report: made } = await report('create', `for-${expires}`, '--expires', expires)
    const { created_at: from, expires_at: until } = made['created'] as unknown as Record<
      'created_at' | 'expires_at',
      string
    >
    expect((Date.parse(until) - Date.parse(from)) / 86_400_000).toBe(days)
  })

  test('--expires never has no end, and a date is the end of that day', async () => {
    const { report: never } = await report('create', 'endless', '--expires', 'never')
    expect(never['created']).toMatchObject({ expires_at: null })
    const { report: day } = await report('create', 'dated', '--expires', '2099-01-31')
    expect(day['created']).toMatchObject({ expires_at: '2099-02-01T00:00:00Z' })
  })

  test('eight at once lose none', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `parallel-${String(n)}`)
    await Promise.all(names.map((name) => create(name)))
    const { report: all } = await report('list')
    const listed = (all['keys'] as unknown as { name: string }[]).map(({ name }) => name)
    expect(listed).toEqual(expect.arrayContaining(names))
  })

  test('a name that is taken is refused until its key is revoked', async () => {
    await create('taken')
    const again = await key('create', 'taken')
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toContain('already has a key named taken')
    await key('revoke', 'taken')
    await create('taken')
  })

  test.each([
    [['create'], 'The name of a key must be'],
    [['create', 'a b'], 'The name of a key must be'],
    [['create', 'x', '--expires', 'soon'], '--expires is not a time in the future'],
    [['create', 'x', '--expires', '2020-01-01'], '--expires is in the past'],
    [['create', 'x', '--scope', 'a"b'], '--scope has a character'],
    [['create', 'x', '--owner', 'a\u0007b'], '--owner must be printable'],
    [['create', 'x', '--role', ''], '--role is empty'],
    [['creat', 'x'], 'did you mean mcp-proxy key create?'],
    [[], 'key needs an action: create, list, revoke'],
    [['list', '--owner', 'x'], '--owner does not go with key list'],
    [['list', 'x'], '1 argument too many'],
    [['revoke'], 'The key to revoke is missing'],
    [['revoke', 'frist'], 'did you mean first?'],
    [['revoke', 'zz'], 'No key has the name or the id zz'],
    [['list', '--file', 'absent.json'], 'The key file absent.json does not exist'],
    [['create', 'x', '--file', 'no/such/keys.json'], 'its folder does not exist'],
  ])('%j is a mistake with a remedy', async (args, wanted) => {
    const before = await readFile(file(), 'utf8')
    const { exitCode, stdout, stderr } = await key(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(wanted)
    expect(stderr).toContain('hint ')
    expect(await readFile(file(), 'utf8')).toBe(before)
  })

  test('without a configuration and --file nothing is guessed', async () => {
    const other = await makeTempFolder()
    const { exitCode, stderr } = await runCommandLine(['key', 'list'], { cwd: other.path })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('No key file')
    await other.remove()
  })
})

describe('key revoke', () => {
  test('takes a name, an id, or a key that leaked, of which nothing is repeated', async () => {
    const { report: made } = await report('create', 'by-id')
    const { id } = made['created'] as unknown as { id: string }
    expect((await report('revoke', id)).report).toMatchObject({
      verdict: 'revoked',
      already: false,
      revoked: { name: 'by-id', state: 'revoked' },
    })
    expect((await report('revoke', id)).report).toMatchObject({ already: true })
    const leaked = await create('leaked')
    const { exitCode, stdout, stderr } = await key('revoke', leaked)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('revoked leaked')
    expect(stdout + stderr).not.toContain(leaked.slice(16))
  })
})

describe('a proxy that takes keys', () => {
  let proxy: RunningProxy
  let origin: string

  beforeAll(async () => {
    await create('before')
    proxy = await startProxy('proxy.toml', { cwd: folder.path, env })
    origin = new URL(proxy.url).origin
  })
  afterAll(() => proxy.stop())

  const call = (token: string) =>
    sendTo(origin, {
      body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
      headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
      token,
    })

  const codeOf = async (token: string) => {
    const answer = await call(token)
    const { error } = answer.json() as { error?: { data: { code: string } } }
    return [answer.status, error?.data.code ?? 'accepted']
  }

  /** What `validate` says of the key from a file. */
  const validated = async (token: string) => {
    await writeFile(path.join(folder.path, 'sent.key'), `${token}\n`, { mode: 0o600 })
    const { report: found } = await recorder.report('validate', ['validate', '@sent.key'], {
      cwd: folder.path,
      env,
    })
    const { problem } = found as { problem?: { code: string } | null }
    return problem?.code ?? found['verdict']
  }

  test('accepts a key that was created while it runs, and refuses it within seconds of its revocation; validate agrees at each step', async () => {
    const token = await create('live', '--owner', 'ops@example.com')
    await eventually('the new key counts', async () => (await codeOf(token))[0] === 200)
    expect(await validated(token)).toBe('accepted')
    await key('revoke', 'live')
    await eventually('the key is refused', async () => (await codeOf(token))[0] === 401, 5000)
    expect(await codeOf(token)).toEqual([401, 'key-revoked'])
    expect(await validated(token)).toBe('key-revoked')
  })

  test('names the cause as validate does', async () => {
    const good = await create('shape')
    const sent: readonly (readonly [string, string])[] = [
      [`${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`, 'key-form'],
      [good.slice(0, 30), 'key-form'],
      ['another-token', 'key-unknown'],
    ]
    for (const [token, wanted] of sent) {
      expect(await codeOf(token)).toEqual([401, wanted])
      expect(await validated(token)).toBe(wanted)
    }
  })

  test('a broken file keeps the keys that were good, and the log names the file and the remedy', async () => {
    const token = await create('steady')
    await eventually('the key counts', async () => (await codeOf(token))[0] === 200)
    const before = await readFile(file(), 'utf8')
    await writeFile(file(), '{ "version": 1, "keys": [')
    await eventually(
      'the log says so',
      () => proxy.log().includes('key file not read') || undefined,
    )
    expect(await codeOf(token)).toEqual([200, 'accepted'])
    const listed = await key('list')
    expect(listed).toMatchObject({ exitCode: 2 })
    expect(listed.stderr).toContain('cannot be used: it is no JSON')
    await writeFile(file(), before)
    await key('revoke', 'steady')
    await eventually('the file counts again', async () => (await codeOf(token))[0] === 401)
  })

  test('no key is in the log, the decisions, the metrics or the admin surface', async () => {
    const [good, revoked] = [await create('canary'), await create('canary-revoked')]
    await key('revoke', 'canary-revoked')
    await eventually('both are known', async () => (await codeOf(good))[0] === 200)
    const cut = good.slice(0, 50)
    const forged = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`
    const ids = await Promise.all(
      [good, revoked, cut, forged].map(async (token) =>
        String((await call(token)).headers['x-request-id']),
      ),
    )
    const admin = (place: string) =>
      sendTo(origin, { method: 'GET', path: place, token: adminToken }).then(({ text }) => text)
    const why = await Promise.all(
      ids.slice(1).map((id) =>
        runCommandLine(['why', id, '--proxy', origin, '--json'], {
          env: { MCP_PROXY_ADMIN_TOKEN: adminToken },
        }),
      ),
    )
    const seen = [
      proxy.log(),
      await admin('/admin/decisions'),
      await admin('/admin/metrics'),
      await admin('/admin/backends'),
      ...why.map(({ stdout, stderr }) => stdout + stderr),
    ]
    expect(seen.join('\n')).toContain('key-revoked')
    for (const text of seen) {
      for (const token of [good, revoked]) expect(text).not.toContain(token.slice(16, 40))
    }
  })
})

describe('serve --check and doctor', () => {
  const alone = async (text: string | undefined, mode = 0o600) => {
    const other = await makeTempFolder()
    await other.write('proxy.toml', `${config}url = "${server.url}"\n`)
    if (text !== undefined) {
      await other.write('keys.json', text)
      await chmod(path.join(other.path, 'keys.json'), mode)
    }
    const run = (args: readonly string[]) => runCommandLine(args, { cwd: other.path, env })
    const results = {
      check: await run(['serve', '--check']),
      doctor: await run(['doctor', '--only', 'config']),
    }
    await other.remove()
    return results
  }

  const entry = (name: string, more: object) => ({
    id: name.slice(0, 1).repeat(10),
    name,
    sha256: '0'.repeat(64),
    created: '2026-01-01T00:00:00Z',
    scopes: [],
    roles: [],
    ...more,
  })
  const fileOf = (...keys: readonly object[]) => JSON.stringify({ version: 1, keys })
  const inDays = (days: number) =>
    new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z')

  test.each<readonly [string, string | undefined, number, string]>([
    ['a file that is missing', undefined, 0o600, 'The key file keys.json does not exist'],
    ['a file that is broken', '[]', 0o600, 'The key file keys.json cannot be used'],
    ['a file that others may write', fileOf(), 0o666, 'can be written by other users (mode 666)'],
  ])('%s: exit 2, with the remedy', async (_, text, mode, wanted) => {
    const { check, doctor } = await alone(text, mode)
    for (const { exitCode, stderr } of [check, doctor]) {
      expect(exitCode).toBe(2)
      expect(stderr).toContain(wanted)
      expect(stderr).toContain('hint ')
    }
  })

  test.each<readonly [string, string, number, string]>([
    ['a file that others may read', fileOf(entry('a', {})), 0o644, '(mode 644)'],
    ['a file without keys', fileOf(), 0o600, 'No key in keys.json can be used'],
    [
      'a key that has expired',
      fileOf(entry('a', {}), entry('build', { expires: '2026-02-01T00:00:00Z' })),
      0o600,
      '1 key has expired in keys.json: build',
    ],
    [
      'a key that ends within 14 days',
      fileOf(entry('a', {}), entry('build', { expires: inDays(13) })),
      0o600,
      '1 key expires within 14 days in keys.json: build (in 1',
    ],
  ])('%s: a warning of both', async (_, text, mode, wanted) => {
    const { check, doctor } = await alone(text, mode)
    expect(check.exitCode).toBe(0)
    expect(check.stderr).toContain(wanted)
    expect(doctor.stdout.replaceAll(/\s+/g, ' ')).toContain(wanted)
  })

  test('keys that are good for longer are no news', async () => {
    const { check, doctor } = await alone(
      fileOf(
        entry('a', { expires: inDays(15) }),
        entry('b', { revoked: '2026-02-01T00:00:00Z' }),
        // Replaced under its name.
        { ...entry('c', { expires: '2026-02-01T00:00:00Z' }), name: 'a' },
      ),
    )
    expect(check).toMatchObject({ exitCode: 0, stderr: '' })
    expect(doctor.exitCode).toBe(0)
    expect(doctor.stdout).not.toContain('key-advice')
  })
})

test('introspect asks no authorization server about an API key', async () => {
  const token = await create('asked')
  const { exitCode, stderr } = await runCommandLine(
    ['introspect', '-', '--issuer', 'https://id.invalid', '--client-id', 'c'],
    { cwd: folder.path, stdin: token, env: { MCP_PROXY_CLIENT_SECRET: 's' } },
  )
  expect(exitCode).toBe(2)
  expect(stderr).toContain('This is an API key of mcp-proxy')
  expect(stderr).not.toContain(token.slice(16))
})

test('completion offers create, list and revoke', async () => {
  const { stdout } = await recorder.run(['completion', 'bash'])
  expect(stdout).toContain('create list revoke')
})
