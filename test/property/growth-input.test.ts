// What a person pastes, and what files and servers say, is read in time that grows with its size.
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/base/json.ts'
import { withoutLineEnds } from '../../src/base/trim.ts'
import { tokenLinesOf } from '../../src/cli/token/token-lines.ts'
import { mendToken } from '../../src/cli/token/token-repairs.ts'
import { looksLikeToken } from '../../src/base/token-like.ts'
import { signsIn } from '../../src/cli/explain/signs.ts'
import { redactText } from '../../src/cli/report/redact.ts'
import { readServerList } from '../../src/config/clients/document.ts'
import { importEntry } from '../../src/config/clients/entry.ts'
import { secretSpans } from '../../src/config/secret-like.ts'
import { createVariables } from '../../src/config/clients/variables.ts'
import type { Format } from '../../src/config/document.ts'
import { parseConfig } from '../../src/config/load.ts'
import { readChallenges } from '../../src/net/www-authenticate.ts'
import { scopeList } from '../../src/core/claims/scopes.ts'
import { examineKeySet } from '../../src/core/keys/key-set.ts'
import { checkMetadata } from '../../src/core/metadata/metadata-checks.ts'
import { readMetadata } from '../../src/core/metadata/metadata.ts'
import { readCertificate } from '../../src/core/possession/certificate.ts'
import { parseAuthorization } from '../../src/core/token/bearer.ts'
import { checkInput } from '../../src/core/token/token-input.ts'
import { readToken } from '../../src/core/token/token-shape.ts'
import { nearMiss } from '../../src/core/verdict/near-miss.ts'
import { UsageError } from '../../src/problems/usage-error.ts'
import { growthOf, mostGrowth, type GrowthRow } from '../support/growth.ts'

/** `size` characters of a beginning, what is repeated, and an end. */
const filled =
  (unit: string, before = '', after = '') =>
  (size: number): string =>
    before + unit.repeat(Math.ceil(size / unit.length)) + after

type Shape = readonly [name: string, text: (size: number) => string]

/** Each is the worst case of some way to read text. */
const shapes: readonly Shape[] = [
  ['blanks before a character', filled(' ', '', 'x')],
  ['blanks between characters', filled(' ', 'x', 'x')],
  ['a scheme and blanks', filled(' ', 'Bearer', '')],
  ['schemes', filled('Bearer ')],
  ['a header name and blanks', filled(' ', 'Authorization', ':')],
  ['line breaks', filled('\n', '', 'x')],
  ['breaks of both kinds', filled('\r\n', 'x', 'x')],
  ['written line breaks', filled('\\n', 'eyJ', '!')],
  ['single characters', filled('a ', '', '!')],
  ['words of a wrapped token', filled('a\n', 'eyJ', '!')],
  ['quotes', filled('"', '', 'x')],
  ['quotes around a character', filled('"', 'x', 'x')],
  ['smart quotes', filled('\u201c', 'x', 'x')],
  ['dots', filled('.', 'eyJ', '')],
  ['dots between characters', filled('a.')],
  ['dashes at the end of a JWT', filled('-', 'eyJa.b.c', ' x')],
  ['dashes in each piece of a JWT', (size) => `eyJa${`.${'-'.repeat(size / 3)}`.repeat(3)} x`],
  ['two lines of JWTs and dashes', (size) => `eyJa.b.c${'-'.repeat(size)} x\n`.repeat(2)],
  ['beginnings of JWTs', filled('eyJ-')],
  ['invisible characters', filled('\u200b', 'x', 'x')],
  ['invisible characters among others', filled('x\u200b')],
  ['percent signs', filled('%', '', '2E')],
  ['encoded characters', filled('%2E', 'a')],
  ['opened brackets', filled('[', '{"access_token":')],
  ['members of a response', filled('"a":1,', '{', '"access_token":"x"')],
  ['a response that was cut', filled('a', '{"access_token":"')],
  ['backslashes', filled('\\', '"access_token":"')],
  ['assignments', filled('a=')],
  ['names and dashes', filled('a--')],
  ['one long name', filled('a')],
  ['a name of many words', filled('_a')],
  ['schemes of addresses', filled('a://')],
  ['a user name', filled('a', 'https://')],
  ['variables', filled('${A}')],
  ['beginnings of variables', filled('${')],
  ['hashes', filled('#\n')],
  ['commas', filled(',', 'Bearer ')],
  ['parameters', filled('a=b, ', 'Bearer ')],
  ['slashes', filled('/', 'https://a.example', 'x')],
  ['labels', filled('a.', 'https://', 'example')],
]

