// Every member of every table with wrong values, through the official clients and through ours: what they refuse is
// named, and weighs as what stops clients; where they differ, the reason is written here.
import { registerClient } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../src/base/json.ts'
import { isFinding, severityOf, type Check } from '../../../src/core/verdict/check.ts'
import {
  checkResourceMembers,
  checkServerMembers,
} from '../../../src/core/metadata/member-checks.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import {
  memberFaults,
  oauthMembers,
  openIdMembers,
  registrationMembers,
  resourceMembers,
  type MetadataMember,
} from '../../../src/core/metadata/members.ts'
import {
  completeMetadata,
  judgeIssuer,
  oauthPath,
  oidcPath,
  resourceRefusal,
} from '../../support/client-corpus.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server.close())

const wrong: Readonly<Record<MetadataMember['type'], readonly Json[]>> = {
  string: [null, '', 7, true, ['x'], {}],
  URL: [
    null,
    '',
    ' ',
    'x',
    '/relative',
    '//x.test/y',
    'https://',
    'https://x .test',
    7,
    true,
    ['https://x.test'],
    {},
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:,x',
    'vbscript:x',
  ],
  'list of strings': [null, '', 'x y', 7, true, {}, [], [7], [null], ['x', 7], [['x']]],
  'list of URLs': [
    null,
    '',
    'https://x.test',
    7,
    {},
    [],
    [7],
    [null],
    ['x'],
    ['https://x.test', ''],
  ],
  boolean: [null, '', 'true', 'false', 0, 1, [], {}],
  number: [null, '', '3600', true, [], {}],
  object: [null, '', 'x', 7, true, []],
  'object of URLs': [null, '', 'x', 7, true, [], { token_endpoint: null }, { token_endpoint: 'x' }],
}

const right: Readonly<Record<MetadataMember['type'], Json>> = {
  string: 'x',
  URL: 'https://x.test/y',
  'list of strings': ['x'],
  'list of URLs': ['https://x.test/y'],
  boolean: false,
  number: 3600,
  object: {},
  'object of URLs': { token_endpoint: 'https://x.test/y' },
}

const shown = (name: string, value: Json | undefined) =>
  `${name} = ${JSON.stringify(value) ?? 'absent'}`

const grave = (check: Check | undefined): boolean =>
  check !== undefined && isFinding(check) && severityOf(check) === 'high'

const valuesOf = ({ type, isRequired }: MetadataMember): readonly (Json | undefined)[] => [
  right[type],
  ...wrong[type],
  ...(isRequired ? [undefined] : []),
]

/** Members that decide where we ask, or that another check is about. */
const identity = new Set(['issuer'])

describe.each([
  ['RFC 8414', oauthMembers, oauthPath],
  ['OpenID Connect Discovery', openIdMembers, oidcPath],
] as const)('%s', (_, table, path) => {
  test('what the official clients refuse is a finding of high severity, and nothing else is', async () => {
    server.on(oauthPath, { status: 404 })
    server.on(oidcPath, { status: 404 })
    const differences: string[] = []
    let count = 0
    for (const member of table.filter(({ name }) => !identity.has(name))) {
      for (const value of valuesOf(member)) {
        const body = { ...completeMetadata(server.origin), [member.name]: value }
        server.on(path, { body })
        const { client, sdk, checks } = await judgeIssuer(server.origin)
        count += 1
        const refused = client !== undefined || sdk !== undefined
        const check = checks.find(({ id }) => id === 'asm-members')
        const endpoints = checks.find(({ id }) => id === 'asm-endpoints')
        const named = grave(check) || (value === undefined && grave(endpoints))
        if (named !== refused) {
          differences.push(`${shown(member.name, value)}: ${client ?? sdk ?? 'taken'}`)
        }
        const isWrong = value !== right[member.type]
        const told = JSON.stringify(value === undefined ? [check, endpoints] : check).includes(
          member.name,
        )
        if (isWrong !== told) differences.push(`${shown(member.name, value)}: not named`)
      }
    }
    expect(differences).toEqual([])
    expect(count).toBeGreaterThan(150)
  }, 120_000)
})

test('RFC 9728: what the official client refuses is a finding of high severity, and nothing else is', async () => {
  const url = `${server.origin}/mcp`
  const path = '/.well-known/oauth-protected-resource/mcp'
  const document = { resource: url, authorization_servers: ['https://id.example'] }
  const elsewhere = new Set(['resource', 'authorization_servers'])
  const differences: string[] = []
  for (const member of resourceMembers) {
    for (const value of valuesOf(member)) {
      const body = { ...document, [member.name]: value } as JsonObject
      server.on(path, { body })
      const refusal = await resourceRefusal(url)
      const named = memberFaults(body, resourceMembers).some(({ isRefused }) => isRefused)
      if (named !== (refusal !== undefined)) {
        differences.push(`${shown(member.name, value)}: ${refusal ?? 'taken'}`)
      }
      const check = checkResourceMembers(body)
      if (!elsewhere.has(member.name) && grave(check) !== named) {
        differences.push(`${shown(member.name, value)}: not of high severity`)
      }
    }
  }
  expect(differences).toEqual([])
}, 60_000)

