// API keys at the HTTP door: status, challenge and id of every cause, in both eras; and a key that ends in a session.
import { afterEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { makeKey } from '../../../src/core/api-keys/key-form.ts'
import { createManualClock, testEpochMs } from '../../support/manual-clock.ts'
import { mistyped, newKey, writeKeys, type TestKey } from '../../support/keys.ts'
import { startTestProxy, type Received, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../../support/tokens.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z')

const jwt = {
  type: 'jwt',
  issuer: 'https://id.acme.test',
  jwks_uri: 'https://id.acme.test/jwks',
  required_scopes: ['mcp:read'],
}

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const start = async (keys: readonly TestKey[], auth: object = { type: 'keys' }) => {
  const clock = createManualClock()
  const files = scriptedBackend('files', {
    'tools/list': { tools: [tool('read'), tool('write')] },
    'tools/call': { content: [] },
  })
  const keyFile = writeKeys(keys)
  proxy = await startTestProxy([files], {
    localKeys: jwksOf(await testKey()),
    ports: { ...systemPorts(), clock },
    config: {
      proxy: { public_url: 'https://mcp.acme.test/mcp' },
      auth: { keys_file: keyFile.file, ...auth },
    },
  })
  return { proxy, files, keyFile, clock }
}

const list = (at: TestProxy, token: string) => at.modern('tools/list', {}, { token })

const toolsOf = (answer: Received): readonly string[] =>
  (answer.json() as { result: { tools: { name: string }[] } }).result.tools.map(({ name }) => name)

/** The code that the caller reads in the challenge. */
const challengeOf = ({ headers }: Received) => headers['www-authenticate'] ?? ''

describe.each<
  readonly [
    string,
    (key: TestKey) => { readonly sent: string; readonly keys: readonly TestKey[] },
    string,
  ]
>([
  ['an unknown key', (key) => ({ sent: makeKey().text, keys: [key] }), 'key-unknown'],
  ['a mistyped key', (key) => ({ sent: mistyped(key.text), keys: [key] }), 'key-form'],
  [
    'a revoked key',
    (key) => ({
      sent: key.text,
      keys: [{ ...key, entry: { ...key.entry, revoked: iso(testEpochMs - 5000) } }],
    }),
    'key-revoked',
  ],
  [
    'an expired key',
    (key) => ({
      sent: key.text,
      keys: [{ ...key, entry: { ...key.entry, expires: iso(testEpochMs - 5000) } }],
    }),
    'key-expired',
  ],
  [
    'what is no key',
    (key) => ({ sent: 'another-token-of-another-kind', keys: [key] }),
    'key-unknown',
  ],
])('%s', (_, make, code) => {
  test.each(['POST', 'GET', 'DELETE'] as const)(
    `is refused with HTTP 401, a challenge and ${code} at %s`,
    async (method) => {
      const { sent, keys } = make(newKey({ scopes: ['mcp:read'] }))
      const { proxy: at, files } = await start(keys)
      const answer = await at.send({
        method,
        token: sent,
        headers: method === 'POST' ? {} : { 'mcp-session-id': 'any' },
        ...(method === 'POST' ? { body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } } : {}),
      })
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toContain(`error="invalid_token", error_description="${code}: `)
      expect(challengeOf(answer)).not.toContain('resource_metadata')
      expect(answer.json()).toMatchObject({ error: { data: { code } } })
      expect(files.count('tools/list')).toBe(0)
      const logged = JSON.stringify(at.logged())
      expect(logged).toContain(`"code":"${code}"`)
      expect(logged).not.toContain(sent.slice(16))
    },
  )

  test('is refused beside JWTs with the metadata of the issuer in the challenge', async () => {
    const { sent, keys } = make(newKey({ scopes: ['mcp:read'] }))
    const { proxy: at } = await start(keys, jwt)
    const answer = await list(at, sent)
    expect(answer.status).toBe(401)
    // What does not begin as keys do is judged as the JWT that it may be.
    const wanted = sent.startsWith('mcpk_') ? code : 'jose-shape'
    expect(challengeOf(answer)).toContain(`error_description="${wanted}: `)
    expect(challengeOf(answer)).toContain('scope="mcp:read"')
    expect(challengeOf(answer)).toContain(
      'resource_metadata="https://mcp.acme.test/.well-known/oauth-protected-resource/mcp"',
    )
  })
})

test('what is no key of ours is refused where only keys are accepted, and is not in the log', async () => {
  const { proxy: at } = await start([newKey()])
  const answer = await list(at, 'another-token-of-another-kind')
  expect(answer.status).toBe(401)
  expect(challengeOf(answer)).toContain('error_description="key-unknown: ')
  expect(JSON.stringify(at.logged())).not.toContain('another-kind')
})

test('a caller without a credential gets a challenge with scopes and, beside JWTs, the metadata', async () => {
  const alone = await start([newKey()], { type: 'keys', required_scopes: ['mcp:read'] })
  const bare = await alone.proxy.modern('tools/list')
  expect([bare.status, challengeOf(bare)]).toEqual([401, 'Bearer scope="mcp:read"'])
  await alone.proxy.close()
  const beside = await start([newKey()], jwt)
  expect(challengeOf(await beside.proxy.modern('tools/list'))).toContain('resource_metadata=')
  const metadata = await beside.proxy.send({
    method: 'GET',
    path: '/.well-known/oauth-protected-resource/mcp',
  })
  expect(metadata.json()).toMatchObject({
    resource: 'https://mcp.acme.test/mcp',
    authorization_servers: ['https://id.acme.test'],
  })
})

test('a key that lacks a required scope is refused with HTTP 403 and insufficient_scope', async () => {
  const key = newKey()
  const { proxy: at } = await start([key], jwt)
  const answer = await list(at, key.text)
  expect(answer.status).toBe(403)
  expect(challengeOf(answer)).toContain('error="insufficient_scope"')
})

test('a key and a JWT are both accepted by one proxy', async () => {
  const key = newKey({ scopes: ['mcp:read'] })
  const { proxy: at, clock } = await start([key], jwt)
  const claims = goodClaims({ scope: 'mcp:read' }, Math.floor(clock.now() / 1000))
  const token = await mintToken(await testKey(), claims)
  expect((await list(at, key.text)).status).toBe(200)
  expect((await list(at, token)).status).toBe(200)
})

test('the roles and the scopes of a key decide what it is shown and may call, without any mapping', async () => {
  const [reader, writer, none] = [
    newKey({ name: 'reader', roles: ['reader'] }),
    newKey({ name: 'writer', roles: ['writer'], scopes: ['files:write'] }),
    newKey({ name: 'none' }),
  ]
  const { proxy: at } = await start([reader, writer, none], {
    type: 'keys',
    roles: [{ name: 'reader', allow_tools: ['files/read'] }, { name: 'writer' }],
    tool_scopes: { files__write: 'files:write' },
  })
  expect(toolsOf(await list(at, reader.text))).toEqual(['files__read'])
  expect(toolsOf(await list(at, writer.text))).toEqual(['files__read', 'files__write'])
  expect(toolsOf(await list(at, none.text))).toEqual([])
  const call = (token: string) => at.modern('tools/call', { name: 'files__write' }, { token })
  expect((await call(writer.text)).json()).toMatchObject({ result: {} })
  expect((await call(reader.text)).json()).toMatchObject({
    error: { data: { code: 'name-unknown' } },
  })
})

test('a rule can look at the key: its owner, its name, its roles, and that it is one', async () => {
  const [mine, other] = [
    newKey({ owner: 'ops@example.com', roles: ['deploy'] }),
    newKey({ name: 'other', roles: ['deploy'] }),
  ]
  const { proxy: at } = await start([mine, other], {
    type: 'keys',
    rules: [
      {
        when: 'caller.method == "key" && caller.subject == "ops@example.com" && caller.claims.key_name == "ci" && "deploy" in caller.roles',
        effect: 'allow',
      },
    ],
  })
  expect(toolsOf(await list(at, mine.text))).toHaveLength(2)
  expect(toolsOf(await list(at, other.text))).toEqual([])
})

test('a key that is revoked during a session is refused from the next look at the file on', async () => {
  const key = newKey()
  const { proxy: at, keyFile, clock } = await start([key])
  const session = await at.session({ token: key.text })
  expect((await session.call('tools/list')).status).toBe(200)
  keyFile.replace([{ ...key, entry: { ...key.entry, revoked: iso(testEpochMs) } }])
  await clock.advance(1000)
  await expect
    .poll(async () => {
      const answer = await session.call('tools/list')
      return [answer.status, challengeOf(answer).includes('key-revoked')]
    })
    .toEqual([401, true])
})

test('a key that expires during a session is refused from that moment on', async () => {
  const key = newKey({ expires: iso(testEpochMs + 60_000) })
  const { proxy: at, clock } = await start([key])
  const session = await at.session({ token: key.text })
  clock.set(testEpochMs + 59_999)
  expect((await session.call('tools/list')).status).toBe(200)
  clock.set(testEpochMs + 60_000)
  const answer = await session.call('tools/list')
  expect(answer.status).toBe(401)
  expect(challengeOf(answer)).toContain('key-expired')
})

test('a session of one key is unknown to a key of another owner', async () => {
  const [mine, other] = [newKey({ owner: 'a' }), newKey({ name: 'other', owner: 'b' })]
  const { proxy: at } = await start([mine, other])
  const session = await at.session({ token: mine.text })
  expect((await session.call('tools/list', {}, { token: other.text })).status).toBe(404)
})

test('the log has subject, name and fingerprint of the key that called, and never the key', async () => {
  const key = newKey({ owner: 'build@example.com' })
  const { proxy: at } = await start([key])
  await at.modern('tools/call', { name: 'files__read' }, { token: key.text })
  const logged = at.logged()
  expect(logged).toContainEqual(
    expect.objectContaining({ sub: 'build@example.com', client_id: 'ci' }),
  )
  expect(JSON.stringify(logged)).not.toContain(key.text.slice(16, 40))
})
