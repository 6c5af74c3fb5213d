// Whatever is thrown becomes an exit code and words that repeat nothing secret.
import { expect, test } from 'vitest'
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

const parseError = (fields: object, message = '') =>
  Object.assign(new Error(message), { oclif: { exit: 2 }, parse: { input: {} } }, fields)

test('an unknown flag gets a suggestion', () => {
  const { exitCode, problems } = failureOf(parseError({ flags: ['--isuer'] }), surface)
  expect(exitCode).toBe(2)
  expect(problems).toEqual([
    { code: 'usage-flag', message: 'There is no flag --isuer', hint: 'did you mean --issuer?' },
  ])
})

test('a word that could be a token is not repeated', () => {
  const token = `-${'A1b2C3d4'.repeat(8)}`
  for (const error of [
    parseError({ flags: [token] }, `Nonexistent flag: ${token}`),
    parseError({ args: [token, token] }, `Unexpected arguments: ${token}, ${token}`),
    parseError({}, `Expected --${token} to be one of: a, b`),
    new Error(`broken while reading ${token}`),
  ]) {
    const failure = failureOf(error, surface)
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
