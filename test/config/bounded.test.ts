// What a configuration may cost: the number of findings, aliases, the values of variables.
import { expect, it } from 'vitest'
import { UsageError, type UsageProblem } from '../../src/problems/usage-error.ts'
import type { Format } from '../../src/config/document.ts'
import { parseConfig } from '../../src/config/load.ts'

const problemsOf = async (
  text: string,
  format: Format,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly UsageProblem[]> => {
  try {
    await parseConfig(text, { file: `proxy.${format}`, format, env })
    return []
  } catch (error) {
    if (error instanceof UsageError) return error.problems
    throw error
  }
}

const lines = (n: number, line: (index: number) => string): string =>
  Array.from({ length: n }, (_, index) => line(index)).join('\n')

const sound = 'proxy:\n  name: p\nbackends:\n- {name: b, transport: stdio, command: node}\n'

it('shows 50 of 5,000 unknown keys with their lines and hints, and the number of the others', async () => {
  const problems = await problemsOf(
    lines(5000, (index) => `prxy${index} = 1`),
    'toml',
  )
  expect(problems).toHaveLength(51)
  expect(problems[2]).toMatchObject({ code: 'config-unknown-key', place: { line: 1 } })
  expect(problems.slice(0, 50).every(({ hint }) => hint !== undefined)).toBe(true)
  // 5,000 keys, and the two sections that are missing.
  expect(problems.at(-1)).toMatchObject({
    code: 'config-more',
    message: '4952 more problems',
  })
})

it.each([
  ['toml', lines(5000, (index) => `[[backends]]\nname = "b${index}"\ntransport = 1`)],
  ['yaml', `backends:\n${lines(10_000, () => '- 1')}`],
  ['json', `{"backends": [${'{},'.repeat(25_000)}1]}`],
] as const)('bounds what is said of a long list in %s', async (format, text) => {
  const problems = await problemsOf(text, format)
  expect(problems).toHaveLength(51)
  expect(problems.at(-1)?.code).toBe('config-more')
})

it('names each prefix that overlaps once, however many backends there are', async () => {
  const { warnings } = await parseConfig(
    `[proxy]\nname = "p"\n${lines(3000, (index) => `[[backends]]\nname = "b${index}"\nprefix = "${'p'.repeat((index % 50) + 1)}${index < 50 ? '' : index}_"\ntransport = "stdio"\ncommand = "node"`)}`,
    { file: 'proxy.toml', format: 'toml', env: {} },
  )
  expect(warnings.length).toBeLessThanOrEqual(51)
})

it('reads thousands of aliases of one anchor', async () => {
  const problems = await problemsOf(
    `x: &a {y: 1}\n${lines(3000, (index) => `k${index}: *a`)}`,
    'yaml',
  )
  expect(problems.some(({ code }) => code === 'config-syntax')).toBe(false)
})

it.each([
  [
    'aliases of aliases',
    `a0: &a0 [x]\n${lines(30, (index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`)}`,
  ],
  [
    'few aliases of a long text',
    `a: &a ${'x'.repeat(200_000)}\n${lines(90, (index) => `k${index}: *a`)}`,
  ],
  [
    'few aliases of each of many anchors',
    lines(
      100,
      (index) =>
        `a${index}: &a${index} ${'x'.repeat(2000)}\nb${index}: [${`*a${index}, `.repeat(50)}]`,
    ),
  ],
])('refuses YAML in which %s expand too far', async (_, text) => {
  expect(await problemsOf(text, 'yaml')).toMatchObject([
    { code: 'config-syntax', message: expect.stringContaining('expand too far') },
  ])
})

it('refuses an alias within its own anchor', async () => {
  expect(await problemsOf('a: &a [*a]', 'yaml')).toMatchObject([
    { message: expect.stringContaining('within its own anchor'), place: { line: 1, column: 8 } },
  ])
})

it('finds a key that stands twice in YAML, at its second place', async () => {
  expect(await problemsOf('a: 1\nb: {c: 1, c: 2}\n', 'yaml')).toMatchObject([
    { message: expect.stringContaining('the same key twice'), place: { line: 2, column: 11 } },
  ])
})

it('keeps a key called __proto__ a key', async () => {
  expect(await problemsOf(`${sound}__proto__: {}\n`, 'yaml')).toMatchObject([
    { code: 'config-unknown-key' },
  ])
})

it('refuses YAML of more lines than any configuration has', async () => {
  expect(await problemsOf('\n'.repeat(300_000), 'yaml')).toMatchObject([
    {
      code: 'config-syntax',
      message: expect.stringContaining('more than 200000 tokens'),
    },
  ])
})

it('refuses variables whose values are more than memory should take', async () => {
  const problems = await problemsOf(
    `[proxy]\nname = "p"\ninstructions = "${'${LONG}'.repeat(10_000)}"\n[[backends]]\nname = "b"\ntransport = "stdio"\ncommand = "node"`,
    'toml',
    { LONG: 'x'.repeat(100_000) },
  )
  expect(problems).toMatchObject([
    { code: 'config-variable', message: expect.stringContaining('proxy.instructions') },
  ])
})

it.each([
  ['toml', `backends = [${'{},'.repeat(100_000)}]`],
  ['toml', `[[backends]]\nargs = [${'1,'.repeat(100_000)}]`],
  ['yaml', `backends: [${'1,'.repeat(40_000)}]`],
  ['json', `{"backends": [${'{},'.repeat(100_000)}{}]}`],
] as const)('refuses more values than any configuration has, in %s', async (format, text) => {
  expect(await problemsOf(text, format)).toMatchObject([
    { code: 'config-syntax', message: expect.stringContaining('more than 30000 values') },
  ])
})

it.each([
  ['backends without anything', `{"backends": [${'{},'.repeat(29_990)}{}]}`],
  [
    'issuers without anything',
    `{"auth": {"type": "oauth", "issuers": [${'{},'.repeat(29_990)}{}]}}`,
  ],
  ['arguments that are no texts', `{"backends": [{"args": [${'1,'.repeat(29_980)}1]}]}`],
])('says what is wrong with as many %s as may be', async (_, text) => {
  expect((await problemsOf(text, 'json')).at(-1)?.code).toBe('config-more')
})
