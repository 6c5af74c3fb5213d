// The built proxy and the command line beside one real authorization server: refusals, challenges, outages.
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { knock } from './promise-runners.ts'

const audience = 'https://mcp.example.com/mcp'

let issuer: AuthorizationServer
let folder: TempFolder
let configFile: string
let proxy: RunningProxy
let env: Record<string, string>

beforeAll(async () => {
  issuer = await startAuthorizationServer()
  folder = await makeTempFolder()
  env = { CLIENT_SECRET: issuer.clientSecret }
  configFile = await folder.write(
    'proxy.toml',
    stringify({
      proxy: { name: 'oauth', listen: { port: 0 } },
      auth: {
        type: 'oauth',
        issuer: issuer.issuer,
        audience,
        client_id: issuer.clientId,
        client_secret: '${CLIENT_SECRET}',
        token_validation: 'both',
        cache_ttl: 0,
      },
      backends: [{ name: 'one', transport: 'stdio', ...stdioServer('legacy') }],
    }),
  )
  proxy = await startProxy(configFile, { env })
  await eventually('the proxy is ready', async () => {
    const { status } = await fetch(new URL('/ready', proxy.url))
    return status === 200 || undefined
  })
})

afterAll(async () => {
  await proxy?.stop()
  await issuer?.close()
  await folder?.remove()
})

const validate = (token: string, ...flags: readonly string[]) =>
  runCommandLine(['validate', '--config', configFile, ...flags, '-'], { stdin: token, env })

const parameter = (challenge: string | null, name: string): string | undefined =>
  new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(challenge ?? '')?.[1]

describe('an expired token', () => {
  let token: string
  beforeAll(async () => {
    token = await issuer.token({ resource: audience, expiredSecondsAgo: 312 })
  })

  test('validate exits with 1, names time-exp and says how long ago', async () => {
    const { exitCode, stdout } = await validate(token)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('time-exp')
    expect(stdout).toMatch(/\b(5m|5 min|31\d s).* ago/)
    expect(stdout).not.toContain(token)
  })

  test('the proxy answers 401 invalid_token with a resource_metadata that answers 200', async () => {
    const refused = await knock(proxy.url, token)
    expect(refused.status).toBe(401)
    const challenge = refused.headers.get('www-authenticate')
    expect(challenge).toMatch(/^Bearer /)
    expect(parameter(challenge, 'error')).toBe('invalid_token')
    expect(parameter(challenge, 'error_description')).toMatch(/^time-exp: /)

    const metadata = await fetch(parameter(challenge, 'resource_metadata') ?? 'http://127.0.0.1:9')
    expect(metadata.status).toBe(200)
    expect(await metadata.json()).toMatchObject({
      resource: proxy.url,
      authorization_servers: [issuer.issuer],
    })
  })
})

describe('requests that bring no usable token', () => {
  const post = (headers: [string, string][]) =>
    fetch(proxy.url, { method: 'POST', headers, body: '{}' })

  test('without a token: 401 and no error code', async () => {
    const response = await post([])
    const challenge = response.headers.get('www-authenticate')
    expect(response.status).toBe(401)
    expect(challenge).toContain('resource_metadata=')
    expect(challenge).not.toContain('error')
  })

  test.each([
    ['a doubled scheme', 'Bearer Bearer abc'],
    ['another scheme', 'Basic YTpi'],
    ['two tokens', 'Bearer abc def'],
  ])('%s: 400', async (_, value) => {
    expect((await post([['authorization', value]])).status).toBe(400)
  })

  test('a token in the query is never read', async () => {
    const token = await issuer.token({ resource: audience })
    const response = await fetch(`${proxy.url}?access_token=${token}`, {
      method: 'POST',
      body: '{}',
    })
    expect(response.status).toBe(401)
  })
})

test('health, readiness and metadata need no token', async () => {
  const paths = [
    '/health',
    '/ready',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
  ]
  const statuses = await Promise.all(
    paths.map(async (path) => (await fetch(new URL(path, proxy.url))).status),
  )
  expect(statuses).toEqual([200, 200, 200, 200])
})

test('a refusal is in the log with its check and the fingerprint, never with the token', async () => {
  const token = await issuer.token({ resource: 'https://other.example/mcp' })
  await knock(proxy.url, token)
  const line = await eventually('the refusal is logged', () =>
    proxy
      .log()
      .split('\n')
      .find((text) => text.includes('claim-aud')),
  )
  expect(line).toMatch(/[0-9a-f]{8}/)
  expect(proxy.log()).not.toContain(token)
  expect(proxy.log()).not.toContain(issuer.clientSecret)
})

describe('the issuer stopped', () => {
  let jwt: string
  let opaque: string

  beforeAll(async () => {
    jwt = await issuer.token({ resource: audience })
    opaque = await issuer.token({ resource: audience, format: 'opaque' })
    // A JWT seen before the outage brings the keys.
    await knock(proxy.url, jwt)
    jwt = await issuer.token({ resource: audience })
    await issuer.stop()
  })

  test('cached keys accept a JWT that was never seen', async () => {
    expect((await knock(proxy.url, jwt)).status).toBe(200)
  })

  test('an opaque token gets 503 with Retry-After and no challenge', async () => {
    const response = await knock(proxy.url, opaque)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(response.headers.get('www-authenticate')).toBeNull()
  })

  test('validate exits with 3: nobody could tell', async () => {
    const { exitCode, stdout } = await validate(opaque, '--json')
    expect(exitCode).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'undecided', http: { status: 503 } })
  })

  test('when it is back, the opaque token is accepted', async () => {
    await issuer.restart()
    const status = await eventually('accepted again', async () => {
      const response = await knock(proxy.url, opaque)
      return response.status === 200 ? response.status : undefined
    })
    expect(status).toBe(200)
  })
})
