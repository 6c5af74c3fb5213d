// Following a remedy to the letter changes the outcome: each is read as it is shown, applied to the configuration
// that failed, and asked again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { discoverAuthServer } from '../../../src/core/metadata/discovery.ts'
import { problemFrom } from '../../../src/core/verdict/check.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import { examplesOf } from '../../../src/problems/examples.ts'
import { hintOf, problemCodes } from '../../../src/problems/problem.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintRaw,
  mintToken,
  testAudience,
  testKey,
  type Members,
} from '../../support/tokens.ts'

type Auth = Readonly<Record<string, unknown>>

let server: ScriptedServer
/** Where nothing listens any more. */
let closed: string
const metadataPath = '/.well-known/oauth-authorization-server'

const metadata = (issuer: string, more: Members = {}) => ({
  body: {
    issuer,
    token_endpoint: `${server.origin}/token`,
    jwks_uri: `${server.origin}/jwks`,
    introspection_endpoint: `${server.origin}/introspect`,
    ...more,
  },
})

beforeAll(async () => {
  server = await startScriptedServer()
  const gone = await startScriptedServer()
  closed = gone.origin
  await gone.close()
  const { origin } = server
  const keys = { body: jwksOf(await testKey()) }
  server.on('/jwks', keys)
  server.on('/adfs/discovery/keys', keys)
  server.on('/login', { headers: { 'content-type': 'text/html' }, body: '<!doctype html>' })
  server.on('/metadata', metadata(origin))
  server.on('/introspect', {
    body: { active: true, iss: origin, aud: testAudience, sub: 'user-1', client_id: 'client-1' },
  })
  server.on('/knows', {
    body: { active: true, aud: testAudience, sub: 'user-1', client_id: 'client-1' },
  })
  server.on(`${metadataPath}/slashed`, metadata(`${origin}/slashed/`))
  server.on('/refuses', { status: 400, body: { error: 'unsupported_token_type' } })
  server.on(metadataPath, metadata(origin))
  for (const path of ['/realms/dev', '/realms/main']) {
    server.on(`${metadataPath}${path}`, metadata(`${origin}${path}`))
  }
  server.on(`${metadataPath}/slash/`, metadata(`${origin}/slash/`))
  server.on(`${metadataPath}/bare`, metadata(`${origin}/bare`, { jwks_uri: undefined }))
  server.on(
    `${metadataPath}/dumb`,
    metadata(`${origin}/dumb`, { introspection_endpoint: undefined }),
  )
  server.on('/adfs/.well-known/openid-configuration', metadata(`${origin}/adfs`))
})
afterAll(() => server.close())

const client = { client_id: 'us', client_secret: 'a secret of ours' }

const ask = async (auth: Auth, token: string) => {
  const parsed = authConfigSchema.parse({ type: 'oauth', audience: [testAudience], ...auth })
  const gate = await createValidator(parsed, systemPorts({ clock: createManualClock() }))
  try {
    return await gate.validate(token, new AbortController().signal)
  } finally {
    gate.close()
  }
}

/** What a remedy says about keys of [auth]: `set auth.issuer (--issuer) to exactly "x"`, `add ES256 to auth.algorithms`. */
const steps =
  /(?:(?<add>add) (?<added>"[^"]*"|[\w-]+) to (?:auth\.)?(?<list>\w+)|(?:auth\.)?(?<key>issuer|audience|jwks_uri|introspection_endpoint|token_validation)(?: \(--[\w-]+\))?(?: and proxy\.public_url)? to (?:exactly )?(?<value>"[^"]*"|[\w-]+))/g

const plain = (text: string): string => text.replace(/^"|"$/g, '')

const followed = (auth: Auth, remedy: string): Auth => {
  const changed: Record<string, unknown> = { ...auth }
  for (const { groups = {} } of remedy.matchAll(steps)) {
    const { list, added, key, value } = groups
    if (list !== undefined && added !== undefined) {
      const had = changed[list] ?? (list === 'audience' ? [testAudience] : [])
      changed[list] = [...(had as readonly string[]), plain(added)]
    }
    if (key !== undefined && value !== undefined) {
      changed[key] = key === 'audience' ? [plain(value)] : plain(value)
    }
  }
  return changed
}

