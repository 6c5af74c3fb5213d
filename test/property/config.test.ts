// Whatever stands in a configuration: it is accepted or refused with reasons, and no secret leaves with the reasons.
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { stringify as toToml } from 'smol-toml'
import { expect, it } from 'vitest'
import { stringify as toYaml } from 'yaml'
import { UsageError } from '../../src/problems/usage-error.ts'
import type { Format } from '../../src/config/document.ts'
import { sections } from '../../src/config/json-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'

const canary = 'cAnArYcAnArY'
const env = { SECRET: `${canary}-variable`, HOME: '/home/x', EMPTY: '' }

/** The places of a configuration that hold secrets, as a log or a dump would show them. */
const secretsOf = ({ auth, backends, security }: Config): string => {
  const held = [
    security.admin_token,
    ...backends.map(({ bearer_token: token, basic_auth: basic, headers }) => [
      token,
      basic?.password,
      headers,
    ]),
    ...(auth.type === 'bearer' ? auth.tokens : []),
    ...(auth.type === 'oauth' ? [auth.client_secret] : []),
  ]
  return JSON.stringify(held) + inspect(held, { depth: 9, showHidden: true })
}

/** What a person could see of the outcome: everything that is not a bug. */
const outcome = async (text: string, format: Format): Promise<string> => {
  try {
    const { warnings, config } = await parseConfig(text, { file: 'proxy', format, env })
    return JSON.stringify(warnings) + secretsOf(config)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message } of error.problems) expect(message).not.toBe('')
    return error.message + JSON.stringify(error.problems) + inspect(error)
  }
}

const formats = fc.constantFrom<Format>('toml', 'yaml', 'json')

const fragments = [
  ...'[proxy] [[backends]] = : - { } [ ] " name auth type ${ $${ ${HOME} &a *a !!map'.split(' '),
  ...`' """ , 1e999 __proto__ constructor 1979-05-27 0x null ? <<`.split(' '),
  '\n',
  '\t',
  ' ',
  '\u0000',
  '\uD800',
]

it('random text never does more than be refused', async () => {
  const fragment = fc.constantFrom(...fragments)
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, formats, async (written, format) => {
      expect(await outcome(written, format)).toBeTypeOf('string')
    }),
    { numRuns: 1500 },
  )
})

const base = {
  proxy: { name: 'desk' },
  backends: [{ name: 'a', transport: 'stdio', command: 'x' }],
  auth: { type: 'bearer', tokens: ['${SECRET}', canary] },
  security: { admin_token: `${canary}-admin` },
}

/** The other transport and the other way to authenticate, so that every key meets its own rules. */
const others = {
  ...base,
  backends: [{ name: 'a', transport: 'http', url: 'https://a.test/mcp' }],
  auth: {
    type: 'oauth',
    issuer: 'https://id.test',
    client_id: 'desk',
    client_secret: '${SECRET}',
    token_validation: 'both',
  },
}

const written = (document: object, format: Format): string => {
  if (format === 'json') return JSON.stringify(document)
  return format === 'yaml' ? toYaml(document) : toToml(document)
}

/** Puts a value at a key of a section, named as in `sections()`; the tables on the way are made. */
const planted = (start: object, section: string, key: string, value: unknown): object => {
  const document = structuredClone(start) as Record<string, unknown>
  let table = document
  for (const step of section === '' ? [] : section.split('.')) {
    const name = step.replace('[]', '')
    table[name] ??= {}
    const member = table[name] as Record<string, unknown> | Record<string, unknown>[]
    table = Array.isArray(member) ? (member[0] ?? {}) : member
  }
  table[key] = value
  return document
}

const everyKey = sections().flatMap(({ name, keys }) =>
  [...keys, 'colour'].map((key) => [name, key] as const),
)

it.each(everyKey)('a secret that lands in [%s] %s is not repeated', async (section, key) => {
  const secrets = [canary, 'x${SECRET}y', `https://user:${canary}@host.test/`, `${canary}\n`]
  for (const secret of secrets) {
    for (const value of [secret, [secret], [[secret]], { colour: secret }, [{ colour: secret }]]) {
      for (const start of [base, others]) {
        const document = planted(start, section, key, value)
        for (const format of ['toml', 'yaml', 'json'] as const) {
          expect(await outcome(written(document, format), format)).not.toContain(canary)
        }
      }
    }
  }
})

it('a slip anywhere in the text of a good file shows no secret either', async () => {
  const texts = (['toml', 'yaml', 'json'] as const).map(
    (format) => [format, written(base, format)] as const,
  )
  const noise = fc.constantFrom(
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '=',
    '\n',
    '\\',
    '&',
    '*',
    '!',
    '',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...texts),
      fc.nat(400),
      fc.nat(3),
      noise,
      async ([format, text], at, cut, inserted) => {
        const place = at % text.length
        const torn = text.slice(0, place) + inserted + text.slice(place + cut)
        expect(await outcome(torn, format)).not.toMatch(/cAnArYcAnArY/)
      },
    ),
    { numRuns: 1500 },
  )
})

it('what is accepted is accepted alike in every format', async () => {
  const document = fc.record(
    {
      name: fc
        .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
        .map((text) => text.replaceAll('$', '')),
      port: fc.integer({ min: 0, max: 65_535 }),
      args: fc.array(
        fc
          .string({ unit: 'grapheme-ascii', maxLength: 10 })
          .map((text) => text.replaceAll('$', '')),
      ),
      audit: fc.boolean(),
      seconds: fc.integer({ min: 1, max: 9999 }),
    },
    { requiredKeys: ['name', 'port', 'args'] },
  )
  await fc.assert(
    fc.asyncProperty(document, async ({ name, port, args, audit, seconds }) => {
      fc.pre(name !== '')
      const tree = {
        proxy: { name, listen: { port } },
        backends: [
          {
            name: 'a',
            transport: 'stdio',
            command: 'x',
            args,
            ...(seconds === undefined ? {} : { timeout: { seconds } }),
          },
        ],
        ...(audit === undefined ? {} : { observability: { audit } }),
      }
      const read = async (format: Format) =>
        (await parseConfig(written(tree, format), { file: 'proxy', format, env })).config
      const config = await read('json')
      expect(config.proxy).toMatchObject({ name, listen: { port } })
      expect(config.backends[0]?.args).toEqual(args)
      expect(await read('toml')).toEqual(config)
      expect(await read('yaml')).toEqual(config)
    }),
    { numRuns: 200 },
  )
})
