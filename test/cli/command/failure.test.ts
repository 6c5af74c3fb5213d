// Whatever is thrown becomes an exit code and words that repeat nothing secret.
import { string as stringArg } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { parse } from '@oclif/core/parser'
import { expect, test } from 'vitest'
import { checkValues } from '../../../src/cli/command/check-flags.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { failureOf, failureReport, failureText } from '../../../src/cli/command/failure.ts'
import { plain } from '../../../src/cli/terminal/style.ts'

const surface = { command: 'validate', flags: ['--issuer', '--audience', '--json'] }

test('a usage error keeps every problem, its place and its hint, or the general one', () => {
  const error = new UsageError([
    {
      code: 'config-unknown-key',
      case: 'unknown',
      message: 'Unknown key seperator',
      place: { file: 'proxy.toml', line: 3, column: 1 },
      hint: 'did you mean separator?',
    },
    { code: 'config-value', case: 'invalid', message: 'proxy.name: must not be empty' },
  ])
  const failure = failureOf(error, surface)
  expect(failure.exitCode).toBe(2)
  expect(failureText(failure, plain)).toBe(
    [
      'error proxy.toml:3:1: Unknown key seperator',
      '  hint did you mean separator?',
      'error proxy.name: must not be empty',
      '  hint docs/config.md shows what the key accepts',
    ].join('\n'),
  )
  expect(failureReport(failure).error).toMatchObject({
    code: 'config-unknown-key',
    hint: 'did you mean separator?',
    problems: [
      { place: { file: 'proxy.toml', line: 3, column: 1 } },
      { place: null, hint: 'docs/config.md shows what the key accepts' },
    ],
  })
})

const flags = {
  issuer: string({}),
  audience: string({ multiple: true, multipleNonGreedy: true }),
  strategy: string({ options: ['jwt', 'both'] }),
  config: string({ char: 'c', default: 'proxy.toml' }),
  quiet: boolean({ char: 'q' }),
  'jwks-uri': string({}),
  'jwks-file': string({ exclusive: ['jwks-uri', 'config'] }),
  'cert-file': string({ dependsOn: ['cert-key-file'] }),
  'cert-key-file': string({}),
}
const args = { token: stringArg({ ignoreStdin: true }) }

/** What a command line comes to, checked and parsed as a command does it. */
const failureOfLine = async (...argv: string[]) => {
  try {
    checkValues(argv, flags, 'validate')
    await parse(argv, { flags, args })
  } catch (error) {
    return failureOf(error, surface)
  }
  throw new Error('nothing was wrong')
}

test.each([
  [['--isuer', 'x'], 'Unknown flag --isuer', 'did you mean --issuer?'],
  [['--isuer=x'], 'Unknown flag --isuer', 'did you mean --issuer?'],
  [['a', 'b', 'c'], '2 arguments too many', 'see mcp-proxy validate --help'],
  [['--issuer'], '--issuer requires a value', 'see mcp-proxy validate --help'],
  [['--issuer', '--quiet'], '--issuer requires a value', 'see mcp-proxy validate --help'],
  [['--issuer', '-q'], '--issuer requires a value', 'see mcp-proxy validate --help'],
  [['-qc'], '--config requires a value', 'see mcp-proxy validate --help'],
  [
    ['--strategy'],
    '--strategy requires a value: one of jwt, both',
    'see mcp-proxy validate --help',
  ],
  [['--strategy', 'jtw'], '--strategy must be one of: jwt, both', 'see mcp-proxy validate --help'],
  [['--strategy=jtw'], '--strategy must be one of: jwt, both', 'see mcp-proxy validate --help'],
  [['-c', 'a', '-cb'], '--config is given more than once', 'keep one of them'],
  [
    ['--jwks-uri', 'a', '--jwks-file', 'b'],
    '--jwks-file and --jwks-uri cannot be used together',
    'keep one of them',
  ],
  [['--cert-file', 'a'], '--cert-file requires --cert-key-file', 'give both of them'],
])('%j: %s', async (argv, message, hint) => {
  const failure = await failureOfLine(...argv)
  expect(failure.exitCode).toBe(2)
  expect(failureReport(failure).error.problems).toEqual([
    { code: 'usage-flag', message, hint, place: null },
  ])
})

test.each([
  [['--audience', 'a', '--audience=b']],
  [['-qc', 'file']],
  [['-c=file', '-q']],
  [['--quiet', '--quiet', '--issuer', '-']],
  [['--', '--issuer', '--issuer']],
  [['--jwks-file', 'b']],
  [['--cert-file', 'a', '--cert-key-file', 'b']],
])('nothing is said of %j but what the parser says', async (argv) => {
  checkValues(argv, flags, 'validate')
  const strict = argv.includes('--') ? { strict: false } : {}
  await expect(parse(argv, { flags, args, ...strict })).resolves.toBeDefined()
})

test('every error of the parser about a value is found before it', async () => {
  const words = [
    '--issuer',
    '--audience',
    '--strategy',
    '-c',
    '-q',
    '-qc',
    'jwt',
    'x',
    '-',
    '--config=y',
  ]
  const lines = words.flatMap((a) => words.flatMap((b) => words.map((c) => [a, b, c])))
  for (const argv of lines) {
    try {
      checkValues(argv, flags, 'validate')
    } catch {
      continue
    }
    const failure = await failureOfLine(...argv).catch(() => undefined)
    expect({ argv, message: failure?.problems[0]?.message }).not.toMatchObject({
      message: 'Cannot parse the command line',
    })
  }
})

test('a word that could be a token is not repeated', async () => {
  const token = `-${'A1b2C3d4'.repeat(8)}`
  for (const failure of [
    await failureOfLine(token),
    await failureOfLine('--', token, token),
    await failureOfLine('--strategy', token.slice(1)),
    await failureOfLine(`--${token}`),
    await failureOfLine('--cert-file', token.slice(1)),
    failureOf(new Error(`broken while reading ${token}`), surface),
  ]) {
    expect(failureText(failure, plain)).not.toContain('A1b2')
    expect(JSON.stringify(failureReport(failure))).not.toContain('A1b2')
  }
})

test('anything else is an internal error with a number to quote', () => {
  const error = new TypeError('x is undefined')
  const failure = failureOf(error, surface)
  expect(failure.exitCode).toBe(70)
  expect(failure.problems[0]?.message).toMatch(/^Internal error \(TypeError, report [0-9a-f]{8}\)$/)
  expect(failureOf(error, surface)).toEqual(failure)
})

test('Ctrl-C at a question is an interruption', () => {
  const error = Object.assign(new Error('User force closed'), { name: 'ExitPromptError' })
  expect(failureOf(error, surface)).toEqual({ exitCode: 130, problems: [] })
})

test('control characters of a file name do not reach the terminal', () => {
  const failure = failureOf(
    new UsageError({
      code: 'config-file',
      message: 'Cannot read it',
      place: { file: '\u001b[2Jx' },
    }),
    surface,
  )
  expect(failureText(failure, plain)).not.toContain('\u001b')
})
