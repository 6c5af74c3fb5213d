// `discover` in CI: --save, --diff and --watch through the built program, and a few hostile servers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { binary, eventually, makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { goodKey, startHostileServer } from '../support/hostile-server.ts'
import { hostileTable } from '../support/hostile-table.ts'
import { createRecorder, expectSchema } from '../support/reports.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const recorder = createRecorder()
const metadata = '/.well-known/oauth-authorization-server'
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LXNpZ25hdHVyZQ'

let server: ScriptedServer
let folder: TempFolder

const documentOf = (origin: string, members: Record<string, unknown> = {}) => ({
  issuer: origin,
  jwks_uri: `${origin}/jwks`,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  ...members,
})

const at = (...names: string[]): string => path.join(folder.path, ...names)

beforeAll(async () => {
  server = await startScriptedServer()
  folder = await makeTempFolder()
})
beforeEach(() => {
  server.on(metadata, { body: documentOf(server.origin) })
  server.on('/jwks', { body: { keys: [goodKey] } })
})
afterAll(async () => {
  await server.close()
  await folder.remove()
})

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777

describe('--save', () => {
  test('each request and answer is a file, and only its owner reads it', async () => {
    const target = at('saved')
    const { exitCode, stderr } = await recorder.run(['discover', server.origin, '--save', target])
    expect(exitCode).toBe(0)
    expect(stderr).toContain('saved 3 exchanges and report.json')
    const files = (await readdir(target)).toSorted()
    const host = server.origin.slice('http://'.length).replace(':', '-')
    expect(files).toEqual([
      `01-get-${host}-.well-known-oauth-authorization-server-200.json`,
      `02-get-${host}-.well-known-openid-configuration-404.json`,
      `03-get-${host}-jwks-200.json`,
      'mcp-proxy-saved.json',
      'report.json',
    ])
    expect(await modeOf(target)).toBe(0o700)
    for (const file of files) expect(await modeOf(path.join(target, file))).toBe(0o600)
    const saved: unknown = JSON.parse(await readFile(path.join(target, files[0] ?? ''), 'utf8'))
    expect(saved).toMatchObject({
      schema_version: 1,
      request: { method: 'GET', url: `${server.origin}${metadata}` },
      response: { status: 200, body: { issuer: server.origin } },
      error: null,
    })
    await expectSchema('discover', JSON.parse(await readFile(at('saved', 'report.json'), 'utf8')))
  })

  test('a second run replaces the first, and leaves what is not of us', async () => {
    const target = at('again')
    await recorder.run(['discover', server.origin, '--save', target])
    await writeFile(path.join(target, 'notes.txt'), 'mine')
    server.on('/jwks', { status: 404 })
    await recorder.run(['discover', server.origin, '--save', target])
    const files = await readdir(target)
    expect(files.filter((file) => file.startsWith('03-'))).toEqual([
      expect.stringMatching(/-jwks-404\.json$/),
    ])
    expect(await readFile(path.join(target, 'notes.txt'), 'utf8')).toBe('mine')
  })

  test.each([
    ['a folder with files of others', async () => folder.write('foreign/../kept.json', '{}')],
    ['a file', async () => folder.write('a-file', 'x')],
  ])('%s is refused before anything is asked', async (_, prepare) => {
    const file = await prepare()
    const target = file.endsWith('a-file') ? file : path.dirname(file)
    const asked = server.count()
    const { exitCode, stderr } = await recorder.run(['discover', server.origin, '--save', target])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/--save: /)
    expect(server.count()).toBe(asked)
  })

  test('a link where a file should go is not followed', async () => {
    const target = at('linked')
    await recorder.run(['discover', server.origin, '--save', target])
    const victim = await folder.write('victim', 'untouched')
    server.on('/jwks', { status: 418 })
    const host = server.origin.slice('http://'.length).replace(':', '-')
    await symlink(victim, path.join(target, `03-get-${host}-jwks-418.json`))
    const { exitCode } = await recorder.run(['discover', server.origin, '--save', target])
    expect(exitCode).toBe(2)
    expect(await readFile(victim, 'utf8')).toBe('untouched')
  })

  test('a manifest that names files elsewhere deletes none of them', async () => {
    const target = at('lying')
    await mkdir(target)
    const victim = await folder.write('victim.json', 'untouched')
    const files = ['../victim.json', '/etc/hostname', 'report.json']
    await writeFile(
      path.join(target, 'mcp-proxy-saved.json'),
      JSON.stringify({ saved_by: 'mcp-proxy discover', files }),
    )
    expect((await recorder.run(['discover', server.origin, '--save', target])).exitCode).toBe(0)
    expect(await readFile(victim, 'utf8')).toBe('untouched')
  })

  test('a server that sends back all kinds of secrets: none is kept', async () => {
    const canary = 'canary-secret-0123456789abcdef'
    server.on('/mcp', {
      status: 401,
      headers: {
        'www-authenticate': `Bearer error_description="got Bearer ${canary}"`,
        'set-cookie': `session=${canary}`,
        'x-session-id': canary,
        'x-echo': `Basic ${Buffer.from(canary).toString('base64')}`,
        location: `/cb?code=${canary}`,
      },
      body: `<pre>token=${canary} ${jwt} client_secret: "x" access_token=${canary}</pre>`,
    })
    server.on('/.well-known/oauth-protected-resource/mcp', {
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(
        JSON.stringify({
          resource: `${server.origin}/mcp`,
          authorization_servers: [server.origin],
          access_token: canary,
        }),
      ),
    })
    server.on(metadata, {
      body: documentOf(server.origin, {
        client_secret: canary,
        nested: [{ refreshToken: canary, text: `see https://u:${canary}@id.example ${jwt}` }],
        known: 'the-secret-of-this-process',
      }),
    })
    const target = at('secrets')
    const { exitCode, stdout, stderr } = await recorder.run(
      ['discover', `${server.origin}/mcp`, '--save', target, '--har', at('secrets.har')],
      { env: { MCP_PROXY_CLIENT_SECRET: 'the-secret-of-this-process' } },
    )
    expect([0, 1]).toContain(exitCode)
    const files = await readdir(target)
    const texts = await Promise.all([
      ...files.map((file) => readFile(path.join(target, file), 'utf8')),
      readFile(at('secrets.har'), 'utf8'),
    ])
    expect(files.length).toBeGreaterThan(4)
    const all = [...files, ...texts].join('\n')
    expect(all).not.toContain(canary)
    expect(all).not.toContain(Buffer.from(canary).toString('base64'))
    expect(all).not.toContain(jwt.slice(-22))
    expect(all).not.toContain('the-secret-of-this-process')
    expect(stdout + stderr).not.toContain(jwt.slice(-22))
  })
})

