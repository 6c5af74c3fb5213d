// Help, version, slips of the hand and errors: the right stream, the right exit code, a next step.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeTempFolder, repository } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
const folder = await makeTempFolder()
const secretish = `eyJhbGciOiJSUzI1NiJ9.${'c2VjcmV0'.repeat(6)}.c2ln`

afterAll(() => folder.remove())

const run = (...args: string[]) => recorder.run(args, { cwd: folder.path })

test.each([['--version'], ['-v']])('%s', async (flag) => {
  const { version } = JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8')) as {
    version: string
  }
  const { exitCode, stdout, stderr } = await run(flag)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`^mcp-proxy ${version.replaceAll('.', '\\.')} .*node-v\\d+`))
})

const commands = [
  'call',
  'completion',
  'discover',
  'doctor',
  'explain',
  'init',
  'introspect',
  'key',
  'login',
  'logout',
  'migrate',
  'serve',
  'tools',
  'validate',
  'whoami',
]

test.each([[[]], [['--help']], [['-h']], [['help']]])('the overview: %j', async (args) => {
  const { exitCode, stdout, stderr } = await run(...args)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  for (const command of commands) expect(stdout).toContain(`  ${command} `)
  expect(stdout).toContain('Exit codes')
})

test.each(commands)('the help of %s has flags and runnable examples', async (command) => {
  const [long, word] = await Promise.all([run(command, '--help'), run('help', command)])
  expect(long).toEqual(word)
  expect(long.exitCode).toBe(0)
  expect(long.stdout).toContain('EXAMPLES')
  expect(long.stdout).toMatch(new RegExp(`\\$ mcp-proxy ${command}`))
  expect(long.stdout).toContain('--json')
  expect(long.stdout).not.toContain('<%=')
})

test.each(commands)(
  'the help of %s: one line of usage, its summary once, exit codes',
  async (command) => {
    const { stdout } = await run(command, '--help')
    const usage = /USAGE\n([\s\S]*?)\n\n/.exec(stdout)?.[1]
    expect(usage?.split('\n')).toHaveLength(1)
    expect(usage).toMatch(/\[flags\]$/)
    const [summary = ''] = stdout.split('\n')
    expect(stdout.split(summary)).toHaveLength(2)
    expect(stdout).toMatch(/EXIT CODES\n( {2}\d+ +\S.*\n(?: {7}.*\n)*)+ {2}130 {2}\w+/)
    const examples = /EXAMPLES\n([\s\S]*?)\n(?=[A-Z])/.exec(stdout)?.[1] ?? ''
    for (const example of examples.split(/^ {4}(?=\S)/m).slice(1)) expect(example).toMatch(/^\$ /)
  },
)

test('the flags that say what a token has to be come before the others', async () => {
  const { stdout } = await run('validate', '--help')
  const groups = [...stdout.matchAll(/^([A-Z ]*FLAGS)$/gm)].map(([, name]) => name)
  expect(groups[0]).toBe('EXPECTATION FLAGS')
  expect(groups.slice(-2)).toEqual(['OUTPUT FLAGS', 'NETWORK FLAGS'])
})

test.each([
  [
    ['verify', '--help'],
    ['validate', '--help'],
  ],
  [
    ['help', 'status'],
    ['help', 'doctor'],
  ],
  [
    ['check', '--config', 'none.toml'],
    ['serve', '--check', '--config', 'none.toml'],
  ],
  [
    ['decode', 'a.b'],
    ['validate', '--decode-only', 'a.b'],
  ],
  [['-V'], ['--version']],
  [['version'], ['--version']],
])('%j is another name for %j', async (other, own) => {
  expect(await run(...other)).toEqual(await run(...own))
})

test.each([
  ['a command', ['validat'], 'did you mean mcp-proxy validate?'],
  ['an address instead of a command', ['https://id.example'], 'did you mean mcp-proxy discover?'],
  ['a flag', ['validate', '--isuer', 'https://x'], 'did you mean --issuer?'],
  ['a flag with its value', ['validate', '--isuer=https://x'], 'did you mean --issuer?'],
  ['a choice', ['validate', '--strategy', 'jtw'], null],
  ['a number', ['validate', '--tolerance', 'many'], null],
  ['a flag without its value', ['validate', '--issuer'], null],
  [
    'two flags that exclude each other',
    ['validate', '--jwks-uri', 'https://x', '--jwks-file', 'y'],
    null,
  ],
  ['an address that is none', ['discover', 'ftp://id.example'], null],
  ['a missing issuer', ['validate', '-'], null],
  ['a missing address', ['discover'], null],
  ['a missing configuration', ['serve'], null],
  ['a time', ['validate', '--decode-only', '--now', 'soon', '-'], null],
  [
    'a value of the wrong form',
    ['validate', '--issuer', 'https://x', '--audience', 'a', '--jwks-uri', 'x', '-'],
    null,
  ],
] as const)('a slip in %s: exit 2 and a next step', async (_, args, suggestion) => {
  const { exitCode, stdout, stderr } = await run(...args)
  expect(exitCode).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^error .+\n {2}hint .+/)
  expect(stderr).toContain(suggestion ?? 'hint')
  const inJson = await recorder.report('error', args, { cwd: folder.path })
  expect(inJson.exitCode).toBe(2)
  const { hint } = inJson.report['error'] as unknown as { hint: string }
  expect(stderr).toContain(hint)
})

test('a flag before the command', async () => {
  const { exitCode, stderr } = await run('--quiet', 'validate')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('Flags must follow the command')
})

test.each([
  [[secretish]],
  [[`--${secretish}`]],
  [['validate', `--${secretish}`]],
  [['validate', secretish, secretish]],
  [['validate', '--strategy', secretish]],
  [['validate', '--tolerance', secretish]],
  [['validate', `--client-secret=${secretish}`]],
  [['discover', secretish]],
])('a token in a wrong place is not repeated: %#', async (args) => {
  for (const more of [[], ['--json']]) {
    const { exitCode, stdout, stderr } = await run(...args, ...more)
    expect(exitCode).toBe(2)
    expect(stdout + stderr).not.toContain('c2VjcmV0')
  }
})

test.each(['*', 'oclif*', 'mcp-proxy*'])(
  'DEBUG=%s repeats no word of the command line',
  async (DEBUG) => {
    const env = { DEBUG, CLI_FLAGS_DEBUG: '1', OCLIF_DEBUG: '1' }
    const { stdout, stderr } = await recorder.run(['validate', '--decode-only', secretish], { env })
    expect(stdout + stderr).not.toContain('c2VjcmV0')
  },
)

test('colour only where it is wanted', async () => {
  const args = ['validate', '--nope']
  // oxlint-disable-next-line no-control-regex -- the escape sequences are what is looked for
  const colour = /\u001b\[/
  const forced = await recorder.run(args, { env: { NO_COLOR: '', FORCE_COLOR: '1' } })
  expect(forced.stderr).toMatch(colour)
  const flag = await recorder.run([...args, '--no-color'], {
    env: { NO_COLOR: '', FORCE_COLOR: '1' },
  })
  expect(flag.stderr).not.toMatch(colour)
  const piped = await recorder.run(args, { env: { NO_COLOR: '' } })
  expect(piped.stderr).not.toMatch(colour)
})
