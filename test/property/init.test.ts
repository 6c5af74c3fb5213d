// Whatever is answered and whatever other clients' files hold: what `init` writes always loads and assembles, reads
// back as what was meant, and holds no secret.
import * as fc from 'fast-check'
import { parse as parseToml } from 'smol-toml'
import { expect, it } from 'vitest'
import { importEntry, type Imported } from '../../src/config/clients/entry.ts'
import { createVariables } from '../../src/config/clients/variables.ts'
import { placeholderValues, variablesOf } from '../../src/config/placeholders.ts'
import { parseConfig } from '../../src/config/load.ts'
import { acceptDraft } from '../../src/cli/init/accept.ts'
import type { Choice } from '../../src/cli/init/choice.ts'
import { draftText, type AuthAnswers } from '../../src/cli/init/draft.ts'
import { offeredMethods } from '../../src/cli/init/propose.ts'

const canary = 'cAnArY0cAnArY1cAnArY2'

const oddities = [
  ...'${ } $ $$ ${A} ${env:B} ${input:c-d} ${A:-x} ${userHome} ${workspaceFolder} # " \' \\ = : / @'.split(
    ' ',
  ),
  '\n',
  '\t',
  '\u0000',
  '\u202e',
  '\ud800',
  'é',
  '日本',
  ' ',
]

const noise = fc
  .array(fc.oneof(fc.constantFrom(...oddities), fc.string({ maxLength: 6 })), { maxLength: 6 })
  .map((parts) => parts.join(''))

const secrets = fc.constantFrom(
  ['--api-key', canary],
  [`--token=${canary}`],
  ['-e', `GITHUB_TOKEN=${canary}`],
  ['--header', `Authorization: Bearer ${canary}`],
  [`https://user:${canary}@a.example/x`],
  [`https://a.example/x?access_token=${canary}&y=1`],
  ['-c', `curl -H "X-Api-Key: ${canary}" https://a.example`],
)

const environment = fc.dictionary(
  fc.oneof(noise, fc.constantFrom('A', 'API_KEY', 'GITHUB_TOKEN', 'PATH', '__proto__', 'a.b')),
  fc.oneof(noise, fc.constant(canary), fc.constant(`Bearer ${canary}`), fc.integer(), fc.boolean()),
  { maxKeys: 4 },
)

const program = fc.record(
  {
    command: fc.oneof(fc.constantFrom('npx', './server', '${A}/bin'), noise),
    args: fc.oneof(fc.array(noise, { maxLength: 4 }), secrets),
    env: environment,
    cwd: fc.oneof(noise, fc.constant('sub')),
    type: fc.constantFrom('stdio', 'sse', 'ws', 7),
    autoApprove: fc.array(noise, { maxLength: 1 }),
  },
  { requiredKeys: ['command'] },
)

const address = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom(
    'http://${HOST}:${PORT}/mcp',
    '${BASE}/mcp',
    'https://${HOST:-a.example}/mcp',
    `https://user:${canary}@a.example/mcp`,
    `https://a.example/mcp?api_key=${canary}`,
    `https://a.example/s/${canary}/mcp`,
  ),
  noise.map((text) => `https://a.example/${text}`),
  noise.map((text) => `http://${text}`),
)

const remote = fc.record(
  {
    url: address,
    type: fc.constantFrom('http', 'streamable-http'),
    headers: fc.dictionary(
      fc.constantFrom('Authorization', 'authorization', 'X-Api-Key', 'X'),
      fc.oneof(
        noise,
        fc.constantFrom(`Bearer ${canary}`, canary, 'Bearer ${env:T}', '${input:t}', 'Basic abc'),
      ),
      { maxKeys: 2 },
    ),
  },
  { requiredKeys: ['url'] },
)

const servers = fc.array(
  fc.tuple(fc.oneof(noise, fc.string({ maxLength: 50 })), fc.oneof(program, remote, fc.anything())),
  { minLength: 1, maxLength: 4 },
)

const choice = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Choice<T>> =>
  fc.record({ value, why: noise, from: fc.constantFrom('flag', 'proposal', 'answer') })