describe('--har', () => {
  interface Entry {
    readonly startedDateTime: string
    readonly time: number
    readonly request: {
      readonly method: string
      readonly url: string
      readonly queryString: readonly { readonly name: string; readonly value: string }[]
    }
    readonly response: {
      readonly status: number
      readonly content: { readonly mimeType: string; readonly text: string }
      readonly redirectURL: string
    }
  }
  const read = async (file: string) =>
    (
      JSON.parse(await readFile(file, 'utf8')) as {
        log: { version: string; creator: { name: string; version: string }; entries: Entry[] }
      }
    ).log

  test('the exchanges of a run are an HTTP Archive, for the owner alone', async () => {
    const file = at('run.har')
    const { stderr } = await recorder.run([
      'discover',
      `${server.origin}?token_type=x`,
      '--har',
      file,
    ])
    expect(stderr).toMatch(/saved \d+ exchanges in /)
    const { version, creator, entries } = await read(file)
    expect(version).toBe('1.2')
    expect(creator).toEqual({ name: 'mcp-proxy', version: expect.stringMatching(/^\d+\.\d+/) })
    expect(entries.length).toBeGreaterThan(1)
    for (const { startedDateTime, time, request } of entries) {
      expect(new Date(startedDateTime).toISOString()).toBe(startedDateTime)
      expect(time).toBeGreaterThanOrEqual(0)
      expect(request.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    }
    const document = entries.find(({ request }) => new URL(request.url).pathname === metadata)
    expect(JSON.parse(document?.response.content.text ?? '')).toMatchObject({
      issuer: expect.stringContaining('127.0.0.1') as string,
    })
    expect(await modeOf(file)).toBe(0o600)
  })

  test('a second run replaces the archive; a file of another program is left alone', async () => {
    const file = at('again.har')
    await recorder.run(['discover', server.origin, '--har', file])
    const first = await readFile(file, 'utf8')
    expect((await recorder.run(['discover', server.origin, '--har', file])).exitCode).toBe(0)
    expect((await read(file)).entries).toHaveLength(
      (JSON.parse(first) as { log: { entries: [] } }).log.entries.length,
    )
    const foreign = await folder.write('proxy.toml', 'keep me')
    const refused = await recorder.run(['discover', server.origin, '--har', foreign])
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('--har: the file exists, and this command did not write it')
    expect(await readFile(foreign, 'utf8')).toBe('keep me')
    const nowhere = await recorder.run([
      'discover',
      server.origin,
      '--har',
      at('no', 'such', 'x.har'),
    ])
    expect(nowhere.exitCode).toBe(2)
  })

  test('what came to nothing is an entry with the status 0', async () => {
    const file = at('closed.har')
    await recorder.run(['discover', 'http://127.0.0.1:9/mcp', '--har', file])
    const { entries } = await read(file)
    expect(entries[0]).toMatchObject({ response: { status: 0, _error: 'ECONNREFUSED' } })
  })
})

describe('--diff', () => {
  const earlier = async (): Promise<string> => {
    const { stdout } = await recorder.run(['discover', server.origin, '--json'])
    return folder.write('earlier.json', stdout)
  }

  test('nothing changed: exit 0, said in one line with --quiet', async () => {
    const file = await earlier()
    const { exitCode, stdout } = await recorder.run([
      'discover',
      server.origin,
      '--quiet',
      '--diff',
      file,
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`SAME  nothing changed since ${file}\n`)
  })

  test('an old finding is no news; a new one is exit 1', async () => {
    server.on(metadata, {
      body: documentOf(server.origin, { code_challenge_methods_supported: ['plain'] }),
    })
    const file = await earlier()
    const args = ['discover', server.origin, '--diff', file]
    const same = await recorder.run(args)
    expect(same.stdout).toMatch(/^Grade C {2}asm-pkce/)
    expect(same.exitCode).toBe(0)
    server.on('/jwks', { body: { keys: [] } })
    const { exitCode, report } = await recorder.report('discover', args)
    expect(exitCode).toBe(1)
    expect(report['diff']).toMatchObject({ since: file, worse: true })
    const { stdout } = await recorder.run(args)
    expect(stdout).toMatch(
      /Since the earlier report\n {2}worse {2}grade +changed: C -> F\n {2}worse {2}finding +jwks-usable came: fatal/,
    )
    expect(stdout).toMatch(/WORSE {2}\d+ changes since /)
    const markdown = await recorder.run([...args, '--format', 'markdown'])
    expect(markdown.stdout).toMatch(/\| worse \| finding \| jwks-usable came \|/)
    expect((await recorder.run([...args, '--format', 'junit'])).stdout).toMatch(/<\/testsuites>\n$/)
  })

  test('a saved folder can be compared with', async () => {
    const target = at('baseline')
    await recorder.run(['discover', server.origin, '--save', target])
    const { exitCode } = await recorder.run(['discover', server.origin, '--diff', target])
    expect(exitCode).toBe(0)
  })

  test('what cannot be established is exit 3, not "the same"', async () => {
    const file = await earlier()
    server.on(metadata, { status: 503 })
    server.on('/.well-known/openid-configuration', { status: 503 })
    const { exitCode } = await recorder.run(['discover', server.origin, '--diff', file])
    expect(exitCode).toBe(3)
  })

  test('a wrong file is exit 2, with its place, and nobody is asked', async () => {
    const file = await folder.write('wrong.json', '{\n  "command": discover }')
    const asked = server.count()
    const { exitCode, stderr } = await recorder.run(['discover', server.origin, '--diff', file])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${file}:2:14: --diff: this is not JSON`)
    expect(server.count()).toBe(asked)
  })
})

describe('--watch', () => {
  const watching = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [binary, 'discover', server.origin, ...args], {
      env: { PATH: process.env['PATH'], NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
    return {
      text: () => text,
      interrupt: async (): Promise<number | null> => {
        const closed = once(child, 'close') as Promise<[number | null]>
        child.kill('SIGINT')
        return (await closed)[0]
      },
    }
  }

  test('in a pipe: the report, then a line for a change, and 130 on Ctrl-C', async () => {
    const run = watching('--watch', '5')
    await eventually('the first report', () => run.text().includes('kid good') || undefined)
    server.on('/jwks', { body: { keys: [{ ...goodKey, kid: 'new' }] } })
    await eventually('the change', () => run.text().includes('kid new new') || undefined)
    expect(run.text()).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z {2}note {3}key kid good gone/m)
    expect(await run.interrupt()).toBe(130)
  })

  test('--json gives a document a line', async () => {
    const run = watching('--watch', '5', '--json')
    await eventually('the first report', () => run.text().includes('\n') || undefined)
    server.on('/jwks', { body: { keys: [] } })
    await eventually('a change', () => run.text().includes('"change"') || undefined)
    expect(await run.interrupt()).toBe(130)
    const lines = run.text().trimEnd().split('\n')
    for (const line of lines) await expectSchema('discover-watch', JSON.parse(line))
    const first = JSON.parse(lines[0] ?? '') as { report: unknown }
    await expectSchema('discover', first.report)
  })

  test.each([
    [['--watch', '4'], '--watch must be a whole number'],
    [['--watch', '--format', 'junit'], 'cannot be used together'],
    [['--watch', '--diff', 'x'], 'cannot be used together'],
  ])('%j: exit 2', async (args, words) => {
    const { exitCode, stderr } = await recorder.run(['discover', server.origin, ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
  })
})

describe('hostile servers, through the built program', () => {
  const names = ['gzip-bomb', 'members-poison', 'slow-body', 'keys-many', 'redirect-metadata']

  test.each(names)('%s', async (name) => {
    const hostile = await startHostileServer()
    try {
      const args = ['discover', hostile.address(name), '--as', 'issuer', '--timeout', '2']
      const target = at(`hostile-${name}`)
      const { exitCode, stdout, stderr } = await recorder.run([...args, '--save', target])
      expect(exitCode).toBe(hostileTable[name]?.exit)
      const files = await readdir(target)
      const texts = await Promise.all(
        files.map((file) => readFile(path.join(target, file), 'utf8')),
      )
      // oxlint-disable-next-line no-control-regex -- finding them is the point
      const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff]/
      expect([stdout, stderr, ...texts].filter((text) => steering.test(text))).toEqual([])
      expect(texts.join('').length).toBeLessThan(3_000_000)
    } finally {
      await hostile.close()
    }
  })
})
