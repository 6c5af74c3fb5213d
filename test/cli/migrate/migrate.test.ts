// Configurations of mcp-proxy 0.4: what becomes of the fifteen that were published, and of each key that means another thing now.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateConfig } from '../../../src/cli/migrate/migrate-config.ts'
import type { MigrateReport } from '../../../src/cli/migrate/report.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { placeholderValues } from '../../../src/config/placeholders.ts'
import type { Narrator } from '../../../src/cli/terminal/narrator.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'

const fixtures = path.join(import.meta.dirname, '..', '..', 'fixtures', 'original')
const published = readdirSync(fixtures).filter((name) => name.endsWith('.toml'))

let folder: string
let said: string[] = []

const narrator: Narrator = {
  note: () => undefined,
  warn: () => undefined,
  tell: (text) => said.push(text),
  quiet: false,
  canAsk: () => false,
  env: {},
  columns: 80,
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'migrate-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const head = '[proxy]\nname = "old"\nseparator = "/"\n\n'
const backend = (keys: string): string =>
  `${head}[[backends]]\nname = "api"\ntransport = "http"\nurl = "https://api.example.com/mcp"\n${keys}`

let files = 0

const migrate = async (text: string, flags = {}): Promise<MigrateReport> => {
  said = []
  const file = path.join(folder, `old-${String((files += 1))}.toml`)
  await writeFile(file, text)
  return (await migrateConfig(file, flags, narrator)).report
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof UsageError) return error.problems[0]?.message ?? ''
    throw error
  }
  throw new Error('was not refused')
}

test('there are fifteen', () => {
  expect(published).toHaveLength(15)
})

/** Keys of a configuration that say what others than these say. */
const openListener = [
  'proxy.listen.host: listens on an address that other hosts can reach, without authentication',
]

describe.each(published)('%s', (name) => {
  const output = () => path.join(folder, `new-${name}`)
  let report: MigrateReport

  beforeAll(async () => {
    const result = await migrateConfig(
      path.join(fixtures, name),
      { output: output(), force: true },
      narrator,
    )
    report = result.report
  })

  test('is taken by serve, but for a listener that is open to everyone', () => {
    const left = report.problems.map(({ detail }) => detail)
    expect(left.filter((detail) => !openListener.includes(detail))).toEqual([])
    expect(report.verdict).toBe(left.length === 0 ? 'migrated' : 'incomplete')
  })

  test('is taken by serve as it was published, but for that listener', async () => {
    const file = path.join(fixtures, name)
    const text = await readFile(file, 'utf8')
    const env = placeholderValues(text)
    const said = await parseConfig(text, { file, format: 'toml', env }).then(
      () => [],
      (error: unknown) => (error as UsageError).problems.map(({ message }) => message),
    )
    expect(said.filter((message) => !openListener.includes(message))).toEqual([])
  })

  test('says what it said, but for what was added or became a comment', async () => {
    const [before, after] = await Promise.all(
      [path.join(fixtures, name), output()].map((file) => readFile(file, 'utf8')),
    )
    const lines = (after ?? '').split('\n')
    const own = lines.filter((line) => !line.includes('mcp-proxy migrate: '))
    const added = report.changes.filter(({ kind }) => kind === 'add').length
    expect(own).toHaveLength((before ?? '').split('\n').length + added)
    expect(parse(after ?? '')).toMatchObject({ proxy: { separator: expect.anything() } })
  })
})

describe('a key that means another thing', () => {
  test.each([
    [
      'retry',
      '[backends.retry]\nmax_retries = 2\n',
      'backends[0].retry',
      'read-only or idempotent',
    ],
    [
      'aliases',
      'aliases = [{ from = "a", to = "b" }]\n',
      'backends[0].aliases',
      'the old name no longer works',
    ],
    ['a pattern', 'hide_tools = ["a*"]\n', 'backends[0].hide_tools', '"/" included'],
    ['forward_auth', 'forward_auth = true\n', 'backends[0].forward_auth', 'Did nothing'],
    ['a cache', '[backends.cache]\ntool_ttl_seconds = 5\n', 'backends[0].cache', 'read-only tools'],
    ['an empty list', 'expose_tools = []\n', 'backends[0].expose_tools', 'offered everything'],
    ['a key of another transport', 'command = "x"\n', 'backends[0].command', 'transport = "http"'],
  ])('%s', async (_, keys, key, text) => {
    const { changes } = await migrate(backend(keys))
    const found = changes.filter((change) => change.key !== 'proxy.listen')
    expect(found).toMatchObject([{ key, text: expect.stringContaining(text) }])
  })

  test('becomes a comment where it means nothing, over all of its lines', async () => {
    const { text, verdict } = await migrate(
      backend('forward_auth = true # for later\nargs = [\n  "a", # one\n  "b",\n]\n'),
    )
    expect(verdict).toBe('migrated')
    expect(text).toContain('\n# forward_auth = true # for later\n')
    expect(text).toContain('\n# args = [\n  # "a", # one\n  # "b",\n# ]\n')
  })

  test('is noted at its first place alone', async () => {
    const one = (name: string) =>
      `[[backends]]\nname = "${name}"\ntransport = "http"\nurl = "https://a.example.com/mcp"\n[backends.retry]\nmax_retries = 1\n`
    const { changes } = await migrate(`${head}${one('a')}${one('b')}`)
    expect(changes.filter(({ key }) => key.endsWith('.retry')).map(({ key }) => key)).toEqual([
      'backends[0].retry',
    ])
  })

  test('in [auth]', async () => {
    const { changes, verdict } = await migrate(
      `${backend('')}[auth]\ntype = "jwt"\nissuer = "https://id.example.com"\naudience = "a"\njwks_uri = "https://id.example.com/keys"\n[[auth.roles]]\nname = "r"\n[auth.role_mapping]\nclaim = "roles"\nmapping = { x = "r" }\n`,
    )
    expect(verdict).toBe('migrated')
    expect(changes.map(({ key }) => key)).toEqual([
      'proxy.listen',
      'auth.role_mapping',
      'auth.role_mapping.claim',
    ])
  })
})

