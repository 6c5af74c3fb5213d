// The section [verify]: what a configuration needs beside it, and the names of the headers that it stands for.
import { describe, expect, test } from 'vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { identityHeaders } from '../../src/config/verify.ts'
import { minimal, problemsOf, read, shown } from './reading.ts'

const auth = '[auth]\ntype = "jwt"\nissuer = "https://id.test"\njwks_uri = "https://id.test/jwks"\n'

const firstWarning = async (text: string) => (await read(text)).warnings[0]

describe('a configuration that only verifies', () => {
  test('needs [auth] and [verify], in every format', async () => {
    const json = JSON.stringify({
      verify: {},
      auth: { type: 'jwt', issuer: 'https://id.test', jwks_uri: 'https://id.test/jwks' },
    })
    const { config } = await read(`[verify]\n${auth}`)
    expect(config).toMatchObject({
      proxy: { name: 'mcp-proxy' },
      backends: [],
      verify: {
        path: '/verify',
        headers: ['subject', 'client_id', 'scopes', 'issuer', 'roles'],
        header_prefix: 'X-Auth-',
      },
    })
    expect((await read(json, {}, 'json')).config).toEqual(config)
  })

  test('is told of its mistakes, and of none that it does not have', async () => {
    expect(shown(await problemsOf(`[verify]\npaht = "/x"\n${auth}`))).toEqual([
      '2:1 config-unknown-key Unknown key verify.paht | did you mean `path`?',
    ])
    expect(shown(await problemsOf('[verify]\nheaders = "subject"\n'))[0]).toContain(
      'verify.headers: must be a list, not a string',
    )
  })
})

test('without [verify] there is no such section, and backends are required as before', async () => {
  expect((await read(minimal)).config.verify).toBeUndefined()
  expect((await problemsOf('[proxy]\nname = "desk"\n'))[0]?.message).toBe('backends: is required')
})

test('editors are shown the same by the JSON Schema', () => {
  const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(configJsonSchema())
  const jwt = { type: 'jwt', issuer: 'https://id.test', jwks_uri: 'https://id.test/jwks' }
  const proxy = { name: 'p' }
  const backends = [{ name: 'a', transport: 'http', url: 'https://a.test/mcp' }]
  expect(isValid({ verify: {}, auth: jwt })).toBe(true)
  expect(isValid({ verify: {}, auth: jwt, proxy, backends })).toBe(true)
  expect(isValid({ proxy, backends })).toBe(true)
  expect(isValid({ verify: {} })).toBe(false)
  expect(isValid({ auth: jwt, proxy })).toBe(false)
  expect(isValid({ auth: jwt, proxy, backends: [] })).toBe(false)
  expect(isValid({ auth: jwt, backends })).toBe(false)
})

test.each([
  [
    'roles',
    'roles = [{ name = "r", allow_tools = ["x"] }]\nrole_mapping = { claim = "g", mapping = { s = "r" } }\n',
  ],
  ['tool_scopes', 'tool_scopes = { "a/*" = ["s"] }\n'],
  ['rules', 'rules = [{ when = "true", effect = "deny" }]\n'],
])('what auth.%s says of single tools is announced not to apply', async (key, lines) => {
  expect(await firstWarning(`[verify]\n${auth}${lines}`)).toMatchObject({
    code: 'config-advice',
    message: `auth.${key}: does not apply at [verify]: a gateway does not report which tool is called`,
  })
  expect(await firstWarning(`${minimal}${auth}${lines}`)).toBeUndefined()
})

test('roles without lists only name callers, and are no reason for a warning', async () => {
  const roles = 'roles = [{ name = "r" }]\nrole_mapping = { claim = "g", mapping = { s = "r" } }\n'
  expect(await firstWarning(`[verify]\n${auth}${roles}`)).toBeUndefined()
})

test('headers are named by prefix and fact, each once and in the order of the list', () => {
  const headers = ['client_id', 'subject', 'client_id'] as const
  expect(identityHeaders({ headers: [...headers], header_prefix: 'X-' })).toEqual([
    ['client_id', 'X-Client-Id'],
    ['subject', 'X-Subject'],
  ])
})