interface Row {
  readonly fault: string
  /** The id and the case. */
  readonly raises: string
  readonly auth: () => Auth
  readonly token: () => Promise<string>
  /** What the remedy leaves to the reader: an address that only they know. */
  readonly supply?: () => Auth
}

const jwt = async (claims: Members = {}, header: Members = {}) =>
  mintToken(await testKey(), goodClaims({ iss: server.origin, ...claims }), header)
const at = (path: string) => `${server.origin}${path}`
const published = () => ({ issuer: server.origin })

const rows: readonly Row[] = [
  {
    fault: 'the configured issuer lacks the slash of the token',
    raises: 'claim-iss near',
    auth: () => ({ issuer: at('/slash'), jwks_uri: at('/jwks') }),
    token: () => jwt({ iss: at('/slash/') }),
  },
  {
    fault: 'another issuer is configured',
    raises: 'claim-iss other',
    auth: () => ({ issuer: 'https://id.acme.test', jwks_uri: at('/jwks') }),
    token: () => jwt(),
  },
  {
    fault: 'another tenant is configured',
    raises: 'claim-iss tenant',
    auth: () => ({ issuer: at('/realms/main') }),
    token: () => jwt({ iss: at('/realms/dev') }),
  },
  {
    fault: 'AD FS names its service in the token',
    raises: 'claim-iss adfs',
    auth: () => ({ issuer: at('/adfs') }),
    token: () => jwt({ iss: at('/adfs/services/trust') }),
  },
  {
    fault: 'the metadata is of an issuer with a slash',
    raises: 'jwks-fetch no-metadata',
    auth: () => ({ issuer: at('/slashed') }),
    token: () => jwt({ iss: at('/slashed') }),
    supply: () => ({ metadata_issuer: at('/slashed/') }),
  },
  {
    fault: 'the metadata names no introspection endpoint',
    raises: 'intro-reach endpoint',
    auth: () => ({ ...client, issuer: at('/dumb'), token_validation: 'introspection' }),
    token: () => Promise.resolve('an-opaque-token'),
    supply: () => ({ introspection_endpoint: at('/knows') }),
  },
  {
    fault: 'nothing listens at the configured key set',
    raises: 'jwks-fetch unreachable',
    auth: () => ({ ...published(), jwks_uri: `${closed}/jwks` }),
    token: () => jwt(),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'nothing listens at the issuer',
    raises: 'jwks-fetch no-metadata',
    auth: () => ({ issuer: closed }),
    token: () => jwt({ iss: closed }),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'nothing listens at the issuer of an opaque token',
    raises: 'intro-reach no-metadata',
    auth: () => ({ ...client, issuer: closed, token_validation: 'introspection' }),
    token: () => Promise.resolve('an-opaque-token'),
    supply: () => ({ introspection_endpoint: at('/knows') }),
  },
  {
    fault: 'the token was issued for another audience',
    raises: 'claim-aud other',
    auth: published,
    token: () => jwt({ aud: 'https://api.example.com' }),
  },
  {
    fault: 'the audience has a slash too many',
    raises: 'claim-aud near',
    auth: published,
    token: () => jwt({ aud: `${testAudience}/` }),
  },
  {
    fault: 'the algorithm is not listed',
    raises: 'jose-alg-allowed listed',
    auth: () => ({ ...published(), algorithms: ['RS256'] }),
    token: () => jwt(),
  },
  {
    fault: 'the algorithm is one that no setting allows',
    raises: 'jose-alg-allowed unknown',
    auth: () => ({ ...published(), ...client }),
    token: async () =>
      mintRaw(await testKey(), {
        header: { alg: 'ES256K', typ: 'at+jwt' },
        payload: goodClaims({ iss: server.origin }),
      }),
  },
  {
    fault: 'the token is opaque',
    raises: 'jose-shape',
    auth: () => ({ ...published(), ...client }),
    token: () => Promise.resolve('an-opaque-token-of-forty-two-characters-xx'),
  },
  {
    fault: 'the metadata names no key set',
    raises: 'jwks-fetch no-uri',
    auth: () => ({ issuer: at('/bare') }),
    token: () => jwt({ iss: at('/bare') }),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'the key set is an HTML page',
    raises: 'jwks-fetch html',
    auth: () => ({ ...published(), jwks_uri: at('/login') }),
    token: () => jwt(),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'the metadata document is configured as the key set',
    raises: 'jwks-fetch not-keys',
    auth: () => ({ ...published(), jwks_uri: at('/metadata') }),
    token: () => jwt(),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'the configured key set is not found',
    raises: 'jwks-fetch status',
    auth: () => ({ ...published(), jwks_uri: at('/nowhere') }),
    token: () => jwt(),
    supply: () => ({ jwks_uri: undefined }),
  },
  {
    fault: 'the issuer has no metadata',
    raises: 'jwks-fetch no-metadata',
    auth: () => ({ issuer: at('/none') }),
    token: () => jwt({ iss: at('/none') }),
    supply: () => ({ jwks_uri: at('/jwks') }),
  },
  {
    fault: 'the server does not introspect such tokens',
    raises: 'intro-active unsupported',
    auth: () => ({
      ...published(),
      ...client,
      token_validation: 'introspection',
      introspection_endpoint: at('/refuses'),
    }),
    token: () => jwt(),
  },
]