const readers: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
  ['mendToken', mendToken],
  ['tokenLinesOf', (text) => tokenLinesOf(text, false)],
  ['readToken', readToken],
  ['checkInput', checkInput],
  ['parseAuthorization', (text) => parseAuthorization([text])],
  ['readChallenges', readChallenges],
  ['readCertificate', readCertificate],
  ['nearMiss', (text) => nearMiss(text, `${text}/`)],
  ['scopeList', scopeList],
  ['parseJson', (text) => parseJson(text, { maxBytes: 16_777_216 })],
  ['looksLikeToken', looksLikeToken],
  ['redactText', redactText],
  ['signsIn', signsIn],
  ['withoutLineEnds', withoutLineEnds],
  ['secretSpans', secretSpans],
]

/** All the shapes at once: one that takes the square of its size shows in the sum, and its name is found by another run. */
const rowOf = (name: string, read: (text: string) => unknown, among = shapes): GrowthRow => ({
  name,
  to: 200_000,
  prepare: (size) => {
    const texts = among.map(([, text]) => text(size))
    return () => {
      for (const text of texts) read(text)
    }
  },
})

const culprits = async (name: string, read: (text: string) => unknown): Promise<string[]> => {
  const found: string[] = []
  for (const shape of shapes) {
    const { ratio, size } = await growthOf(rowOf(name, read, [shape]))
    if (ratio >= mostGrowth) found.push(`${shape[0]}: ${ratio.toFixed(1)} at ${size}`)
  }
  return found
}

describe('text', () => {
  it.each(readers)(
    '%s takes time in proportion to what it reads',
    { timeout: 120_000 },
    async (name, read) => {
      const { ratio } = await growthOf(rowOf(name, read))
      expect(ratio < mostGrowth ? [] : await culprits(name, read)).toEqual([])
    },
  )
})

const refusal = async (text: string, format: Format): Promise<void> => {
  try {
    await parseConfig(text, { file: `proxy.${format}`, format, env: { A: 'x' } })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
  }
}

const lines = (size: number, line: (index: number) => string, between = '\n'): string =>
  Array.from({ length: size }, (_, index) => line(index)).join(between)

const sound = '[proxy]\nname = "p"\n'
const backend = (index: number): string =>
  `[[backends]]\nname = "b${index}"\ntransport = "stdio"\ncommand = "node"`

const configurations: readonly (readonly [string, Format, (size: number) => string])[] = [
  ['unknown keys', 'toml', (n) => lines(n, (i) => `k${i} = 1`)],
  ['unknown keys in one section', 'toml', (n) => `${sound}${lines(n, (i) => `k${i} = 1`)}`],
  ['dotted keys', 'toml', (n) => lines(n, (i) => `a.b.k${i} = 1`)],
  ['one deep key', 'toml', (n) => `${'a.'.repeat(n)}b = 1`],
  ['tables', 'toml', (n) => lines(n, (i) => `[t${i}]\nx = 1`)],
  ['backends', 'toml', (n) => `${sound}${lines(n, backend)}`],
  ['backends of one name', 'toml', (n) => `${sound}${lines(n, () => backend(1))}`],
  [
    'backends with faults',
    'toml',
    (n) => `${sound}${lines(n, (i) => `[[backends]]\nname = ${i}`)}`,
  ],
  [
    'equal tokens',
    'toml',
    (n) => `${sound}${backend(1)}\n[auth]\ntype = "bearer"\ntokens = [${'"a",'.repeat(n)}]`,
  ],
  ['variables', 'toml', (n) => `${sound}instructions = "${'${A}'.repeat(n)}"\n${backend(1)}`],
  [
    'variables that are not set',
    'toml',
    (n) => `${sound}${backend(1)}\nargs = [${'"${NONE}",'.repeat(n)}]`,
  ],
  ['a long string', 'toml', (n) => `${sound}${backend(1)}\nargs = ["${'x'.repeat(n * 10)}"]`],
  [
    'a long key with many below it',
    'toml',
    (n) => `[${'k'.repeat(n * 5)}]\n${lines(n, (i) => `k${i} = 1`)}`,
  ],
  ['unknown keys', 'yaml', (n) => lines(n, (i) => `k${i}: 1`)],
  ['aliases', 'yaml', (n) => `a: &a {x: 1}\n${lines(n, (i) => `k${i}: *a`)}`],
  ['anchors', 'yaml', (n) => lines(n, (i) => `k${i}: &a${i} {x: 1}\nl${i}: *a${i}`)],
  ['unknown aliases', 'yaml', (n) => lines(n, (i) => `k${i}: *b`)],
  ['faults', 'yaml', (n) => lines(n, (i) => `k${i}: a: b`)],
  ['one key many times', 'yaml', (n) => lines(n, () => 'k: 1')],
  ['line breaks', 'yaml', (n) => '\n'.repeat(n)],
  ['commas', 'yaml', (n) => `[${','.repeat(n)}]`],
  ['tags', 'yaml', (n) => lines(n, (i) => `k${i}: !t 1`)],
  ['unknown keys', 'json', (n) => `{${lines(n, (i) => `"k${i}":1`, ',')}}`],
  ['a list of what is no backend', 'json', (n) => `{"backends":[${'1,'.repeat(n)}1]}`],
]