/** RFC 7591 lets these be left out alone; the official clients forgive an empty string. */
const forgiven = new Set(['logo_uri = ""', 'tos_uri = ""'])

test('RFC 7591: what the official client refuses in a registration is found', async () => {
  const document = { client_id: 'one', redirect_uris: ['http://127.0.0.1:1/callback'] }
  const metadata = completeMetadata(server.origin) as never
  const differences: string[] = []
  for (const member of registrationMembers) {
    for (const value of valuesOf(member)) {
      const body = { ...document, [member.name]: value } as JsonObject
      server.on('/register', { status: 201, body })
      const clientMetadata = { redirect_uris: ['http://127.0.0.1:1/callback'] }
      const refusal = await registerClient(server.origin, { metadata, clientMetadata }).then(
        () => undefined,
        (error: Error) => error.message,
      )
      const named = memberFaults(body, registrationMembers).some(({ isRefused }) => isRefused)
      const name = shown(member.name, value)
      if (named !== (refusal !== undefined) && !forgiven.has(name)) {
        differences.push(`${name}: ${refusal ?? 'taken'}`)
      }
    }
  }
  expect(differences).toEqual([])
}, 60_000)

test('a value is never repeated, only what it is', () => {
  for (const [table, name] of [
    [registrationMembers, 'client_secret'],
    [registrationMembers, 'registration_access_token'],
  ] as const) {
    const faults = memberFaults({ [name]: ['hunter2'] }, table)
    expect(JSON.stringify(faults)).not.toContain('hunter2')
    expect(faults.map(({ member }) => member.name)).toContain(name)
  }
})

test('no table names a member twice', () => {
  for (const table of [oauthMembers, openIdMembers, resourceMembers, registrationMembers]) {
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length)
  }
})

const metadata = (more: JsonObject): JsonObject => ({
  ...(completeMetadata('https://id.example') as JsonObject),
  ...more,
})

/** What a finding of the official form says of this document, and how much it weighs. */
const judged = (more: JsonObject) => {
  const check = checkServerMembers(metadata(more), 'oauth')
  if (!isFinding(check)) return undefined
  const { id: code, message: detail } = check
  return { detail, remedy: hintOf({ ...check, code }), severity: severityOf(check) }
}

test('an empty list is named with low severity, as no client refuses it', () => {
  expect(judged({ claims_supported: [] })).toEqual({
    detail: 'claims_supported is an empty list: members without values are left out',
    remedy: 'leave claims_supported out where it has no value',
    severity: 'low',
  })
})

test('the signature algorithms are required where clients may authenticate with a signature', () => {
  const methods = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }
  expect(judged(methods)).toEqual({
    detail:
      'token_endpoint_auth_signing_alg_values_supported is missing, and is required with private_key_jwt in token_endpoint_auth_methods_supported: clients do not know which signatures are taken',
    remedy: 'publish token_endpoint_auth_signing_alg_values_supported as a list of strings',
    severity: 'low',
  })
  const complete = { ...methods, token_endpoint_auth_signing_alg_values_supported: ['ES256'] }
  expect(judged(complete)).toBeUndefined()
  expect(checkServerMembers(metadata(methods), 'oidc').status).toBe('pass')
})

test('an alias for mutual TLS that is not a URL is named', () => {
  expect(judged({ mtls_endpoint_aliases: { token_endpoint: 'x' } })?.detail).toContain(
    'mtls_endpoint_aliases is an object with a string that is no usable URL in it, not an object of URLs',
  )
})

test('a member in another language has the type of the member', () => {
  const check = checkResourceMembers({ 'resource_name#fr': null, 'resource_tos_uri#fr': 'x' })
  expect(check).toMatchObject({ severity: 'medium' })
  expect(JSON.stringify(check)).toContain('resource_name#fr is null')
  expect(JSON.stringify(check)).toContain('resource_tos_uri#fr is a string that is no usable URL')
})

test('a required member is not to be left out, and each member has its remedy', () => {
  expect(judged({ token_endpoint: null, jwks_uri: '', scopes_supported: 'x y' })?.remedy).toBe(
    'publish token_endpoint as a URL; publish scopes_supported as a list of strings, or leave it out; leave jwks_uri out where it has no value',
  )
})

test('an authorization endpoint with a fragment, as one-page applications have it, is no grade A', () => {
  const endpoint = 'authorization_endpoint'
  expect(judged({ [endpoint]: 'https://id.example.com/#/authorize' })).toEqual({
    detail:
      'authorization_endpoint has a fragment: what follows # never reaches the server, nor do parameters that a client appends to it',
    remedy:
      'publish authorization_endpoint without # and what follows it: endpoints have no fragment (RFC 6749 section 3)',
    severity: 'medium',
  })
  expect(judged({ token_endpoint: 'https://id.example.com/token#' })?.severity).toBe('medium')
  expect(judged({ service_documentation: 'https://id.example.com/docs#login' })).toBeUndefined()
})
