// Every member of every table with wrong values, through the official clients and through ours: what they refuse is
// named, and weighs as what stops clients; where they differ, the reason is written here.
import { registerClient } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../src/base/json.ts'
import { isFinding, severityOf, type Check } from '../../../src/core/verdict/check.ts'
import { checkResourceMembers } from '../../../src/core/metadata/member-checks.ts'
import {
  memberFaults,
  oauthMembers,
  openIdMembers,
  registrationMembers,
  resourceMembers,
  type Member,
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

const wrong: Readonly<Record<Member['type'], readonly Json[]>> = {
  text: [null, 7, true, ['x'], {}],
  URL: [null, '', 'x', '/relative', 7, true, ['https://x.test'], {}, 'javascript:alert(1)'],
  'list of strings': [null, '', 'x y', 7, true, {}, [7], [null], [['x']]],
  'list of URLs': [null, '', 'https://x.test', 7, {}, [7], [null], ['x']],
  boolean: [null, '', 'true', 'false', 0, 1, [], {}],
  number: [null, '', '3600', true, [], {}],
  object: [null, '', 'x', 7, true, []],
}

const right: Readonly<Record<Member['type'], Json>> = {
  text: 'x',
  URL: 'https://x.test/y',
  'list of strings': ['x'],
  'list of URLs': ['https://x.test/y'],
  boolean: false,
  number: 3600,
  object: {},
}

const shown = (name: string, value: Json | undefined) =>
  `${name} = ${JSON.stringify(value) ?? 'absent'}`

const grave = (check: Check | undefined): boolean =>
  check !== undefined && isFinding(check) && severityOf(check) === 'high'

const valuesOf = ({ type, isRequired }: Member): readonly (Json | undefined)[] => [
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
  /** No address that anything can be fetched from: this client takes any scheme here, and we do not. */
  const script = 'javascript:alert(1)'
  const differences: string[] = []
  for (const member of resourceMembers) {
    for (const value of valuesOf(member)) {
      const body = { ...document, [member.name]: value } as JsonObject
      server.on(path, { body })
      const refusal = await resourceRefusal(url)
      const named = memberFaults(body, resourceMembers).some(({ isRefused }) => isRefused)
      if (named !== (refusal !== undefined) && value !== script) {
        differences.push(`${shown(member.name, value)}: ${refusal ?? 'taken'}`)
      }
      const check = checkResourceMembers(body)
      if (!elsewhere.has(member.name)) expect(grave(check), shown(member.name, value)).toBe(named)
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
