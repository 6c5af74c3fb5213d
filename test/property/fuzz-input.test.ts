// Whatever is given as a token or as a file: there is an answer, never an exception, and soon. MCP_PROXY_FUZZ sets how
// many inputs are tried; MCP_PROXY_FUZZ_SEED repeats a run.
import * as fc from 'fast-check'
import { stringify as toToml } from 'smol-toml'
import { beforeAll, describe, expect, it } from 'vitest'
import { stringify as toYaml } from 'yaml'
import type { Json } from '../../src/base/json.ts'
import { Secret } from '../../src/base/secret.ts'
import { comparable } from '../../src/cli/discover/earlier-report.ts'
import { compareReports } from '../../src/cli/discover/compare-reports.ts'
import { readLogin, writtenLogin, type StoredLogin } from '../../src/cli/login/stored-login.ts'
import { tokenLinesOf } from '../../src/cli/token/token-lines.ts'
import { mendToken } from '../../src/cli/token/token-repairs.ts'
import { readServerList } from '../../src/config/clients/document.ts'
import { importEntry } from '../../src/config/clients/entry.ts'
import { createVariables } from '../../src/config/clients/variables.ts'
import { readDocument, type Format } from '../../src/config/document.ts'
import { sections } from '../../src/config/json-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
import { readCertificate } from '../../src/core/possession/certificate.ts'
import { checkInput } from '../../src/core/token/token-input.ts'
import { localKeySource } from '../../src/core/keys/keys.ts'
import { createJwtValidator } from '../../src/core/validator/jwt-validator.ts'
import type { TokenValidator } from '../../src/core/verdict/verdict.ts'
import { UsageError } from '../../src/problems/usage-error.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { policyOf } from '../support/policy.ts'
import { goodClaims, jwksOf, mintToken, testKey } from '../support/tokens.ts'

const numRuns = Number(process.env['MCP_PROXY_FUZZ'] ?? 2000)
const runs = (share: number) => ({
  numRuns: Math.max(1, Math.round(numRuns * share)),
  seed: Number(process.env['MCP_PROXY_FUZZ_SEED'] ?? 7),
  endOnFailure: true,
})
/** The smallest input that fails, and the seed that finds it again. */
const failureOf = async <Input>(
  property: fc.IAsyncProperty<Input>,
  parameters: fc.Parameters<Input>,
): Promise<string | undefined> => {
  const result = await fc.check(property, parameters)
  return result.failed ? (fc.defaultReportMessage(result) ?? 'failed') : undefined
}

const timeout = 10_000 + numRuns * 20

/** Far beyond what one input takes, and far below what an expression takes that has gone astray. */
const patienceMs = 2000

const soon = async (work: () => unknown): Promise<void> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(patienceMs)
}

/** What a UsageError says is an answer. */
const answered = async (work: () => unknown): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message } of error.problems) expect(message).not.toBe('')
  }
}

const pieces = [
  'eyJ',
  '.',
  '..',
  '=',
  '-',
  '_',
  '+',
  '/',
  '%',
  '%2E',
  '%zz',
  '"',
  "'",
  '\u201c',
  '\u200b',
  '\ud800',
  '\0',
  '\n',
  '\r\n',
  '\\n',
  '\t',
  ' ',
  '\u00a0',
  'Bearer',
  'bearer ',
  'Authorization: ',
  'DPoP ',
  '{"access_token":"',
  '"}',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ';',
  '#',
  '$',
  '${',
  '${TOKEN}',
  '<',
  '>',
  '...',
  'undefined',
  'null',
  'ghp_',
  'sk-',
  '-----BEGIN ',
  '\u2026',
  '__proto__',
  'constructor',
  'a',
  'A',
  '0',
  '9',
  'e9',
  '1e999',
  '*',
  '&',
  '&a',
  '*a',
  '!',
  '!!str',
  '|',
  '>-',
  '? ',
  '- ',
  '---',
  '@',
  '`',
  '=x',
  '= 1',
  '[[',
  ']]',
  '[a.b]',
  'proxy',
  'backends',
  'auth',
  'true',
  'nan',
  '1979-05-27T07:32:00Z',
] as const

/** Text of what means something to one of the readers, and of anything else. */
const text = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 300 }))
          .map(([piece, times]) => piece.repeat(times)),
      },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''))

/** Some text with pieces put into it, taken out of it and exchanged. */
const damaged = (whole: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      whole,
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat({ max: 8 }),
          fc.constantFrom('', ...pieces),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([given, changes]) =>
      changes.reduce((rest, [where, gone, put]) => {
        const at = Math.floor(where * rest.length)
        return rest.slice(0, at) + put + rest.slice(at + gone)
      }, given),
    )

