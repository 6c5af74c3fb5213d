// Metadata that is not where clients look: the remedy gives the exact issuer or address.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { problemFrom } from '../../../src/core/verdict/check.ts'
import { failedChecks } from '../../../src/core/verdict/judge.ts'
import { investigate } from '../../../src/core/investigation/investigation.ts'
import { discoverAuthServer } from '../../../src/core/metadata/discovery.ts'
import { placesElsewhere } from '../../../src/core/metadata/well-known.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

const oauth = '/.well-known/oauth-authorization-server'
const oidc = '/.well-known/openid-configuration'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server.close())

const at = (path: string): string => `${server.origin}${path}`
const document = (issuer: string, more: Record<string, unknown> = {}) => ({
  body: {
    issuer,
    jwks_uri: at('/jwks'),
    token_endpoint: at('/token'),
    authorization_endpoint: at('/authorize'),
    ...more,
  },
})

const leading = async (issuer: string) => {
  const { checks, server: found } = await investigate(issuer, systemPorts(), { as: 'issuer' })
  const check = failedChecks(checks).find(({ id }) => id === 'asm-found' || id === 'asm-issuer')
  if (check === undefined) throw new Error('nothing is wrong')
  const problem = problemFrom(check)
  return { case: problem.case, detail: problem.detail, remedy: hintOf(problem), found }
}

/** What the remedy says to use, tried. */
const works = async (issuer: string): Promise<boolean> =>
  (await discoverAuthServer(issuer, systemPorts())).metadata !== undefined

describe('the metadata has another name than the one asked for', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['at the root only', '/realms/dev', oauth, ''],
    ['at the root, in the form of OpenID Connect', '/realms/dev', oidc, ''],
    ['one step up', '/realms/dev/account', `/realms/dev${oidc}`, '/realms/dev'],
    [
      'an endpoint was given',
      '/realms/dev/protocol/openid-connect/token',
      `/realms/dev${oidc}`,
      '/realms/dev',
    ],
    ['the address of the document was given', oidc, oidc, ''],
    ['the inserted address was given', `${oauth}/dev`, `${oauth}/dev`, '/dev'],
    ['Keycloak without /auth', '/auth/realms/dev', `/realms/dev${oidc}`, '/realms/dev'],
    ['Keycloak with /auth', '/realms/dev', `/auth/realms/dev${oidc}`, '/auth/realms/dev'],
    ['other case', '/Realms/Dev', `/realms/dev${oidc}`, '/realms/dev'],
    ['two slashes', '//dev', `/dev${oidc}`, '/dev'],
    ['below the root', '', `/oauth2/default${oidc}`, '/oauth2/default'],
    ['below the root, inserted', '', `${oauth}/oauth`, '/oauth'],
    ['below the root, at /api/auth', '', `${oauth}/api/auth`, '/api/auth'],
    ['v2.0 was left out', '/tenant', `/tenant/v2.0${oidc}`, '/tenant/v2.0'],
  ]

  test.each(rows)('%s', async (_, asked, place, real) => {
    server.on(place, document(at(real)))
    const said = await leading(at(asked))
    expect(said.case).toBe('elsewhere')
    expect(said.detail).toContain(at(place))
    expect(said.remedy).toContain(`the issuer is "${at(real)}"`)
    expect(said.found?.attempts.at(-1)).toMatchObject({ form: 'elsewhere', outcome: 'failed' })
    expect(await works(at(real))).toBe(true)
  })
})

describe('the metadata of the issuer is where clients do not look', () => {
  test.each([
    ['at the root', '/dev', oauth],
    ['under a name with a slash', '', `${oauth}/`],
    ['under a name with .json', '', `${oauth}.json`],
    ['below, under a path', '', `/oauth2${oidc}`],
    ['one step up', '/a/b', `/a${oidc}`],
  ])('%s', async (_, path, place) => {
    const issuer = at(path)
    server.on(place, document(issuer))
    const { case: name, detail, remedy } = await leading(issuer)
    expect(name).toBe('misplaced-keys')
    expect(detail).toBe(`The metadata of ${issuer} is at ${at(place)}, where clients do not look`)
    const standard = at(`${oauth}${path}`)
    expect(remedy).toContain(`serve the same document at ${standard}`)
    expect(remedy).toContain(`--jwks-uri) to "${at('/jwks')}"`)
    server.on(`${oauth}${path}`, document(issuer))
    expect(await works(issuer)).toBe(true)
  })

  test('without a key set only the place is named', async () => {
    server.on(oauth, document(at('/dev'), { jwks_uri: undefined }))
    const { case: name, remedy } = await leading(at('/dev'))
    expect(name).toBe('misplaced')
    expect(remedy).toBe(`serve the same document at ${at(`${oauth}/dev`)}`)
  })
})

