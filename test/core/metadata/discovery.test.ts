import { MockAgent } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogFields } from '../../../src/base/ports.ts'
import { silentLogger } from '../../../src/base/ports.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { problemFrom, type Check } from '../../../src/core/verdict/check.ts'
import { discoverAuthServer, type Discovery } from '../../../src/core/metadata/discovery.ts'
import { readMetadata } from '../../../src/core/metadata/metadata.ts'
import { metadataLocations } from '../../../src/core/metadata/well-known.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { gate, startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

const oauth = '/.well-known/oauth-authorization-server'
const oidc = '/.well-known/openid-configuration'

const check = ({ checks }: { readonly checks: readonly Check[] }, id: string): Check | undefined =>
  checks.find((found) => found.id === id)
const statusOf = (found: Discovery, id: string): string | undefined => check(found, id)?.status
const words = (found: Discovery, id: string): string => JSON.stringify(check(found, id))

describe('where metadata may be', () => {
  test('a host issuer: RFC 8414, then OpenID Connect', () => {
    const urls = [`https://id.acme.test${oauth}`, `https://id.acme.test${oidc}`]
    for (const issuer of ['https://id.acme.test', 'https://id.acme.test/']) {
      expect(metadataLocations(issuer).map(({ url }) => url)).toEqual(urls)
    }
  })

  test('a path issuer: inserted forms, then appended forms', () => {
    expect(metadataLocations('https://id.acme.test/realms/dev')).toEqual([
      { form: 'oauth-inserted', url: `https://id.acme.test${oauth}/realms/dev` },
      { form: 'oidc-inserted', url: `https://id.acme.test${oidc}/realms/dev` },
      { form: 'oidc-appended', url: `https://id.acme.test/realms/dev${oidc}` },
      { form: 'oauth-appended', url: `https://id.acme.test/realms/dev${oauth}` },
    ])
  })

  test('one trailing slash is trimmed, not all', () => {
    const urls = metadataLocations('https://id.acme.test/a//').map(({ url }) => url)
    expect(urls[0]).toBe(`https://id.acme.test${oauth}/a/`)
  })

  test.each([
    ['http://fs.acme.test/adfs/services/trust', `https://fs.acme.test/adfs${oidc}`],
    ['https://fs.acme.test/adfs/services/trust', `https://fs.acme.test/adfs${oidc}`],
    ['http://fs.acme.test/ADFS/Services/Trust', `https://fs.acme.test/ADFS${oidc}`],
    ['http://127.0.0.1:4000/adfs/services/trust', `http://127.0.0.1:4000/adfs${oidc}`],
  ])('the issuer of AD FS tokens %s: the metadata of AD FS', (issuer, url) => {
    expect(metadataLocations(issuer)).toEqual([{ form: 'oidc-appended', url }])
  })

  test.each(['https://id.acme.test/adfs', 'https://id.acme.test/adfs/services/trust/13'])(
    '%s has the usual locations',
    (issuer) => {
      expect(metadataLocations(issuer)).toHaveLength(4)
    },
  )

  test.each(['', 'id.acme.test', 'mailto:a@b', '/realms/dev'])('%j is nowhere', (issuer) => {
    expect(metadataLocations(issuer)).toEqual([])
  })
})

describe('a document is read field by field', () => {
  test('unknown members are kept in raw, absent lists are empty', () => {
    const read = readMetadata('{"issuer":"i","x":1}')
    expect(read).toMatchObject({
      metadata: { issuer: 'i', scopes_supported: [], raw: { x: 1 } },
    })
  })

  test('a member of a wrong type counts as absent', () => {
    const text = JSON.stringify({
      issuer: 'i',
      jwks_uri: null,
      token_endpoint: 'https://t',
      scopes_supported: 'openid',
      grant_types_supported: ['a', 1],
      client_id_metadata_document_supported: 'yes',
    })
    const read = readMetadata(text)
    expect(read).toMatchObject({
      metadata: { token_endpoint: 'https://t', scopes_supported: [], grant_types_supported: [] },
    })
    expect(read).not.toHaveProperty('metadata.jwks_uri')
  })

  test.each([
    ['', 'empty'],
    ['<html></html>', 'HTML'],
    ['[1]', 'a list'],
    ['null', 'null'],
    ['{"issuer":', 'JSON'],
    ['{}', 'missing field `issuer`'],
    ['{"issuer":7}', 'a number'],
  ])('%j has no metadata', (text, cause) => {
    expect(readMetadata(text)).toHaveProperty('cause', expect.stringContaining(cause))
  })
})