describe('a configuration', () => {
  it.each(configurations)('with %s, %s', { timeout: 120_000 }, async (name, format, text) => {
    const { ratio, size } = await growthOf({
      name,
      from: 500,
      to: 20_000,
      prepare: (n) => {
        const given = text(n)
        return () => refusal(given, format)
      },
    })
    expect(ratio, `at ${size}`).toBeLessThan(mostGrowth)
  })
})

const members = (size: number): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Array.from({ length: size }, (_, index) => [`member_${index}`, 'x y']))

const imported = (entry: object): unknown =>
  importEntry('a', entry, {
    folder: '/folder',
    home: '/home/x',
    inFolder: true,
    env: {},
    variables: createVariables(),
    names: new Set(),
    label: 'other',
    envFile: () => [],
  })

const documents: readonly GrowthRow[] = [
  {
    name: 'a metadata document of many members',
    to: 40_000,
    prepare: (size) => {
      const document = JSON.stringify({ issuer: 'https://as.example', ...members(size) })
      return () => {
        const read = readMetadata(document)
        if ('cause' in read) throw new Error(read.cause)
        return checkMetadata(read.metadata, { issuer: 'https://as.example', allowHttp: false })
      }
    },
  },
  {
    name: 'a metadata document with a long list of scopes',
    to: 40_000,
    prepare: (size) => {
      const scopes = Array.from({ length: size }, (_, index) => `s${index}`)
      const document = JSON.stringify({ issuer: 'https://as.example', scopes_supported: scopes })
      return () => {
        const read = readMetadata(document)
        if ('cause' in read) throw new Error(read.cause)
        return checkMetadata(read.metadata, { issuer: 'https://as.example', allowHttp: false })
      }
    },
  },
  {
    name: 'a key set of many keys',
    prepare: (size) => {
      const keys = Array.from({ length: size }, (_, index) => ({
        kty: 'RSA',
        kid: `k${index % 7}`,
      }))
      return () => examineKeySet({ keys })
    },
  },
  {
    name: 'an imported server with a secret in each argument',
    to: 100_000,
    prepare: (size) => {
      const args = Array.from({ length: size }, (_, index) => `--api-key=sk-${index}abcdefgh`)
      return () => imported({ command: 'node', args })
    },
  },
  {
    name: 'an imported server with the same secret in each argument',
    to: 100_000,
    prepare: (size) => {
      const args = Array.from({ length: size }, () => '--api-key=sk-0123456789abcdefgh')
      return () => imported({ command: 'node', args })
    },
  },
  {
    name: 'an imported server with many variables',
    to: 100_000,
    prepare: (size) => {
      const env = Object.fromEntries(
        Array.from({ length: size }, (_, index) => [`TOKEN_${index}`, `secret-${index}`]),
      )
      return () => imported({ command: 'node', env })
    },
  },
  {
    name: 'an imported file of many brackets',
    prepare: (size) => {
      const text = `{"mcpServers": ${'['.repeat(size)}`
      return () => readServerList(text, { file: 'mcp.json', folder: '/folder' })
    },
  },
  {
    name: 'an imported file of many servers',
    to: 200_000,
    prepare: (size) => {
      const text = `{"mcpServers": {${lines(size, (index) => `"s${index}":{"command":"x"}`, ',')}}}`
      return () => readServerList(text, { file: 'mcp.json', folder: '/folder' })
    },
  },
]

describe('a document', () => {
  it.each(documents)(
    '$name takes time in proportion to its size',
    { timeout: 120_000 },
    async (row) => {
      const { ratio, size } = await growthOf(row)
      expect(ratio, `at ${size}`).toBeLessThan(mostGrowth)
    },
  )
})