const codeAndCase = (problem: { readonly code: string; readonly case?: string }): string =>
  problem.case === undefined ? problem.code : `${problem.code} ${problem.case}`

describe('a remedy that is followed to the letter makes the finding go', () => {
  test.each(rows)('$fault ($raises)', async ({ raises, auth, token, supply }) => {
    const presented = await token()
    const before = await ask(auth(), presented)
    if (before.outcome === 'accepted') throw new Error('the fault is no fault')
    expect(codeAndCase(before.problem)).toMatch(new RegExp(`^${raises}`))
    const remedy = hintOf(before.problem)
    const changed = supply === undefined ? followed(auth(), remedy) : { ...auth(), ...supply() }
    // A remedy that names its value is followed by machine; of others the key has to be named.
    for (const key of Object.keys(supply?.() ?? {})) expect(remedy).toContain(key)
    expect(changed).not.toEqual(auth())
    const after = await ask(changed, presented)
    const ids = after.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
    expect(ids).not.toContain(before.problem.code)
    expect(after).toMatchObject({ outcome: 'accepted' })
  })
})

/** Where no setting helps, the remedy asks for another token and names no key. */
describe('a remedy that no setting can give asks for another token', () => {
  const graph = '00000003-0000-0000-c000-000000000000'
  const sts = 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/'

  test.each([
    ['a token for Microsoft Graph, from its own issuer', 'claim-iss api', { iss: sts, aud: graph }],
    ['a token for Microsoft Graph', 'claim-aud api', { aud: ['https://graph.microsoft.com'] }],
    ['an issuer that is not a URL', 'claim-iss not-url', { iss: 'acme' }],
    ['an issuer that is a number', 'claim-iss not-url', { iss: 7 }],
    ['no issuer', 'claim-iss absent', { iss: undefined }],
  ] as const)('%s (%s)', async (_, raises, claims) => {
    const verdict = await ask(published(), await jwt(claims))
    if (verdict.outcome === 'accepted') throw new Error('the fault is no fault')
    expect(codeAndCase(verdict.problem)).toBe(raises)
    const remedy = hintOf(verdict.problem)
    expect(followed(published(), remedy)).toEqual(published())
    expect(remedy).not.toMatch(/--|auth\./)
    expect(await ask(published(), await jwt())).toMatchObject({ outcome: 'accepted' })
  })
})

