// The store of logins: for its owner alone, all or nothing, and never trusted more than what it is.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import {
  checkName,
  nameOf,
  openStore,
  stateFolder,
  type LoginStore,
} from '../../../src/cli/login/store.ts'
import type { StoredLogin } from '../../../src/cli/login/stored-login.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'

let folder: TempFolder
let store: LoginStore
beforeEach(async () => {
  folder = await makeTempFolder()
  store = openStore({ XDG_STATE_HOME: folder.path })
})
afterEach(() => folder.remove())

const login = (changes: Partial<StoredLogin> = {}): StoredLogin => ({
  name: 'acme',
  address: 'https://mcp.test/mcp',
  issuer: 'https://id.test/realms/a',
  flow: 'code',
  resource: 'https://mcp.test/mcp',
  scopes: ['mcp:read'],
  client: {
    id: 'cli',
    from: 'registered',
    method: 'client_secret_basic',
    secret: new Secret('of the registration'),
    secretFile: undefined,
    keyFile: undefined,
    certFile: undefined,
    certKeyFile: undefined,
  },
  tokenEndpoint: 'https://id.test/token',
  revocationEndpoint: undefined,
  allowHttp: false,
  allowPrivate: true,
  accessToken: new Secret('the access token'),
  refreshToken: new Secret('the refresh token'),
  obtainedAt: 1000,
  expiresAt: 3_601_000,
  ...changes,
})

const fileOf = (name: string): string => path.join(store.folder, `${name}.json`)

const problemOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    const [problem] = (error as UsageError).problems
    return `${problem!.code}: ${problem!.message}`
  }
  return 'none'
}

/** With the secrets as text, so that they are compared too. */
const plain = (found: StoredLogin | undefined) =>
  found && {
    ...found,
    client: { ...found.client, secret: found.client.secret?.reveal() },
    accessToken: found.accessToken.reveal(),
    refreshToken: found.refreshToken?.reveal(),
  }

test('gives back what it was given, to the last member', () => {
  const whole = login()
  store.save(whole)
  expect(plain(store.find('acme'))).toEqual(plain(whole))
  const bare = login({
    name: 'bare',
    refreshToken: undefined,
    expiresAt: undefined,
    resource: undefined,
  })
  store.save(bare)
  expect(plain(store.find('bare'))).toEqual(plain(bare))
  expect(store.all().map(([name]) => name)).toEqual(['acme', 'bare'])
})

test('makes folders of 0700 and files of 0600, and leaves no drafts', () => {
  store.save(login())
  store.save(login())
  expect(statSync(store.folder).mode & 0o777).toBe(0o700)
  expect(statSync(fileOf('acme')).mode & 0o777).toBe(0o600)
  expect(readdirSync(store.folder)).toEqual(['acme.json'])
})

test('printing a login shows no secret', () => {
  expect(JSON.stringify(login())).not.toMatch(
    /the access token|the refresh token|of the registration/,
  )
})

describe('a file or folder that others can read is refused', () => {
  test.each([0o640, 0o604, 0o666, 0o620])('a file of mode %o', (mode) => {
    store.save(login())
    chmodSync(fileOf('acme'), mode)
    expect(problemOf(() => store.find('acme'))).toMatch(/^login-store: .*is open to others/)
    expect(store.all()).toEqual([['acme', { why: expect.stringContaining('open to others') }]])
  })

  test('a folder', () => {
    store.save(login())
    chmodSync(store.folder, 0o755)
    expect(problemOf(() => store.find('acme'))).toContain('is open to others (mode 755)')
    expect(problemOf(() => store.save(login()))).toContain('is open to others')
  })

  test('the folder above', () => {
    store.save(login())
    chmodSync(path.dirname(store.folder), 0o777)
    expect(problemOf(() => openStore({ XDG_STATE_HOME: folder.path }))).toContain('open to others')
  })

  test.skipIf(process.getuid?.() !== 0)('a file of another user', () => {
    store.save(login())
    chownSync(fileOf('acme'), 12_345, 12_345)
    expect(problemOf(() => store.find('acme'))).toContain('belongs to another user')
  })

  test('a symbolic link, to wherever', () => {
    store.save(login())
    symlinkSync(fileOf('acme'), fileOf('linked'))
    expect(problemOf(() => store.find('linked'))).toContain('symbolic link')
  })
})