const scopes = fc.array(fc.stringMatching(/^[!#-[\]-~]{1,12}$/), { maxLength: 3 })

const oauth: fc.Arbitrary<AuthAnswers> = fc
  .record({
    type: fc.constant('oauth' as const),
    issuer: choice(fc.webUrl({ validSchemes: ['https'] })),
    strategy: choice(fc.constantFrom('jwt', 'introspection', 'both')),
    client: fc.record({
      id: choice(fc.string({ minLength: 1 }).filter((text) => !/[$\p{Surrogate}]/u.test(text))),
      auth: choice(fc.constantFrom(...offeredMethods)),
    }),
    audience: choice(fc.constantFrom(['https://mcp.example.com/mcp'], ['a', 'b'])),
    scopes: choice(
      scopes.map((list) => list.map((scope) => scope.replaceAll('$', '')).filter(Boolean)),
    ),
    allowHttp: fc.boolean(),
  })
  .map((auth) => (auth.strategy.value === 'jwt' ? { ...auth, client: undefined } : auth))

const auth: fc.Arbitrary<AuthAnswers> = fc.oneof(
  oauth,
  fc.constant<AuthAnswers>({ type: 'none' }),
  fc.record({
    type: fc.constant('bearer' as const),
    variables: choice(
      fc.uniqueArray(fc.stringMatching(/^[A-Z_]\w{0,9}$/), { minLength: 1, maxLength: 3 }),
    ),
  }),
)

const settings = fc.record({
  name: choice(fc.constantFrom('desk', 'Ännas "Werkzeug" #1', "it's")),
  publicUrl: choice(fc.constantFrom('https://mcp.example.com/mcp', 'http://127.0.0.1:8080/mcp')),
  host: choice(fc.constantFrom('127.0.0.1', '::1')),
  port: choice(fc.integer({ min: 0, max: 65_535 })),
  auth,
})

const isImported = (one: ReturnType<typeof importEntry>): one is Imported => 'values' in one

const importAll = (entries: readonly (readonly [string, unknown])[]) => {
  const variables = createVariables()
  const names = new Set<string>()
  return entries
    .map(([was, entry]) =>
      importEntry(was, entry, {
        folder: '/srv/desk',
        home: '/home/ann',
        inFolder: true,
        env: { A: 'set' },
        variables,
        names,
        label: 'more',
        envFile: () => ['FROM_FILE'],
      }),
    )
    .filter(isImported)
}

it('loads, assembles and holds no secret', async () => {
  const seen = { backends: 0 }
  await fc.assert(
    fc.asyncProperty(settings, servers, async (answers, entries) => {
      const backends = importAll(entries).map((one) => ({
        ...one,
        source: 'a "file"\nof #somebody',
      }))
      if (backends.length === 0) return
      seen.backends += backends.length
      const text = draftText({ ...answers, backends }, 'proxy.toml')
      expect(text).not.toContain(canary)
      const warnings = await acceptDraft(text, 'proxy.toml')
      expect(warnings.map(({ code }) => code)).not.toContain('config-secret-literal')

      // What is written is what was meant, comments aside.
      const tree = parseToml(text) as { backends: object[] }
      expect(tree.backends).toEqual(backends.map(({ values }) => values))
      const env = Object.fromEntries(variablesOf(text).map((name) => [name, `x-${name}`]))
      expect(Object.keys(placeholderValues(text)).toSorted()).toEqual(Object.keys(env).toSorted())
    }),
    { numRuns: 400 },
  )
  expect(seen.backends).toBeGreaterThan(100)
})

it('an argument comes back as it was, where nothing in it is a reference or a secret', async () => {
  const plain = fc
    .string({ unit: 'binary', maxLength: 20 })
    .filter((text) => !/\p{Surrogate}|[$][{]|[:=]/u.test(text) && !text.includes('\0'))
  await fc.assert(
    fc.asyncProperty(fc.array(plain, { maxLength: 4 }), async (args) => {
      const [made] = importAll([['one', { command: 'x', args }]])
      if (made === undefined) throw new Error('not taken')
      const text = draftText(
        {
          name: { value: 'desk', why: '', from: 'flag' },
          publicUrl: { value: 'http://127.0.0.1:8080/mcp', why: '', from: 'flag' },
          host: { value: '127.0.0.1', why: '', from: 'flag' },
          port: { value: 8080, why: '', from: 'flag' },
          auth: { type: 'none' },
          backends: [{ ...made, source: 'a test' }],
        },
        'proxy.toml',
      )
      const { config } = await parseConfig(text, { file: 'proxy.toml', format: 'toml', env: {} })
      expect(config.backends[0]?.args).toEqual(args)
    }),
    { numRuns: 200 },
  )
})
