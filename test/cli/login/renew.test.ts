// The token of a stored login, renewed in time: once, saved before it is used, and never by two at once.
import { utimesSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, Secret } from '../../../src/base/secret.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { loginCommand, usableLogin } from '../../../src/cli/login/renew.ts'
import { openStore, type LoginStore } from '../../../src/cli/login/store.ts'
import type { StoredLogin } from '../../../src/cli/login/stored-login.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'
import { startLoginServer } from '../../support/login-server.ts'
import { gate, type ScriptedServer } from '../../support/scripted-server.ts'

let folder: TempFolder
let store: LoginStore
let server: ScriptedServer
let told: string[]

beforeEach(async () => {
  folder = await makeTempFolder()
  store = openStore({ XDG_STATE_HOME: folder.path })
  server = await startLoginServer()
  told = []
})
afterEach(async () => {
  await server.close()
  await folder.remove()
})

const now = Date.now()
const minutes = (count: number): number => now + count * 60_000

const keep = (changes: Partial<StoredLogin> = {}): StoredLogin => {
  const login: StoredLogin = {
    name: 'acme',
    address: `${server.origin}/mcp`,
    issuer: server.origin,
    flow: 'code',
    resource: `${server.origin}/mcp`,
    scopes: ['mcp:read'],
    client: {
      id: 'cli',
      from: 'pre-registered',
      method: 'none',
      secret: undefined,
      secretFile: undefined,
      keyFile: undefined,
      certFile: undefined,
      certKeyFile: undefined,
    },
    tokenEndpoint: `${server.origin}/token`,
    revocationEndpoint: undefined,
    allowHttp: false,
    allowPrivate: false,
    accessToken: new Secret('old access'),
    refreshToken: new Secret('old refresh'),
    obtainedAt: minutes(-60),
    expiresAt: minutes(-1),
    ...changes,
  }
  store.save(login)
  return login
}

const use = async (env: NodeJS.ProcessEnv = {}, from: LoginStore = store): Promise<string> => {
  const login = await usableLogin(from, 'acme', {
    env,
    warn: ({ detail }) => told.push(detail),
    note: () => undefined,
    ports: systemPorts(),
  })
  return login.accessToken.reveal()
}

const problemOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  return (error as UsageError).problems[0]!
}

const rotated = {
  access_token: 'new access',
  refresh_token: 'new refresh',
  token_type: 'bearer',
  expires_in: 3600,
}

test('a token that lives on is used as it is', async () => {
  keep({ expiresAt: minutes(30) })
  expect(await use()).toBe('old access')
  expect(server.count('/token')).toBe(0)
})

test('a token without an end is used as it is', async () => {
  keep({ expiresAt: undefined })
  expect(await use()).toBe('old access')
})

test('an ended token is renewed, with the resource, and what was rotated is saved', async () => {
  server.on('/token', { body: rotated })
  keep()
  expect(await use()).toBe('new access')
  expect(Object.fromEntries(new URLSearchParams(server.requests[0]!.body))).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'old refresh',
    resource: `${server.origin}/mcp`,
    client_id: 'cli',
  })
  const saved = store.find('acme')
  expect(saved?.refreshToken?.reveal()).toBe('new refresh')
  expect(saved?.expiresAt).toBeGreaterThan(minutes(50))
  expect(await use()).toBe('new access')
  expect(server.count('/token')).toBe(1)
})

test('a token that is about to end is renewed; a server that does not rotate keeps its refresh token', async () => {
  server.on('/token', { body: { ...rotated, refresh_token: undefined } })
  keep({ expiresAt: now + 30_000 })
  expect(await use()).toBe('new access')
  expect(store.find('acme')?.refreshToken?.reveal()).toBe('old refresh')
})

test('a short-lived token is not renewed each time it is used', async () => {
  keep({ obtainedAt: now, expiresAt: now + 50_000 })
  expect(await use()).toBe('old access')
})

test('when the refresh token is refused, the login is over: the command to log in is named', async () => {
  server.on('/token', { status: 400, body: { error: 'invalid_grant' } })
  keep()
  const { code, hint } = await problemOf(use())
  expect(code).toBe('login-needed')
  expect(hint).toBe(`log in: mcp-proxy login ${server.origin}/mcp --client-id cli --store acme`)
})

test('an ended login without a refresh token is over', async () => {
  keep({ refreshToken: undefined })
  expect((await problemOf(use())).code).toBe('login-needed')
})

test('a name that nobody logged in under', async () => {
  const { code, hint } = await problemOf(use())
  expect([code, hint]).toEqual(['login-needed', expect.stringContaining('mcp-proxy login')])
})

test('an outage is no end: a token that still lives is used, with a warning', async () => {
  server.on('/token', { status: 503, body: 'busy' })
  keep({ expiresAt: now + 30_000 })
  expect(await use()).toBe('old access')
  expect(told.join()).toContain('could not renew')
  keep()
  expect((await problemOf(use())).code).toBe('login-unreachable')
  await server.stop()
  expect((await problemOf(use())).code).toBe('login-unreachable')
})

test('client credentials are asked for again, the secret read from where it is kept', async () => {
  const secretFile = await folder.write('secret', 'the secret\n')
  const { client } = keep()
  keep({
    flow: 'client_credentials',
    refreshToken: undefined,
    client: { ...client, method: 'client_secret_post', secretFile },
  })
  server.on('/token', { body: { ...rotated, refresh_token: undefined } })
  expect(await use()).toBe('new access')
  expect(Object.fromEntries(new URLSearchParams(server.requests[0]!.body))).toMatchObject({
    grant_type: 'client_credentials',
    client_secret: 'the secret',
    scope: 'mcp:read',
  })
})

describe('two at once', () => {
  test('spend one refresh token once, and both have the new token', async () => {
    const answer = gate()
    server.on('/token', async () => {
      await answer.opened
      return { body: rotated }
    })
    keep()
    const first = use()
    await server.asked('/token')
    const others = [1, 2, 3].map(() => use({}, openStore({ XDG_STATE_HOME: folder.path })))
    answer.open()
    expect(await Promise.all([first, ...others])).toEqual(Array(4).fill('new access'))
    expect(server.count('/token')).toBe(1)
    expect(store.files.list()).toEqual(['acme.json'])
  })

  test('a claim of a run that died is passed by, and gone afterwards', async () => {
    server.on('/token', { body: rotated })
    keep()
    const claim = `acme.${fingerprint('old refresh')}.0.claim`
    store.files.claim(claim)
    const longAgo = new Date(Date.now() - 600_000)
    utimesSync(path.join(store.folder, claim), longAgo, longAgo)
    expect(await use()).toBe('new access')
    expect(store.files.list()).toEqual(['acme.json'])
  })

  test('a logout in the meantime stands', async () => {
    const answer = gate()
    server.on('/token', async () => {
      await answer.opened
      return { body: rotated }
    })
    keep()
    const using = use()
    await server.asked('/token')
    store.remove('acme')
    answer.open()
    expect(await using).toBe('new access')
    expect(store.find('acme')).toBeUndefined()
  })
})

test('the command to log in again says how the login was made', () => {
  const login = keep({ flow: 'device', resource: 'https://other.test/mcp?a=b&c' })
  expect(loginCommand(login)).toBe(
    `mcp-proxy login ${server.origin}/mcp --device --client-id cli --resource 'https://other.test/mcp?a=b&c' --store acme`,
  )
})