describe('a file that is no login is named, and nothing of it is told', () => {
  const secret = 'planted-in-the-file'
  test.each([
    ['', 'is not JSON'],
    [`{"accessToken": "${secret}"`, 'is not JSON'],
    [`["${secret}"]`, 'is no stored login'],
    [`{"version": 2, "accessToken": "${secret}"}`, 'another version'],
    [`{"version": 1, "accessToken": "${secret}"}`, 'lacks flow'],
    [`{"version": 1, "flow": "${secret}", "scopes": "x", "expiresAt": "soon"}`, 'scopes'],
  ])('%s', (text, why) => {
    store.save(login())
    writeFileSync(fileOf('acme'), text)
    const told = problemOf(() => store.find('acme'))
    expect(told).toContain('login-store')
    expect(told).toContain(why)
    expect(told).not.toContain(secret)
    expect(store.remove('acme')).toBe(true)
  })

  test('a truncated file of any length never passes for a login', () => {
    store.save(login())
    const whole = readFileSync(fileOf('acme'), 'utf8').trimEnd()
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(fileOf('acme'), whole.slice(0, length))
      expect(problemOf(() => store.find('acme'))).toContain('login-store')
    }
  })
})

describe('a store that cannot be written', () => {
  test('because a file is in the place of its folder', () => {
    const state = path.join(folder.path, 'a-file')
    writeFileSync(state, '')
    const opened = problemOf(() => openStore({ XDG_STATE_HOME: state }))
    expect(opened).toMatch(/^login-store: Cannot look into .*a part of its path is not a folder/)
  })

  test('because a folder is in the place of the file: the old state stays, no draft is left', () => {
    mkdirSync(fileOf('acme'), { recursive: true, mode: 0o700 })
    chmodSync(path.dirname(store.folder), 0o700)
    expect(problemOf(() => store.save(login()))).toContain('login-store')
    expect(readdirSync(store.folder)).toEqual(['acme.json'])
  })
})

describe('names', () => {
  test.each(['acme', 'mcp.example.com-8443', '127.0.0.1-80', 'a_b', '0'])('%s is one', (name) => {
    expect(checkName(name)).toBe(name)
  })

  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '.hidden',
    '-x',
    'Acme',
    'a b',
    'ä',
    'x'.repeat(64),
    'a\n',
    'a\0',
  ])('%j is none', (name) => {
    expect(problemOf(() => checkName(name))).toContain('usage-flag')
    expect(problemOf(() => store.find(name))).toContain('usage-flag')
  })

  test.each([
    ['https://mcp.example.com/mcp', 'mcp.example.com'],
    ['https://MCP.Example.com:8443/a/mcp', 'mcp.example.com-8443'],
    ['http://127.0.0.1:7000/mcp', '127.0.0.1-7000'],
    ['http://[::1]:7000/mcp', '1--7000'],
    [`https://${'a'.repeat(60)}.example.com/`, 'a'.repeat(56)],
  ])('%s is kept as %s', (address, name) => {
    expect(nameOf(address)).toBe(name)
    expect(checkName(name)).toBe(name)
  })
})

test('the folder is that of XDG where it is absolute, else below the home folder', () => {
  expect(stateFolder({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/mcp-proxy')
  for (const given of [undefined, '', 'relative/state']) {
    const env = given === undefined ? {} : { XDG_STATE_HOME: given }
    expect(stateFolder(env)).toMatch(/\/\.local\/state\/mcp-proxy$/)
  }
})

test('a claim can be held once', () => {
  expect([store.files.claim('a'), store.files.claim('a'), store.files.claim('b')]).toEqual([
    true,
    false,
    true,
  ])
  expect(store.files.writtenAt('a')).toBeGreaterThan(0)
  expect(store.files.remove('a')).toBe(true)
  expect(store.files.claim('a')).toBe(true)
})

test('a registration comes back for its own issuer, and for no other', () => {
  const client = {
    issuer: 'https://id.test',
    clientId: 'x',
    clientSecret: new Secret('s'),
    method: 'client_secret_post',
    redirectUri: 'http://127.0.0.1:1/callback',
    grants: ['authorization_code'],
    scopes: [],
    secretEndsAt: undefined,
  } as const
  store.clients.keep(client)
  const back = store.clients.recall('https://id.test')
  expect({ ...back, clientSecret: back?.clientSecret?.reveal() }).toEqual({
    ...client,
    clientSecret: 's',
  })
  expect(store.clients.recall('https://id.test/')).toBeUndefined()
  expect(store.forgetClients()).toBe(1)
  expect(store.clients.recall('https://id.test')).toBeUndefined()
})