/** Where the other side has to change something, the remedy says what: it is changed, and the finding is gone. */
describe('a remedy for the authorization server is one that helps', () => {
  interface Other {
    readonly fault: string
    readonly raises: string
    readonly remedy: RegExp
    readonly auth: () => Auth
    readonly token: () => Promise<string>
    readonly before: () => Promise<void>
    readonly after: () => Promise<void>
  }
  const publish = async (change: (jwk: Members) => Members): Promise<void> => {
    const { keys } = jwksOf(await testKey())
    server.on('/changing', { body: { keys: keys.map((jwk) => change(jwk as Members)) } })
  }
  const answer = (body: unknown) => async (): Promise<void> => server.on('/changing', { body })
  const active = { active: true, aud: testAudience, sub: 'user-1', client_id: 'client-1' }
  const keys = () => ({ ...published(), jwks_uri: at('/changing') })
  const introspects = () => ({
    ...published(),
    ...client,
    token_validation: 'introspection',
    introspection_endpoint: at('/changing'),
  })
  const opaque = () => Promise.resolve('an-opaque-token')
  const others: readonly Other[] = [
    {
      fault: 'the only key is published for encryption',
      raises: 'jwks-usable',
      remedy: /use "sig"/,
      auth: keys,
      token: () => jwt(),
      before: () => publish((jwk) => ({ ...jwk, use: 'enc' })),
      after: () => publish((jwk) => ({ ...jwk, use: 'sig' })),
    },
    {
      fault: 'the key lacks a coordinate',
      raises: 'jwks-usable',
      remedy: /publish these members/,
      auth: keys,
      token: () => jwt(),
      before: () => publish(({ y: _y, ...rest }) => rest),
      after: () => publish((jwk) => jwk),
    },
    {
      fault: 'active is the word "true"',
      raises: 'intro-active nonsense',
      remedy: /answer active with true or false/,
      auth: introspects,
      token: opaque,
      before: answer({ ...active, active: 'true' }),
      after: answer(active),
    },
    {
      fault: 'the answer names no audience',
      raises: 'intro-aud',
      remedy: /aud/,
      auth: introspects,
      token: opaque,
      before: answer({ ...active, aud: undefined }),
      after: answer(active),
    },
    {
      fault: 'exp of the answer is a string',
      raises: 'intro-claims dates',
      remedy: /number/,
      auth: introspects,
      token: opaque,
      before: answer({ ...active, exp: '4102444800' }),
      after: answer({ ...active, exp: 4102444800 }),
    },
  ]

  test.each(others)('$fault ($raises)', async (row) => {
    await row.before()
    const before = await ask(row.auth(), await row.token())
    if (before.outcome === 'accepted') throw new Error('the fault is no fault')
    expect(codeAndCase(before.problem)).toMatch(new RegExp(`^${row.raises}`))
    expect(hintOf(before.problem)).toMatch(row.remedy)
    await row.after()
    expect(await ask(row.auth(), await row.token())).toMatchObject({ outcome: 'accepted' })
  })
})