describe('a document is named for another issuer', () => {
  test('which publishes nothing: found elsewhere', async () => {
    const other = 'http://127.0.0.1:9/internal'
    server.on(oauth, document(other))
    const { case: name, detail, remedy } = await leading(at('/dev'))
    expect(name).toBe('orphan')
    expect(detail).toContain(
      `${at(oauth)} has the metadata of ${other}, which itself did not return any`,
    )
    expect(remedy).toContain(`if "${at('/dev')}" is in the tokens`)
    expect(remedy).toContain(`http://127.0.0.1:9${oauth}/internal`)
  })

  test('which publishes nothing: at the place itself, where its name cannot be the remedy', async () => {
    const other = 'http://127.0.0.1:9/internal'
    server.on(`${oauth}/dev`, document(other))
    const { case: name, remedy } = await leading(at('/dev'))
    expect(name).toBe('unserved')
    expect(remedy).toContain(
      `make the document at ${at(`${oauth}/dev`)} say "issuer": "${at('/dev')}"`,
    )
    expect(remedy).toContain(`--metadata-issuer) to it`)
  })

  test('which publishes it: its name is the remedy', async () => {
    server.on(`${oauth}/dev`, document(at('/prod')))
    server.on(`${oauth}/prod`, document(at('/prod')))
    const { case: name, remedy } = await leading(at('/dev'))
    expect(name).toBe('other')
    expect(remedy).toContain(`set issuer (--issuer) to "${at('/prod')}"`)
  })
})

describe('what is no metadata is not taken for it', () => {
  test.each([
    ['nothing', {}],
    ['a page for every address', { body: '<!doctype html>' }],
    ['JSON without an endpoint', { body: { issuer: 'https://id.acme.test' } }],
    ['an issuer that is no URL', { body: { issuer: 'acme', token_endpoint: 'https://a.test' } }],
  ])('%s', async (_, answer) => {
    if ('body' in answer) server.on(oauth, answer)
    const { case: name, remedy } = await leading(at('/dev'))
    expect(name).toBe('lost')
    expect(remedy).toContain(`compare the issuer ${at('/dev')} with iss of a token`)
  })

  test('the search is bounded, and asks no place twice', () => {
    for (const issuer of ['https://a.test', 'https://a.test/a/b/c/d/e/f/g', 'https://a.test//X/']) {
      const places = placesElsewhere(issuer, ['/mcp'])
      expect(places.length).toBeLessThanOrEqual(28)
      expect(new Set(places).size).toBe(places.length)
    }
    expect(placesElsewhere('no-url')).toEqual([])
  })

  test('a running proxy does not search', async () => {
    server.on(oauth, document(at('')))
    await discoverAuthServer(at('/dev'), systemPorts())
    expect(server.count(oauth)).toBe(0)
  })

  test('a broken document in its place is corrected there, not looked for', async () => {
    server.on(`${oauth}/dev`, { body: '{"issuer":' })
    server.on(oauth, document(at('')))
    const { case: name } = await leading(at('/dev'))
    expect(name).toBe('syntax')
    expect(server.count(oauth)).toBe(0)
  })
})

describe('an MCP server whose authorization server is not where clients guess', () => {
  test('below its own path: named, with the place for it', async () => {
    const challenge = { 'www-authenticate': 'Bearer' }
    server.on('/mcp', { status: 401, headers: challenge })
    server.on(`/mcp${oauth}`, { status: 404 })
    server.on(`${oauth}/mcp`, document(at('/mcp')))
    const { checks } = await investigate(at('/mcp'), systemPorts(), {})
    const found = checks.find(({ id }) => id === 'asm-found')
    expect(JSON.stringify(found)).toContain(`No metadata for ${at('')}`)
    expect(JSON.stringify(found)).toContain(at(`${oauth}/mcp`))
  })
})