describe('discoverAuthServer', () => {
  let server: ScriptedServer
  const logged: LogFields[] = []
  const ports = systemPorts({
    log: { ...silentLogger, info: (fields) => void logged.push(fields) },
  })

  beforeEach(async () => {
    server = await startScriptedServer()
    logged.length = 0
  })
  afterEach(() => server.close())

  const document = (issuer: string, more: Record<string, unknown> = {}) => ({
    body: {
      issuer,
      jwks_uri: `${server.origin}/jwks`,
      authorization_endpoint: `${server.origin}/authorize`,
      token_endpoint: `${server.origin}/token`,
      introspection_endpoint: `${server.origin}/introspect`,
      code_challenge_methods_supported: ['S256'],
      registration_endpoint: `${server.origin}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
      ...more,
    },
  })
  const realm = (): string => `${server.origin}/realms/dev`
  const asked = (): string[] => server.requests.map(({ path }) => path)

  describe('a document whose tokens name another issuer (access_token_issuer)', () => {
    const trust = (): string => `${server.origin}/adfs/services/trust`
    const adfs = (more: Record<string, unknown> = {}) =>
      server.on(`/adfs${oidc}`, document(`${server.origin}/adfs`, more))

    test('fits the issuer of AD FS tokens', async () => {
      adfs({ access_token_issuer: trust() })
      const found = await discoverAuthServer(trust(), ports)
      expect(found.metadata?.jwks_uri).toBe(`${server.origin}/jwks`)
      expect(statusOf(found, 'asm-issuer')).toBe('pass')
      expect(asked()).toEqual([`/adfs${oidc}`])
    })

    test('fits such an issuer of any other server', async () => {
      server.on(`${oauth}/realms/dev`, document(server.origin, { access_token_issuer: realm() }))
      expect((await discoverAuthServer(realm(), ports)).metadata).toBeDefined()
    })

    test('fits its own issuer too', async () => {
      adfs({ access_token_issuer: trust() })
      expect((await discoverAuthServer(`${server.origin}/adfs`, ports)).metadata).toBeDefined()
    })

    test.each([
      ['says nothing about them', () => ({})],
      ['names a third issuer', () => ({ access_token_issuer: `${server.origin}/other` })],
      ['names it with a slash', () => ({ access_token_issuer: `${trust()}/` })],
      ['names a list', () => ({ access_token_issuer: [trust()] })],
    ])('does not fit where it %s', async (_, more) => {
      adfs(more())
      const found = await discoverAuthServer(trust(), ports)
      expect(found.metadata).toBeUndefined()
      expect(statusOf(found, 'asm-issuer')).toBe('fail')
    })
  })

  test('the first document that fits ends the search', async () => {
    server.on(oauth, document(server.origin))
    const found = await discoverAuthServer(server.origin, ports)
    expect(found).toMatchObject({ form: 'oauth', failure: undefined })
    expect(found.metadata?.jwks_uri).toBe(`${server.origin}/jwks`)
    expect(asked()).toEqual([oauth])
    expect(found.checks.filter(({ status }) => status !== 'pass')).toEqual([])
  })

  test('the log says who was found, and by which specification', async () => {
    server.on(oidc, document(server.origin))
    await discoverAuthServer(server.origin, ports)
    expect(logged).toEqual([
      expect.objectContaining({
        issuer: server.origin,
        jwks_uri: `${server.origin}/jwks`,
        introspection_endpoint: `${server.origin}/introspect`,
        source: 'OIDC',
      }),
    ])
  })

  test.each([
    ['oauth-inserted', `${oauth}/realms/dev`, 1, 'pass'],
    ['oidc-inserted', `${oidc}/realms/dev`, 2, 'warn'],
    ['oidc-appended', `/realms/dev${oidc}`, 3, 'warn'],
    ['oauth-appended', `/realms/dev${oauth}`, 4, 'warn'],
  ])('a path issuer that serves only %s', async (form, path, attempts, status) => {
    server.on(path, document(realm()))
    const found = await discoverAuthServer(realm(), ports)
    expect(found.form).toBe(form)
    expect(found.attempts).toHaveLength(attempts)
    expect(found.attempts.at(-1)?.outcome).toBe('used')
    expect(statusOf(found, 'asm-form')).toBe(status)
  })

  test('a foreign document is a failed attempt: a later one may fit', async () => {
    server.on(`${oauth}/realms/dev`, document(server.origin))
    server.on(`/realms/dev${oidc}`, document(realm()))
    const found = await discoverAuthServer(realm(), ports)
    expect(found.form).toBe('oidc-appended')
    expect(found.attempts[0]?.problem).toContain(server.origin)
    expect(statusOf(found, 'asm-issuer')).toBe('pass')
  })

  test('if none fits, asm-issuer names the first foreign issuer and the difference', async () => {
    server.on(oauth, document(`${server.origin}/`))
    server.on(oidc, document('https://other.test'))
    const found = await discoverAuthServer(server.origin, ports)
    expect(found.metadata).toBeUndefined()
    expect(statusOf(found, 'asm-issuer')).toBe('fail')
    expect(found.failure).toContain(`Document says ${server.origin}/, you asked ${server.origin}`)
    expect(found.failure).toContain('a trailing slash')
  })

  test('the slash of an issuer belongs to it', async () => {
    server.on(oauth, document(`${server.origin}/`))
    const found = await discoverAuthServer(`${server.origin}/`, ports)
    expect(found.metadata?.issuer).toBe(`${server.origin}/`)
  })

  test('a pinned metadata issuer is compared instead', async () => {
    server.on(oauth, document('https://sts.acme.test/7/'))
    const pinned = await discoverAuthServer(server.origin, ports, {
      metadataIssuer: 'https://sts.acme.test/7/',
    })
    expect(pinned.metadata?.issuer).toBe('https://sts.acme.test/7/')
    const other = await discoverAuthServer(server.origin, ports, { metadataIssuer: 'https://x' })
    expect(statusOf(other, 'asm-issuer')).toBe('fail')
  })

  test.each([
    ['http://keycloak:8080/realms/dev', 'https://id.acme.test/realms/dev'],
    ['https://id.acme.test/realms/dev', 'http://keycloak:8080/realms/dev'],
  ])('a server that is known by an internal name: %s, asked %s', async (named, asked) => {
    server.on(oauth, document(named))
    const found = await discoverAuthServer(server.origin, ports, { metadataIssuer: asked })
    const wrong = check(found, 'asm-issuer')
    expect(wrong).toMatchObject({ status: 'fail', case: 'internal' })
    const remedy = wrong?.status === 'fail' ? hintOf(problemFrom(wrong)) : ''
    expect(remedy).toContain('(Keycloak: KC_HOSTNAME)')
    expect(remedy).toMatch(
      /set issuer \(--issuer\) to the public one: "https:\/\/id\.acme\.test\/realms\/dev"$/,
    )
  })

  test('only 4xx is passed over in silence: other trouble is named in the end', async () => {
    server.on(oauth, { status: 500 })
    const found = await discoverAuthServer(server.origin, ports)
    expect(found.failure).toBe(
      `auth server discovery failed: ${server.origin}${oauth} returned 500`,
    )
    server.on(oauth, { status: 404 })
    const quiet = await discoverAuthServer(server.origin, ports)
    expect(quiet.failure).toBe(`auth server discovery failed: ${server.origin}${oidc} returned 404`)
    expect(words(quiet, 'asm-found')).toContain('None of 2 locations answered')
  })

  test('trouble with the first form does not stop the second', async () => {
    for (const script of [{ status: 500 }, { reset: true }, { body: '<html>' }, { status: 302 }]) {
      server.on(oauth, script)
      server.on(oidc, document(server.origin))
      const found = await discoverAuthServer(server.origin, ports)
      expect(found.form).toBe('oidc')
      expect(found.attempts[0]?.outcome).toBe('failed')
    }
  })

  test('an exhaustive walk asks the other locations too, and uses the same document', async () => {
    server.on(`${oidc}/realms/dev`, document(realm()))
    server.on(`/realms/dev${oidc}`, document(realm(), { token_endpoint: 'https://x.test/token' }))
    const plain = await discoverAuthServer(realm(), ports)
    const found = await discoverAuthServer(realm(), ports, { exhaustive: true })
    expect(found.attempts.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'used',
      'spare',
      'failed',
    ])
    expect([found.form, found.metadata]).toEqual([plain.form, plain.metadata])
    expect(statusOf(plain, 'asm-agree')).toBeUndefined()
    expect(words(found, 'asm-agree')).toContain(
      'oidc-inserted and oidc-appended disagree on token_endpoint',
    )
  })

  test('documents that say the same in another order agree', async () => {
    server.on(oauth, document(server.origin, { scopes_supported: ['a', 'b'], only_here: 1 }))
    server.on(oidc, document(server.origin, { scopes_supported: ['b', 'a'] }))
    const found = await discoverAuthServer(server.origin, ports, { exhaustive: true })
    expect(statusOf(found, 'asm-agree')).toBe('pass')
  })

  test('the document of the root in the place of the one of a path is no agreement', async () => {
    server.on(`${oauth}/realms/dev`, document(server.origin))
    server.on(`${oidc}/realms/dev`, document(realm()))
    const found = await discoverAuthServer(realm(), ports, { exhaustive: true })
    expect(found.form).toBe('oidc-inserted')
    expect(words(found, 'asm-agree')).toContain('disagree on issuer')
  })

  test('a server that hangs costs 5 s a location, 10 s in all', async () => {
    const clock = createManualClock()
    const held = gate()
    for (const path of metadataLocations(realm())) {
      server.on(new URL(path.url).pathname, { until: held.opened })
    }
    const pending = discoverAuthServer(realm(), { ...ports, clock })
    await server.asked(`${oauth}/realms/dev`)
    await clock.advance(5000)
    await server.asked(`${oidc}/realms/dev`)
    await clock.advance(5000)
    const found = await pending
    held.open()
    expect(found.attempts).toHaveLength(2)
    expect(found.failure).toContain('timeout')
  })

  test('plain http beyond loopback is not asked', async () => {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const closed = { ...ports, http: () => Promise.resolve(agent) }
    const found = await discoverAuthServer('http://id.acme.test', closed)
    expect(found.failure).toContain('plain http is for loopback only')
    expect(statusOf(found, 'asm-issuer-syntax')).toBe('fail')
  })

  test('what is not a URL has no location', async () => {
    const found = await discoverAuthServer('id.acme.test', ports)
    expect(found.attempts).toEqual([])
    expect(statusOf(found, 'asm-found')).toBe('fail')
    expect(statusOf(found, 'asm-issuer-syntax')).toBe('fail')
    expect(found.failure).toContain('not an http URL')
  })

  test.each([
    ['a query', 'https://id.acme.test?x=1', 'query'],
    ['a fragment', 'https://id.acme.test#x', 'fragment'],
    ['credentials', 'https://user:hunter2@id.acme.test', 'credentials'],
  ])('an issuer with %s', async (_, issuer, what) => {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const closed = { ...ports, http: () => Promise.resolve(agent) }
    const found = await discoverAuthServer(issuer, closed)
    expect(words(found, 'asm-issuer-syntax')).toContain(what)
    expect(words(found, 'asm-issuer-syntax')).not.toContain('hunter2')
  })

  describe('findings in the document', () => {
    const discovered = (more: Record<string, unknown>, options = {}): Promise<Discovery> => {
      server.on(oauth, document(server.origin, more))
      return discoverAuthServer(server.origin, ports, options)
    }

    test('asm-tls-urls: an endpoint over plain http', async () => {
      const found = await discovered({ token_endpoint: 'http://id.acme.test/token' })
      expect(statusOf(found, 'asm-tls-urls')).toBe('fail')
      expect(words(found, 'asm-tls-urls')).toContain('token_endpoint is http://id.acme.test/token')
    })

    test.each([
      ['', 'empty', /leave token_endpoint out/],
      ['/token', 'relative', /whole https URL/],
      ['ftp://id.acme.test/token', 'scheme', /https URL/],
    ])('asm-tls-urls: "%s" is %s, with a remedy of its own', async (url, name, remedy) => {
      const found = await discovered({ token_endpoint: url })
      const made = check(found, 'asm-tls-urls')
      expect(made).toMatchObject({ status: 'fail', case: name })
      expect(made?.status === 'fail' ? hintOf(problemFrom(made)) : '').toMatch(remedy)
    })

    test('asm-jwks-uri: absent', async () => {
      const opaque = await discovered({ jwks_uri: undefined })
      expect(check(opaque, 'asm-jwks-uri')).toMatchObject({ status: 'warn', severity: 'medium' })
      const neither = await discovered({ jwks_uri: undefined, introspection_endpoint: undefined })
      expect(statusOf(neither, 'asm-jwks-uri')).toBe('fail')
      const introspecting = { strategy: 'introspection' as const }
      const found = await discovered({ jwks_uri: undefined }, introspecting)
      expect(statusOf(found, 'asm-jwks-uri')).toBe('skip')
    })

    test('asm-introspection: absent, or under its old name', async () => {
      const absent = { introspection_endpoint: undefined }
      const needed = { strategy: 'both' as const }
      expect(statusOf(await discovered(absent, needed), 'asm-introspection')).toBe('fail')
      expect(statusOf(await discovered(absent), 'asm-introspection')).toBe('skip')
      const old = { ...absent, token_introspection_endpoint: 'https://x.test/i' }
      expect(statusOf(await discovered(old, needed), 'asm-introspection')).toBe('warn')
    })

    test('asm-pkce: missing, or without S256', async () => {
      const missing = await discovered({ code_challenge_methods_supported: undefined })
      expect(statusOf(missing, 'asm-pkce')).toBe('warn')
      const plain = await discovered({ code_challenge_methods_supported: ['plain'] })
      expect(statusOf(plain, 'asm-pkce')).toBe('warn')
      expect(statusOf(plain, 'asm-legacy-grants')).toBe('warn')
    })

    test('asm-registration: none, CIMD', async () => {
      const none = await discovered({
        registration_endpoint: undefined,
        client_id_metadata_document_supported: undefined,
      })
      expect(statusOf(none, 'asm-cimd')).toBe('warn')
      expect(statusOf(none, 'asm-registration')).toBe('warn')
      const cimd = await discovered({
        registration_endpoint: undefined,
        client_id_metadata_document_supported: true,
      })
      expect(statusOf(cimd, 'asm-registration')).toBe('pass')
    })

    test('asm-iss-param and asm-legacy-grants', async () => {
      const found = await discovered({
        authorization_response_iss_parameter_supported: false,
        grant_types_supported: ['password', 'implicit', 'authorization_code'],
      })
      expect(statusOf(found, 'asm-iss-param')).toBe('warn')
      expect(words(found, 'asm-legacy-grants')).toContain('password, implicit')
    })

    test('asm-http: a byte order mark is read over, as fetch does, and named', async () => {
      const { body } = document(server.origin)
      const type = { 'content-type': 'application/json' }
      server.on(oauth, { body: `\ufeff${JSON.stringify(body)}`, headers: type })
      const found = await discoverAuthServer(server.origin, ports)
      expect(found.metadata?.issuer).toBe(server.origin)
      expect(check(found, 'asm-http')).toMatchObject({ status: 'warn', case: 'marked' })
      expect(words(found, 'asm-http')).toContain('byte order mark')
    })

    test('asm-http: another type and a redirect; asm-members: a field of a wrong type', async () => {
      const body = JSON.stringify({ issuer: server.origin, jwks_uri: 7 })
      server.on(oauth, { status: 302, headers: { location: '/moved' } })
      server.on('/moved', { body, headers: { 'content-type': 'text/plain' } })
      const found = await discoverAuthServer(server.origin, ports)
      expect(statusOf(found, 'asm-http')).toBe('warn')
      for (const part of ['/moved', 'text/plain']) {
        expect(words(found, 'asm-http')).toContain(part)
      }
      expect(words(found, 'asm-members')).toContain('jwks_uri is a number, not a URL')
    })

    test('asm-issuer-template: a tenant in braces', async () => {
      const issuer = 'https://login.acme.test/{tenantid}/v2.0'
      server.on(oauth, document(issuer))
      const found = await discoverAuthServer(server.origin, ports, { metadataIssuer: issuer })
      expect(statusOf(found, 'asm-issuer-template')).toBe('fail')
    })
  })
})