describe('the remedy for metadata that is not found belongs to the answer that came', () => {
  const json = { 'content-type': 'application/json' }
  const good = () => metadata(at('/found'))
  const rows: readonly (readonly [string, string, RegExp, () => ScriptedAnswer])[] = [
    ['404', 'nowhere', /compare the issuer http.* with iss of a token/, () => ({ status: 404 })],
    ['401', 'guarded', /exempt \/\.well-known from authentication/, () => ({ status: 401 })],
    ['403', 'guarded', /exempt \/\.well-known from authentication/, () => ({ status: 403 })],
    ['500', 'failing', /is up again/, () => ({ status: 500 })],
    ['503', 'failing', /is up again/, () => ({ status: 503 })],
    ['429', 'failing', /is up again/, () => ({ status: 429 })],
    ['a reset', 'unreachable', /host and port/, () => ({ reset: true })],
    [
      'a redirect to another host',
      'redirected',
      /without a redirect/,
      () => ({ status: 302, headers: { location: 'https://login.acme.test/' } }),
    ],
    ['a page', 'page', /a page or a login form/, () => ({ body: '<!doctype html>' })],
    ['nothing', 'empty', /an empty answer/, () => ({ status: 200, headers: json, body: '' })],
    ['cut JSON', 'syntax', /one JSON object/, () => ({ headers: json, body: '{"issuer":' })],
    ['a list', 'syntax', /one JSON object/, () => ({ body: [] })],
    [
      'JSON without an issuer',
      'no-issuer',
      /put "issuer"/,
      () => ({ body: { ...good().body, issuer: undefined } }),
    ],
    ['an issuer that is null', 'no-issuer', /put "issuer"/, () => ({ body: { issuer: null } })],
    ['an issuer that is a list', 'no-issuer', /put "issuer"/, () => ({ body: { issuer: [] } })],
    [
      'issuer twice',
      'twice',
      /remove one of the two/,
      () => ({ headers: json, body: '{"issuer":"a","issuer":"b"}' }),
    ],
    [
      'bytes that are no UTF-8',
      'garbled',
      /cannot be read/,
      () => ({ headers: json, body: Buffer.of(0xff) }),
    ],
  ]

  const found = async () => {
    const { checks } = await discoverAuthServer(at('/found'), systemPorts())
    const check = checks.find(({ id }) => id === 'asm-found')
    if (check === undefined) throw new Error('asm-found was not asked')
    return check
  }

  test.each(rows)('%s (asm-found %s)', async (_, name, remedy, answered) => {
    server.on(`${metadataPath}/found`, answered())
    const check = await found()
    if (check.status !== 'fail') throw new Error('the fault is no fault')
    expect(check.case).toBe(name)
    expect(hintOf(problemFrom(check))).toMatch(remedy)
    server.on(`${metadataPath}/found`, good())
    expect((await found()).status).toBe('pass')
  })

  test('the value that the remedy for a missing issuer names is the right one', async () => {
    const { issuer: _, ...body } = good().body
    server.on(`${metadataPath}/found`, { body })
    const check = await found()
    if (check.status !== 'fail') throw new Error('the fault is no fault')
    const issuer = /"issuer": "([^"]+)"/.exec(hintOf(problemFrom(check)))?.[1]
    server.on(`${metadataPath}/found`, { body: { ...body, issuer } })
    expect((await found()).status).toBe('pass')
  })
})

const surface = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'e2e', 'surface.json'), 'utf8'),
) as Readonly<Record<string, { readonly flags: Readonly<Record<string, unknown>> }>>

describe('what a remedy names exists', () => {
  const remedies = problemCodes.flatMap((code) =>
    examplesOf(code).map(({ name, hint }) => [`${code} ${name ?? ''}`.trim(), hint] as const),
  )
  const named = (pattern: RegExp) =>
    remedies.flatMap(([name, hint]) =>
      [...hint.matchAll(pattern)].map(([, found]) => [name, found ?? ''] as const),
    )

  test('every flag is a flag of some command', () => {
    const flags = new Set(Object.values(surface).flatMap((command) => Object.keys(command.flags)))
    const found = named(/--([a-z][a-z0-9-]+)/g)
    expect(found.length).toBeGreaterThan(20)
    expect(found.filter(([, flag]) => !flags.has(flag) && flag !== 'help')).toEqual([])
  })

  test('every command is a command', () => {
    const found = named(/mcp-proxy (discover|doctor|explain|[a-z]+(?:-[a-z]+)*)\b/g)
    expect(found.length).toBeGreaterThan(5)
    expect(found.filter(([, command]) => !Object.hasOwn(surface, command))).toEqual([])
  })

  test('every key of the section auth is in its schema', () => {
    const keys = JSON.stringify(
      JSON.parse(
        readFileSync(
          join(import.meta.dirname, '..', '..', '..', 'schemas', 'config.schema.json'),
          'utf8',
        ),
      ),
    )
    const found = named(/\bauth\.([a-z_]+)/g)
    expect(found.length).toBeGreaterThan(10)
    expect(found.filter(([, key]) => !keys.includes(`"${key}":`))).toEqual([])
  })
})