test('keeps comments, order and layout, and adds the old separator', async () => {
  const { text } = await migrate(
    '# ours\n[proxy]   # the proxy\nname = "old"\n\n\n[[backends]]\n  name = "a" # first\n  transport = "http"\n  url = "https://a.example.com"\n  retry = { max_retries = 1 }\n',
  )
  expect(text?.split('\n').filter((line) => !line.includes('mcp-proxy migrate'))).toEqual([
    '# ours',
    '[proxy]   # the proxy',
    'separator = "/"',
    'name = "old"',
    '',
    '',
    '[[backends]]',
    '  name = "a" # first',
    '  transport = "http"',
    '  url = "https://a.example.com"',
    '  retry = { max_retries = 1 }',
    '',
  ])
  expect(text).toContain('\n  # mcp-proxy migrate: Sends again what never left')
})

test('lists what serve would refuse, and leaves it as it is', async () => {
  const { verdict, problems, text } = await migrate(backend('hide_tolls = ["a"]\n'))
  expect(verdict).toBe('incomplete')
  expect(problems).toMatchObject([
    { code: 'config-unknown-key', detail: expect.stringContaining('hide_tolls') },
  ])
  expect(text).toContain('\nhide_tolls = ["a"]\n')
  expect(said.join('\n')).toMatch(/left to do: .*backends\[0\].hide_tolls/)
})

test('says what became of the cache in a file and of the port of traces', async () => {
  const { changes, verdict, problems } = await migrate(
    `${backend('')}[cache]\nbackend = "sqlite"\nurl = "cache.db"\n[performance]\ncoalesce_requests = true\n[observability.tracing]\nenabled = true\n`,
  )
  const keys = changes.map(({ key }) => key)
  expect(keys).toEqual(
    expect.arrayContaining([
      'cache.backend',
      'performance.coalesce_requests',
      'observability.tracing',
    ]),
  )
  expect(verdict).toBe('incomplete')
  expect(problems.length).toBeGreaterThan(0)
})

test('needs no variable to be set', async () => {
  expect((await migrate(backend('bearer_token = "${API_TOKEN}"\n'))).verdict).toBe('migrated')
})

test('prints no secret, and writes it to a file that others cannot read where the old one was so', async () => {
  const text = `${backend('')}[auth]\ntype = "bearer"\ntokens = ["a-token-in-the-file-itself"]\n`
  expect(await refusal(migrate(text))).toContain('contains a secret, which is not printed')
  const output = path.join(folder, 'secret.toml')
  const { text: printed, verdict } = await migrate(text, { output })
  expect({ printed, verdict }).toEqual({ printed: null, verdict: 'migrated' })
  expect(await readFile(output, 'utf8')).toContain('a-token-in-the-file-itself')
})

test('replaces a file with --force alone, and keeps the mode of the old one', async () => {
  const output = path.join(folder, 'there.toml')
  await writeFile(output, 'mine')
  expect(await refusal(migrate(backend(''), { output }))).toBe(`${output} exists already`)
  expect(await readFile(output, 'utf8')).toBe('mine')
  await migrate(backend(''), { output, force: true })
  expect(await readFile(output, 'utf8')).toContain('name = "old"')
  expect((await stat(output)).mode & 0o777).not.toBe(0)
})

test('reads TOML alone, and says where it is not well-formed', async () => {
  const yaml = path.join(folder, 'old.yaml')
  await writeFile(yaml, 'proxy:\n  name: a\n')
  expect(await refusal(migrateConfig(yaml, {}, narrator))).toContain('migrate reads TOML only')
  await expect(migrate('[proxy\n')).rejects.toBeInstanceOf(UsageError)
  await expect(migrateConfig(path.join(folder, 'none.toml'), {}, narrator)).rejects.toBeInstanceOf(
    UsageError,
  )
})
