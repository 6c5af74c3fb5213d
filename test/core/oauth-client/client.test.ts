// As whom a login is made: registrations that are used again, made anew, refused; documents that are read first.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import {
  checkDocumentUrl,
  loopbackRedirectOf,
  readDocument,
  registeredClient,
  type ClientMemory,
} from '../../../src/core/oauth-client/client.ts'
import type { RegisteredClient } from '../../../src/core/oauth-client/registration.ts'
import { loginTarget } from '../../../src/core/oauth-client/target.ts'
import { investigate } from '../../../src/core/investigation/investigation.ts'
import { startLoginServer, type LoginServerOptions } from '../../support/login-server.ts'
import type { Script, ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer
const open: ScriptedServer[] = []
const started = async (options: LoginServerOptions = {}): Promise<void> => {
  server = await startLoginServer(options)
  open.push(server)
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const memoryOf = (client?: RegisteredClient): ClientMemory & { kept(): RegisteredClient[] } => {
  const clients = new Map(client === undefined ? [] : [[client.issuer, client]])
  return {
    recall: (issuer) => clients.get(issuer),
    keep: (made) => void clients.set(made.issuer, made),
    forget: (issuer) => void clients.delete(issuer),
    kept: () => [...clients.values()],
  }
}

const wish = {
  redirectUri: 'http://127.0.0.1:7777/callback',
  grants: ['authorization_code', 'refresh_token'],
  scopes: ['mcp:read'],
}

const choose = async (memory: ClientMemory, isKnown = true, wanted = wish) => {
  const ports = systemPorts()
  const found = await investigate(server.origin, ports)
  const target = loginTarget(server.origin, found, { resourceNamed: false })
  return registeredClient(
    { target, wish: wanted, memory, now: 1000, note: () => undefined },
    { ports, trusted: [server.origin], allowHttp: false, allowPrivate: false },
    () => Promise.resolve(isKnown),
  )
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UsageError)
  return (error as UsageError).problems[0]!.code
}

const remembered = (changes: Partial<RegisteredClient> = {}): RegisteredClient => ({
  issuer: server.origin,
  clientId: 'of-earlier',
  clientSecret: undefined,
  method: 'none',
  secretEndsAt: undefined,
  ...wish,
  ...changes,
})

describe('registration', () => {
  beforeEach(() => started())

  test('says that we are native, keep no secret and are called back on loopback', async () => {
    const memory = memoryOf()
    const { from, credentials } = await choose(memory)
    expect([from, credentials.clientId]).toEqual(['registered', 'made-by-the-server'])
    expect(JSON.parse(server.requests.at(-1)!.body)).toEqual({
      client_name: 'mcp-proxy',
      software_id: 'mcp-proxy',
      application_type: 'native',
      redirect_uris: [wish.redirectUri],
      response_types: ['code'],
      grant_types: wish.grants,
      token_endpoint_auth_method: 'none',
      scope: 'mcp:read',
    })
    expect(memory.kept()).toHaveLength(1)
  })

  test('is used again where it fits', async () => {
    const { from, credentials } = await choose(memoryOf(remembered()))
    expect([from, credentials.clientId]).toEqual(['remembered', 'of-earlier'])
    expect(server.count('/register')).toBe(0)
  })

  test.each<[string, Partial<RegisteredClient>]>([
    ['another grant is wanted', { grants: ['authorization_code'] }],
    ['more scopes are wanted', { scopes: [] }],
    ['its secret has run out', { secretEndsAt: 900 }],
    ['it has no redirect URI', { redirectUri: undefined }],
  ])('is made anew where %s', async (_, changes) => {
    expect((await choose(memoryOf(remembered(changes)))).from).toBe('registered')
  })

  test('is made anew where the server no longer knows it', async () => {
    const memory = memoryOf(remembered())
    expect((await choose(memory, false)).from).toBe('registered')
    expect(memory.kept().map(({ clientId }) => clientId)).toEqual(['made-by-the-server'])
  })

  test('of another issuer is never used', async () => {
    const memory = memoryOf(remembered({ issuer: 'https://other.test' }))
    expect((await choose(memory)).from).toBe('registered')
  })
})

describe('what a server answers to a registration', () => {
  const answering = async (registration: Script, metadata = {}) => {
    await started({ registration, metadata })
    return choose(memoryOf())
  }

  test('200 instead of 201 is taken, as clients do', async () => {
    const { from } = await answering({ body: { client_id: 'x' } })
    expect(from).toBe('registered')
  })

  test('a secret, and another way to prove oneself than was asked for', async () => {
    const { credentials, registration } = await answering(
      {
        status: 201,
        body: {
          client_id: 'x',
          client_secret: 'of-the-server',
          client_secret_expires_at: 0,
          token_endpoint_auth_method: 'client_secret_post',
        },
      },
      { token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] },
    )
    expect(JSON.parse(server.requests.at(-1)!.body)).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
    })
    expect(credentials.method).toBe('client_secret_post')
    expect(registration.clientSecret?.reveal()).toBe('of-the-server')
    expect(registration.secretEndsAt).toBeUndefined()
  })

  test.each<[string, Script, string]>([
    [
      'invalid_redirect_uri',
      { status: 400, body: { error: 'invalid_redirect_uri' } },
      'login-refused',
    ],
    ['401', { status: 401, body: 'no' }, 'login-client'],
    ['403', { status: 403, body: '<html>' }, 'login-client'],
    ['500', { status: 500, body: 'no' }, 'login-unreachable'],
    ['HTML', { body: '<html>' }, 'login-unreachable'],
    ['no client_id', { status: 201, body: {} }, 'login-unreachable'],
    ['a number for a client_id', { status: 201, body: { client_id: 7 } }, 'login-unreachable'],
    ['a reset', { reset: true }, 'login-unreachable'],
  ])('%s', async (_, registration, code) => {
    expect(await codeOf(answering(registration))).toBe(code)
  })

  test('without the endpoint there is nobody to log in as', async () => {
    await started({ metadata: { registration_endpoint: undefined } })
    expect(await codeOf(choose(memoryOf()))).toBe('login-client')
  })
})

describe('a client ID metadata document', () => {
  const wire = () => ({
    ports: systemPorts(),
    trusted: [],
    allowHttp: false,
    allowPrivate: false,
  })

  test.each([
    'http://client.test/doc.json',
    'https://client.test',
    'https://client.test/',
    'https://client.test/doc#part',
    'https://user@client.test/doc',
    'doc.json',
  ])('%s can be none', (url) => {
    expect(() => checkDocumentUrl(url)).toThrow(UsageError)
  })

  test('has to name its own URL; one that cannot be read from here proves nothing', async () => {
    await started()
    const url = `${server.origin}/client.json`
    expect(await readDocument(url, wire())).toBeUndefined()
    server.on('/client.json', { body: { client_id: url, redirect_uris: [] } })
    expect(await readDocument(url, wire())).toMatchObject({ client_id: url })
    server.on('/client.json', { body: { client_id: `${url}/` } })
    expect(await codeOf(readDocument(url, wire()))).toBe('login-client')
    server.on('/client.json', { body: '<html>' })
    expect(await codeOf(readDocument(url, wire()))).toBe('login-client')
  })

  test('says where we are called back', () => {
    const redirect_uris = ['https://app.test/cb', 7, 'javascript:x', 'http://127.0.0.1/back']
    expect(loopbackRedirectOf({ redirect_uris })).toBe('http://127.0.0.1/back')
    expect(loopbackRedirectOf({})).toBeUndefined()
  })
})
