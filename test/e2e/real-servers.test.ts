// Authorization servers of three makes: what discovery finds at each, and what all doors say of its tokens.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemSpec } from '../../src/problems/problem.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { authConfigSchema } from '../../src/core/auth-config/auth-config.ts'
import type { AuthGate } from '../../src/core/validator/auth-gate.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { discoverAuthServer } from '../../src/core/metadata/discovery.ts'
import { hintsFor } from '../../src/core/providers/hints.ts'
import type { Verdict } from '../../src/core/verdict/verdict.ts'
import { followIssuer } from '../../src/core/investigation/wrong-authority.ts'
import { eventually, makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { startBetterAuth } from '../support/real-servers/better-auth.ts'
import { glewlwydIsInstalled, startGlewlwyd } from '../support/real-servers/glewlwyd.ts'
import { startOidcProvider } from '../support/real-servers/oidc-provider.ts'
import { audience, type RealServer } from '../support/real-servers/real-server.ts'
import { createRecorder } from '../support/reports.ts'
import { openDoorsTo, type Answer, type Answers } from './promise-runners.ts'
import {
  advised,
  realms,
  table,
  type Expected,
  type Make,
  type RealmName,
  type Servers,
  type Subject,
} from './real-servers-table.ts'

/** By hand the rest can be tried without Debian's package; what decides about a change has to have it. */
const mayMissGlewlwyd = !glewlwydIsInstalled() && (process.env['CI'] ?? '') === ''
const makes: readonly Make[] = ['oidc-provider', 'better-auth']
const withGlewlwyd = mayMissGlewlwyd ? describe.skip : describe
const glewlwyd = mayMissGlewlwyd
  ? 'glewlwyd (missing: apt-get install glewlwyd dbconfig-sqlite3)'
  : 'glewlwyd'

const recorder = createRecorder()
let servers: Partial<Servers> = {}
let folder: TempFolder

const serverOf = <Name extends Make>(make: Name): Servers[Name] => {
  const server: Servers[Name] | undefined = servers[make]
  if (server === undefined) throw new Error(`${make} was not started`)
  return server
}

const tokenOf = (make: Make, subject: Subject): string => {
  if (subject === 'foreign') {
    return serverOf(make === 'better-auth' ? 'oidc-provider' : 'better-auth').tokens.good
  }
  if (subject === 'ofAnotherClient') {
    return serverOf(make === 'glewlwyd' ? make : 'better-auth').ofAnotherClient
  }
  if (subject === 'encrypted') return serverOf('glewlwyd').encrypted
  return serverOf(make).tokens[subject]
}

type Section = Readonly<Record<string, unknown>>

const sectionOf = ({ issuer, client }: RealServer, realm: RealmName): Section => ({
  type: 'oauth',
  issuer,
  audience,
  clock_tolerance: 0,
  client_id: client.id,
  client_secret: '${CLIENT_SECRET}',
  ...realms[realm],
})

const answerOf = (expected: Expected): Answer =>
  expected === 'accepted'
    ? { outcome: 'accepted', id: undefined, status: 200 }
    : { outcome: 'rejected', id: expected, status: problemSpec(expected).http ?? 0 }

const alike = (expected: Expected): Answers => {
  const answer = answerOf(expected)
  return { validator: answer, commandLine: answer, proxy: answer, verify: answer }
}

const codeOf = (verdict: Verdict): Expected =>
  verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code

/** What the doors say of each token. */
const askAll = async (
  name: string,
  auth: Section,
  secret: string,
  tokens: Readonly<Record<string, string>>,
): Promise<Record<string, Answers>> => {
  const doors = await openDoorsTo({ name, auth, env: { CLIENT_SECRET: secret } }, folder)
  const seen = await Promise.all(
    Object.entries(tokens).map(async ([subject, token]) => [subject, await doors.ask(token)]),
  )
  await doors.close()
  return Object.fromEntries(seen) as Record<string, Answers>
}

const withValidator = async <Result>(
  auth: Section,
  secret: string,
  use: (gate: AuthGate) => Promise<Result>,
): Promise<Result> => {
  const config = authConfigSchema.parse({ ...auth, client_secret: secret })
  const gate = await createValidator(config, systemPorts())
  try {
    return await use(gate)
  } finally {
    gate.close()
  }
}

const judge = (gate: AuthGate, token: string): Promise<Verdict> =>
  Promise.resolve(gate.validate(token, AbortSignal.timeout(20_000)))

/** The token's own word: it was issued for a second. */
const hasExpired = (token: string): boolean => {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return Date.now() / 1000 > (JSON.parse(claims) as { exp: number }).exp
}

beforeAll(async () => {
  folder = await makeTempFolder()
  const [first, second, third] = await Promise.all([
    startOidcProvider(),
    startBetterAuth(),
    mayMissGlewlwyd ? undefined : startGlewlwyd(),
  ])
  servers = {
    'oidc-provider': first,
    'better-auth': second,
    ...(third === undefined ? {} : { glewlwyd: third }),
  }
})

afterAll(async () => {
  await Promise.all([...Object.values(servers).map((server) => server.close()), folder.remove()])
})

const everyServer = (make: Make): void => {
  const rows = Object.entries(table[make]) as [RealmName, Record<string, Expected>][]

  test.each(rows)('tokens with %s: %o', { timeout: 60_000 }, async (realm, expected) => {
    const server = serverOf(make)
    const tokens = Object.keys(expected).map((subject) => [
      subject,
      tokenOf(make, subject as Subject),
    ])
    const seen = await askAll(
      `${make}-${realm}`,
      sectionOf(server, realm),
      server.client.secret,
      Object.fromEntries(tokens) as Record<string, string>,
    )
    const wanted = Object.entries(expected).map(([name, id]) => [name, alike(id)])
    expect(seen).toEqual(Object.fromEntries(wanted))
  })

  test.each(advised[make])(
    '$subject with $realm: $check, and the advice $hint',
    async ({ realm, subject, check, cause, hint }) => {
      const server = serverOf(make)
      const token = tokenOf(make, subject)
      const { issuer, client } = server
      const { metadata } = await discoverAuthServer(issuer, systemPorts())
      const verdict = await withValidator(sectionOf(server, realm), client.secret, (gate) =>
        judge(gate, token),
      )
      expect(codeOf(verdict)).toBe(cause ?? check)
      const facts = { checks: verdict.checks, token, audience, clientId: client.id }
      const hints = hintsFor({ ...facts, issuer, metadata })
      expect(hints.filter((advice) => advice.check === check).map(({ id }) => id)).toContain(hint)
    },
  )

  test('tokens of strangers do not shut out a good one', async () => {
    const server = serverOf(make)
    const [good, stranger] = [
      tokenOf(make, make === 'oidc-provider' ? 'opaque' : 'good'),
      tokenOf(make, 'foreign'),
    ]
    const auth = sectionOf(server, 'introspection')
    await withValidator(auth, server.client.secret, async (gate) => {
      for (let n = 0; n < 6; n += 1) {
        expect((await judge(gate, `${stranger.slice(0, -4)}AAA${n}`)).outcome).not.toBe('accepted')
      }
      expect(codeOf(await judge(gate, good))).toBe('accepted')
    })
  })

  test('a token of another server is traced to its issuer', async () => {
    const server = serverOf(make)
    const token = tokenOf(make, 'foreign')
    const verdict = await withValidator(sectionOf(server, 'jwt'), server.client.secret, (gate) =>
      judge(gate, token),
    )
    const { issuer } = serverOf(make === 'better-auth' ? 'oidc-provider' : 'better-auth')
    const found = await followIssuer(token, systemPorts(), { verdict, issuers: [server.issuer] })
    expect(found).toMatchObject({ id: 'sig-wrong-authority', status: 'warn' })
    expect(JSON.stringify(found)).toContain(`Verifies against ${issuer}`)
  })
}

describe.each(makes)('%s', (make) => {
  everyServer(make)
})
withGlewlwyd(glewlwyd, () => {
  everyServer('glewlwyd')
})

test('better-auth: opaque tokens pass where the operator takes the client for an audience', async () => {
  const server = serverOf('better-auth')
  const auth = {
    ...sectionOf(server, 'introspection'),
    audience: [audience, server.client.id],
    audience_claims: ['aud', 'client_id'],
  }
  const { opaque } = server.tokens
  const seen = await askAll('client-audience', auth, server.client.secret, { opaque })
  expect(seen).toEqual({ opaque: alike('accepted') })
})

withGlewlwyd(`${glewlwyd}, beyond what the others have`, () => {
  test.each([
    ['jwt', 'time-exp'],
    ['introspection', 'intro-active'],
  ] as const)('a token whose second has passed, with %s: %s', async (realm, id) => {
    const server = serverOf('glewlwyd')
    const { expired } = server.tokens
    await eventually('the token expires', () => hasExpired(expired))
    const auth = { ...sectionOf(server, realm), issuer: server.briefIssuer }
    const seen = await askAll(`brief-${realm}`, auth, server.client.secret, { expired })
    expect(seen).toEqual({ expired: alike(id) })
  })

  test('its signed answers follow an early draft of RFC 9701: their audience is not the client', async () => {
    const server = serverOf('glewlwyd')
    const auth = { ...sectionOf(server, 'introspection'), introspection_response: 'jwt' }
    const verdict = await withValidator(auth, server.client.secret, (gate) =>
      judge(gate, server.tokens.good),
    )
    expect(codeOf(verdict)).toBe('intro-jwt')
    expect(verdict.outcome).toBe('undecided')
    expect(verdict.checks.find(({ id }) => id === 'intro-jwt')?.evidence).toMatchObject({
      expected: server.client.id,
      actual: audience,
    })
  })

  test.each([
    {
      method: 'client_secret_basic',
      exit: 3,
      verdict: 'undecided',
      id: 'intro-client-auth',
      hints: ['glewlwyd-client-secret'],
    },
    { method: 'client_secret_basic_raw', exit: 0, verdict: 'accepted', id: undefined, hints: [] },
  ])('a secret that form-encoding changes, by $method: $verdict', async (row) => {
    const { issuer, oddClient, ofAnotherClient } = serverOf('glewlwyd')
    const secret = await folder.write(`secret-${row.method}`, oddClient.secret)
    const expectation = ['--issuer', issuer, '--audience', audience, '--client-auth', row.method]
    const client = ['--client-id', oddClient.id, '--client-secret-file', secret]
    const { exitCode, report } = await recorder.report(
      'introspect',
      ['introspect', ...expectation, ...client, '-'],
      { stdin: ofAnotherClient },
    )
    const { problem, hints } = report as unknown as {
      problem: { code: string } | null
      hints: readonly { id: string }[]
    }
    expect([exitCode, report['verdict'], problem?.code]).toEqual([row.exit, row.verdict, row.id])
    expect(hints.map(({ id }) => id)).toEqual(row.hints)
  })
})

test('nothing that was written holds a token or a secret', () => {
  const written = recorder.written()
  for (const server of Object.values(servers)) {
    for (const kept of [...Object.values(server.tokens), server.client.secret]) {
      expect(written.includes(kept)).toBe(false)
    }
  }
})
