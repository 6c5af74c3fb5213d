// The policy at the HTTP door: step-up challenges, sessions whose token changes, and reloads, in both eras.
import { afterEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { configOf, startTestProxy, type Received, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../../support/tokens.ts'

const now = () => Math.floor(Date.now() / 1000)
const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })

const auth = {
  type: 'jwt',
  issuer: 'https://id.acme.test',
  jwks_uri: 'https://id.acme.test/jwks',
  required_scopes: ['mcp:read'],
  roles: [{ name: 'reader', allow_tools: ['files/read'] }, { name: 'writer' }],
  role_mapping: {
    claim: 'realm_access.roles',
    mapping: { readers: 'reader', writers: ['reader', 'writer'] },
  },
  tool_scopes: { files__write: ['files:write'] },
}

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
})

const start = async (more: object = {}) => {
  const files = scriptedBackend('files', {
    'tools/list': { tools: [tool('read'), tool('write')] },
    'tools/call': { content: [] },
  })
  const key = await testKey()
  proxy = await startTestProxy([files], {
    localKeys: jwksOf(key),
    config: {
      proxy: { public_url: 'https://mcp.acme.test/mcp' },
      auth: { ...auth, ...more },
    },
  })
  const tokenOf = (roles: readonly string[], scope = 'mcp:read files:write') =>
    mintToken(key, goodClaims({ realm_access: { roles }, scope }, now()))
  return { proxy, files, tokenOf }
}

const namesIn = (answer: Received): readonly string[] =>
  (answer.json() as { result: { tools: { name: string }[] } }).result.tools.map(({ name }) => name)

describe('a tool that needs another scope', () => {
  test('is refused with HTTP 403 and a challenge that names all scopes, in both eras, and the backend is not asked', async () => {
    const { proxy: at, files, tokenOf } = await start()
    const token = await tokenOf(['writers'], 'mcp:read')
    const session = await at.session({ token })
    for (const answer of [
      await session.call('tools/call', { name: 'files__write', arguments: {} }),
      await at.modern('tools/call', { name: 'files__write', arguments: {} }, { token }),
    ]) {
      expect(answer.status).toBe(403)
      const challenge = answer.headers['www-authenticate']
      expect(challenge).toContain('error="insufficient_scope"')
      expect(challenge).toContain('scope="mcp:read files:write"')
      expect(challenge).toContain(
        'resource_metadata="https://mcp.acme.test/.well-known/oauth-protected-resource/mcp"',
      )
      expect(answer.json()).toMatchObject({ id: expect.anything(), error: { code: -32602 } })
    }
    expect(files.count('tools/call')).toBe(0)
    const better = await tokenOf(['writers'])
    const called = await session.call(
      'tools/call',
      { name: 'files__write', arguments: {} },
      { token: better },
    )
    expect(called.status).toBe(200)
    expect(files.count('tools/call')).toBe(1)
  })
})

test('a session whose next token has other roles is shown and may call what these allow, from that request on', async () => {
  const { proxy: at, tokenOf } = await start()
  const [reader, writer] = [await tokenOf(['readers']), await tokenOf(['writers'])]
  const session = await at.session({ token: writer })
  const list = (token: string) => session.call('tools/list', {}, { token })
  const write = async (token: string) => {
    const answer = await session.call('tools/call', { name: 'files__write' }, { token })
    return answer.json().error?.data.code ?? 'called'
  }
  expect(namesIn(await list(writer))).toEqual(['files__read', 'files__write'])
  expect(await write(writer)).toBe('called')
  expect(namesIn(await list(reader))).toEqual(['files__read'])
  expect(await write(reader)).toBe('name-unknown')
  expect(namesIn(await list(writer))).toEqual(['files__read', 'files__write'])
})

test('what was refused is in the log with its id and its reason, and the caller reads nothing of it', async () => {
  const { proxy: at, tokenOf } = await start()
  const token = await tokenOf(['readers'])
  const answer = await at.modern('tools/call', { name: 'files__write' }, { token })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(/policy|role/)
  expect(at.logged()).toContainEqual(
    expect.objectContaining({
      event: 'audit',
      code: 'policy-role',
      detail: expect.stringContaining('No role of the caller allows tool "write"') as string,
    }),
  )
})

test('a role that a reload takes away is gone with the next request of a session that goes on', async () => {
  const { proxy: at, tokenOf } = await start()
  const token = await tokenOf(['writers'])
  const session = await at.session({ token })
  expect(namesIn(await session.call('tools/list'))).toEqual(['files__read', 'files__write'])
  const { role_mapping: mapping } = auth
  await at.replace(
    configSchema.parse({
      ...configOf(['files'], {
        proxy: { public_url: 'https://mcp.acme.test/mcp' },
        auth: { ...auth, role_mapping: { ...mapping, mapping: { writers: 'reader' } } },
      }),
    }),
  )
  expect(namesIn(await session.call('tools/list'))).toEqual(['files__read'])
  expect((await session.call('tools/call', { name: 'files__write' })).json()).toMatchObject({
    error: { data: { code: 'name-unknown' } },
  })
})
