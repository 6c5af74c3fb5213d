// `login` where no browser can be opened: what is pasted, shown and explained; and what is stored, looked at later.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, runCommandLine, startCommandLine } from '../support/command-line.ts'
import { addressOf, startLoginLab, type LoginLab } from '../support/login-lab.ts'
import { loginClients } from '../support/login-realm.ts'
import { visit } from '../support/person.ts'
import { expectSchema } from '../support/reports.ts'
import { keys, openTerminal } from '../support/terminal.ts'

let lab: LoginLab
let env: Record<string, string>

beforeAll(async () => {
  lab = await startLoginLab()
  env = { XDG_STATE_HOME: `${lab.folder.path}/state` }
})

afterAll(() => lab?.close())

const person = ['--client-id', loginClients.person.id]

/** The login as somebody makes it on another machine: where the browser ends, which it cannot reach. */
const endOf = async (address: string): Promise<string> => {
  const endsAt = new URL(address).searchParams.get('redirect_uri') ?? ''
  return (await visit(address, { endsAt })).url
}

const waiting = (name: string, ...flags: readonly string[]) =>
  startCommandLine(['login', lab.proxy.url, '--no-browser', '--store', name, ...person, ...flags], {
    cwd: lab.folder.path,
    env,
    keepsStdin: true,
  })

const says = (login: { stderr(): string }, words: string) =>
  eventually(words, () => login.stderr().includes(words) || undefined)

describe('a redirect that is pasted', () => {
  test('ends the login as the browser would have, whatever was pasted before it', async () => {
    const login = waiting('pasted')
    const end = await endOf(await addressOf(login))
    login.write('hello\n')
    await says(login, 'is no address with a code')
    login.write(`${new URL(end).searchParams.get('code') ?? ''}\n`)
    await says(login, 'has no state')
    login.write('http://127.0.0.1/callback?code=stolen-code&state=other\n')
    await says(login, 'the state of another login')
    login.write(`${end}\n`)
    const { exitCode, stdout, stderr } = await login.finished
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('LOGGED IN')])
    expect(stderr).not.toContain(new URL(end).searchParams.get('code'))
  })

  test('may be the query alone; code and state are not enough where the server names itself', async () => {
    const login = waiting('pair')
    const { search, searchParams } = new URL(await endOf(await addressOf(login)))
    login.write(`${searchParams.get('code') ?? ''} ${searchParams.get('state') ?? ''}\n`)
    await says(login, 'does not name the issuer')
    login.write(`${search}\n`)
    expect((await login.finished).exitCode).toBe(0)
  })

  test('over SSH, on a terminal: nothing of it is shown, and the time that is left is', async () => {
    const terminal = openTerminal(
      ['login', lab.proxy.url, '--store', 'ssh', '--timeout', '90', ...person],
      { cwd: lab.folder.path, env: { ...env, SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' } },
      200,
    )
    try {
      await terminal.sees('this is a session over SSH')
      await terminal.sees('Or log in by a code on any device: mcp-proxy login')
      await terminal.sees('--device --client-id person-cli')
      await terminal.sees('waiting for the login, 1m 30s left')
      await terminal.sees('waiting for the login, 1m 29s left')
      const address = /^http\S+\/auth\?\S+$/m.exec(terminal.shown())?.[0] ?? ''
      const end = await endOf(address)
      terminal.type(end, keys.enter)
      await terminal.sees('LOGGED IN')
      terminal.type(keys.interrupt)
      await terminal.ended
      expect(terminal.shown()).not.toContain(new URL(end).searchParams.get('code'))
    } finally {
      await terminal.close()
    }
  })

  test('Ctrl-C ends the wait: exit 130', async () => {
    const terminal = openTerminal(
      ['login', lab.proxy.url, '--no-browser', '--store', 'stopped', ...person],
      { cwd: lab.folder.path, env },
    )
    await terminal.sees('waiting for the login')
    terminal.type(keys.interrupt)
    expect(await terminal.ended).toBe(130)
  })
})

describe('the page that the browser gets', () => {
  test('says the error and its description of the server, escaped', async () => {
    const login = waiting('error')
    const { searchParams } = new URL(await addressOf(login))
    const callback = new URL(searchParams.get('redirect_uri') ?? '')
    callback.search = new URLSearchParams({
      error: 'access_denied',
      error_description: 'not <b>you</b>',
      state: searchParams.get('state') ?? '',
      iss: lab.issuer.issuer,
    }).toString()
    const text = await (await fetch(callback)).text()
    expect(text).toContain('access_denied')
    expect(text).toContain('not &lt;b&gt;you&lt;/b&gt;')
    expect((await login.finished).exitCode).toBe(4)
  })

  test('says why no token came of a code', async () => {
    const login = waiting('bad-code')
    const { searchParams } = new URL(await addressOf(login))
    const callback = new URL(searchParams.get('redirect_uri') ?? '')
    callback.search = new URLSearchParams({
      code: 'not-a-code-of-the-server',
      state: searchParams.get('state') ?? '',
      iss: lab.issuer.issuer,
    }).toString()
    const first = await fetch(callback)
    expect(await first.text()).toContain('invalid_grant')
    expect((await login.finished).exitCode).toBe(1)
  })
})