const hostileValue = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    -1,
    1e300,
    9007199254740992,
    '',
    '\0',
    'x'.repeat(300),
    [],
    {},
    [[]],
    [null],
    '${',
    '${NO}',
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  text,
)

/** A document in which values at some places are others, or gone. */
const changed = (document: Json): fc.Arbitrary<Json> =>
  fc
    .array(fc.tuple(fc.nat(), fc.option(hostileValue, { nil: undefined })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => {
      let tree = structuredClone(document) as unknown
      for (const [seed, value] of changes) {
        const places: [object, string][] = []
        const visit = (node: unknown): void => {
          if (typeof node !== 'object' || node === null) return
          for (const key of Object.keys(node)) {
            places.push([node, key])
            visit((node as Record<string, unknown>)[key])
          }
        }
        visit(tree)
        const [node, key] = places[seed % Math.max(1, places.length)] ?? []
        if (node === undefined || key === undefined) tree = value ?? null
        else if (value === undefined) Reflect.deleteProperty(node, key)
        else Reflect.set(node, key, value)
      }
      return tree as Json
    })

describe('a token', () => {
  const signal = new AbortController().signal
  let validator: TokenValidator
  let good: string

  beforeAll(async () => {
    const key = await testKey('ES256')
    good = await mintToken(key, goodClaims())
    validator = createJwtValidator({
      keys: localKeySource(jwksOf(key), 'keys.json'),
      policy: policyOf(),
      algorithms: undefined,
      clock: createManualClock(),
    })
  })

  it('is judged, whatever it is', { timeout }, async () => {
    const segments = fc
      .tuple(
        changed({ alg: 'ES256', kid: 'k', typ: 'at+jwt', crit: ['b64'], jwk: {} }),
        changed(goodClaims() as Json),
        text,
      )
      .map(([header, claims, end]) =>
        [header, claims]
          .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
          .concat(end)
          .join('.'),
      )
    const tokens = fc.oneof(
      text,
      damaged(fc.constant(good)),
      segments,
      damaged(fc.constant(`{"access_token":"${good}","token_type":"Bearer"}`)),
    )
    expect(
      await failureOf(
        fc.asyncProperty(tokens, (given) =>
          soon(async () => {
            const lines = tokenLinesOf(given, false) ?? [{ text: given }]
            for (const line of lines.slice(0, 4)) {
              const { token } = mendToken(line.text)
              checkInput(line.text)
              const verdict = await validator.validate(token, signal)
              expect(['accepted', 'rejected', 'undecided']).toContain(verdict.outcome)
            }
            readCertificate(given)
          }),
        ),
        runs(1),
      ),
    ).toBeUndefined()
  })
})

const writers: Readonly<Record<Format, (tree: Json) => string>> = {
  toml: (tree) => toToml(tree),
  yaml: (tree) => toYaml(tree),
  json: (tree) => JSON.stringify(tree),
}

const configuration: Json = {
  proxy: { name: 'p', listen: { host: '127.0.0.1', port: 0 }, public_url: 'https://x.example/mcp' },
  backends: [
    { name: 'a', transport: 'stdio', command: 'node', args: ['a.mjs'], env: { TOKEN: '${SET}' } },
    { name: 'b', transport: 'http', url: 'https://b.example/mcp', bearer_token: '${SET}' },
  ],
  auth: {
    type: 'oauth',
    issuer: 'https://as.example',
    audience: ['x'],
    client_id: 'c',
    client_secret: '${SET}',
  },
  security: { allowed_origins: ['https://x.example'], trusted_proxies: ['10.0.0.0/8'] },
}

describe('a configuration', () => {
  const load = (given: string, format: Format): Promise<void> =>
    soon(() =>
      answered(() =>
        parseConfig(given, { file: `proxy.${format}`, format, env: { SET: 'set', HOME: '/' } }),
      ),
    )
  const formats = fc.constantFrom<Format>('toml', 'yaml', 'json')

  it('with other values is taken or refused', { timeout }, async () => {
    expect(
      await failureOf(
        fc.asyncProperty(changed(configuration), formats, async (tree, format) => {
          let given: string
          try {
            given = writers[format](tree)
          } catch {
            return // TOML has no null, and half a character is nothing that it can write
          }
          await load(given, format)
        }),
        runs(0.25),
      ),
    ).toBeUndefined()
  })

  it('that is damaged is taken or refused', { timeout }, async () => {
    const written = formats.chain((format) =>
      damaged(fc.constant(writers[format](configuration))).map((given) => [given, format] as const),
    )
    expect(
      await failureOf(
        fc.asyncProperty(written, ([given, format]) => load(given, format)),
        runs(0.25),
      ),
    ).toBeUndefined()
  })

  it('of any text is taken or refused', { timeout }, async () => {
    const keys = sections().flatMap((section) => section.keys)
    const line = fc
      .tuple(fc.oneof(fc.constantFrom(...keys), text), fc.constantFrom(' = ', ': ', '', '.'), text)
      .map((parts) => parts.join(''))
    const lines = fc.array(fc.oneof(line, text), { maxLength: 8 }).map((all) => all.join('\n'))
    expect(
      await failureOf(
        fc.asyncProperty(lines, formats, async (given, format) => {
          await load(given, format)
          await soon(() => readDocument(given, format))
        }),
        runs(0.25),
      ),
    ).toBeUndefined()
  })
})

describe('a file of another client', () => {
  const servers: Json = {
    mcpServers: {
      a: {
        command: 'npx',
        args: ['-y', '--api-key', 'sk-0123456789abcdef', '${env:A}'],
        env: { TOKEN: 'x' },
        envFile: '.env',
      },
      b: {
        type: 'http',
        url: 'https://u:p@b.example/mcp?key=x',
        headers: { Authorization: 'Bearer ${input:t}' },
      },
    },
  }

  it('is imported or says why not', { timeout }, async () => {
    const given = fc.oneof(
      changed(servers).map((tree) => JSON.stringify(tree)),
      damaged(fc.constant(JSON.stringify(servers))),
    )
    expect(
      await failureOf(
        fc.asyncProperty(given, (file) =>
          soon(async () => {
            const list = await readServerList(file, { file: 'mcp.json', folder: '/folder' })
            const context = {
              folder: '/folder',
              home: '/home/x',
              inFolder: true,
              env: { A: 'x' },
              variables: createVariables(),
              names: new Set<string>(),
              label: 'other',
              envFile: () => ['B'],
            }
            for (const [name, entry] of 'servers' in list ? list.servers : []) {
              importEntry(name, entry, context)
            }
            context.variables.list()
          }),
        ),
        runs(0.5),
      ),
    ).toBeUndefined()
  })
})

describe('a file of ours', () => {
  const login: StoredLogin = {
    name: 'acme',
    address: 'https://mcp.example/mcp',
    issuer: 'https://as.example',
    flow: 'code',
    resource: 'https://mcp.example/mcp',
    scopes: ['a'],
    client: {
      id: 'c',
      from: 'registered',
      method: 'client_secret_basic',
      secret: new Secret('s'),
      secretFile: undefined,
      keyFile: undefined,
      certFile: undefined,
      certKeyFile: undefined,
    },
    tokenEndpoint: 'https://as.example/token',
    revocationEndpoint: 'https://as.example/revoke',
    allowHttp: false,
    allowPrivate: false,
    accessToken: new Secret('a'),
    refreshToken: new Secret('r'),
    obtainedAt: 1000,
    expiresAt: 2000,
  }

  it('with a login that is damaged says what it lacks, or can be used', { timeout }, async () => {
    const whole = writtenLogin(login)
    const given = fc.oneof(
      changed(JSON.parse(whole) as Json).map((tree) => JSON.stringify(tree)),
      damaged(fc.constant(whole)),
    )
    expect(
      await failureOf(
        fc.asyncProperty(given, (file) =>
          soon(() => {
            const read = readLogin(file, 'acme')
            if ('why' in read) return
            for (const url of [read.address, read.issuer, read.tokenEndpoint]) {
              expect(URL.canParse(url)).toBe(true)
            }
            new Date(read.obtainedAt).toISOString()
            new Date(read.expiresAt ?? 0).toISOString()
          }),
        ),
        runs(0.5),
      ),
    ).toBeUndefined()
  })

  it(
    'with an earlier report that is damaged can be compared, or says what is wrong',
    { timeout },
    async () => {
      const report: Json = {
        schema_version: 1,
        command: 'discover',
        address: 'https://as.example',
        verdict: 'accepted',
        fail_on: 'high',
        grade: { letter: 'A' },
        checks: [{ id: 'asm-pkce', status: 'warn', severity: 'high', message: 'm' }],
        resource: {
          status: 401,
          challenge: { scheme: 'Bearer', params: { scope: 'a' } },
          metadata: { resource: 'r' },
        },
        authorization_server: {
          issuer: 'i',
          from: 'f',
          form: 'oauth',
          metadata: { issuer: 'i', scopes_supported: ['a'] },
        },
        key_set: { url: 'u', usable: 1, keys: [{ kid: 'a', thumbprint: 't', alg: 'RS256' }] },
      }
      const whole = comparable(report)
      if ('wanted' in whole) throw new Error(whole.at)
      expect(
        await failureOf(
          fc.asyncProperty(changed(report), (tree) =>
            soon(() => {
              const read = comparable(tree)
              if ('wanted' in read) return
              compareReports(read, whole, 'high')
              compareReports(whole, read, 'high')
            }),
          ),
          runs(0.5),
        ),
      ).toBeUndefined()
    },
  )
})