test('--explain prints each step with its parameters and their specification, and masks what is secret', async () => {
  const login = startCommandLine(
    ['login', lab.proxy.url, '--no-browser', '--store', 'explained', '--explain'],
    { cwd: lab.folder.path, env },
  )
  const address = await addressOf(login)
  await visit(address)
  const { exitCode, stderr } = await login.finished
  expect(exitCode).toBe(0)
  const told = stderr.replace(address, '')
  expect(told).toMatch(/1\. A client is registered {2}\[RFC 7591 section 3\.1\]/)
  expect(told).toMatch(/2\. The browser is sent .*\[RFC 6749 section 4\.1\.1\]/)
  expect(told).toMatch(/code_challenge_method +S256 +\[RFC 7636 section 4\.3\]/)
  expect(told).toMatch(/resource +http:\S+ +\[RFC 8707 section 2\]/)
  expect(told).toMatch(/3\. The browser comes back .*\[RFC 6749 section 4\.1\.2\]/)
  expect(told).toMatch(/4\. The code is exchanged .*\[RFC 6749 section 4\.1\.3\]/)
  expect(told).toMatch(/code_verifier +\(masked, 43 characters\) +\[RFC 7636 section 4\.1\]/)
  expect(told).toMatch(/access_token +\(masked, \d+ characters\)/)
  const file = JSON.parse(await readFile(path.join(lab.store, 'explained.json'), 'utf8')) as {
    accessToken: string
    refreshToken: string
  }
  for (const secret of [
    file.accessToken,
    file.refreshToken,
    new URL(address).searchParams.get('state') ?? '',
  ]) {
    expect(secret).not.toBe('')
    expect(told).not.toContain(secret)
  }
})

describe('a secret that is missing', () => {
  const run = (...args: readonly string[]) =>
    runCommandLine(['login', ...args], { cwd: lab.folder.path, env })

  test('is said before the address is asked for', async () => {
    const terminal = openTerminal(
      ['login', '--client-credentials', '--client-id', loginClients.machine.id],
      { cwd: lab.folder.path, env },
    )
    await terminal.sees('The secret of the client machine-cli is missing')
    expect(await terminal.ended).toBe(2)
    expect(terminal.shown()).not.toContain('The address')
  })

  test('is said without a question to any server where the flags need one', async () => {
    const metadata = '/.well-known/oauth-authorization-server'
    const before = lab.issuer.count(metadata)
    const { exitCode, stderr } = await run(
      lab.proxy.url,
      '--no-browser',
      '--client-id=keeper-cli',
      '--client-auth=client_secret_post',
    )
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is missing')])
    expect(stderr).not.toContain('Open this address')
    expect(lab.issuer.count(metadata)).toBe(before)
  })
})

describe('a stored login', () => {
  const report = async (...args: readonly string[]) => {
    const { exitCode, stdout } = await lab.run([...args, '--json'])
    const parsed = JSON.parse(stdout) as unknown
    await expectSchema('login', parsed)
    return { exitCode, report: parsed }
  }
  const change = async (name: string, changes: object): Promise<void> => {
    const file = path.join(lab.store, `${name}.json`)
    const login = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...login, ...changes }))
  }
  const over = Date.now() - 60_000

  test('is valid: exit 0, until when, and how it is renewed', async () => {
    expect(await report('login', '--check', 'pasted')).toMatchObject({
      exitCode: 0,
      report: {
        verdict: 'valid',
        renewable: 'refresh-token',
        next: 'mcp-proxy validate --store pasted',
      },
    })
    const { stdout } = await lab.run(['whoami', 'pasted'])
    expect(stdout).toMatch(/^VALID {2}pasted {2}ends in/)
  })

  test('is over and can be renewed: exit 0', async () => {
    await change('pasted', { expiresAt: over })
    expect(await report('whoami', 'pasted')).toMatchObject({
      exitCode: 0,
      report: { verdict: 'renewable' },
    })
  })

  test('is over without a refresh token: exit 4, and the command that helps', async () => {
    await change('pasted', { expiresAt: over, refreshToken: undefined })
    expect(await report('login', '--check', 'pasted')).toMatchObject({
      exitCode: 4,
      report: {
        verdict: 'over',
        next: `mcp-proxy login ${lab.proxy.url} --client-id person-cli --store pasted`,
      },
    })
  })

  test('that is not there: exit 4', async () => {
    const { exitCode, stderr } = await lab.run(['login', '--check', 'nobody'])
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('No login is named nobody')])
  })

  test('whoami alone lists them', async () => {
    expect(await report('whoami')).toMatchObject({
      exitCode: 0,
      report: {
        verdict: 'list',
        logins: [{ name: 'explained' }, { name: 'pair' }, { name: 'pasted' }, { name: 'ssh' }],
      },
    })
  })

  test('is reset with the client that was registered for it, and a damaged one too', async () => {
    expect(await report('login', '--reset', 'explained')).toMatchObject({
      exitCode: 0,
      report: { verdict: 'reset', forgotten_client: lab.issuer.issuer },
    })
    await writeFile(path.join(lab.store, 'pair.json'), '{')
    expect((await lab.run(['login', '--reset', 'pair'])).exitCode).toBe(0)
    expect((await lab.run(['login', '--reset', 'pair'])).exitCode).toBe(4)
  })
})
