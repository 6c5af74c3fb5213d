// `config`: what a configuration comes to, its layout, the schema for editors; with the built program.
import { chmod, readFile, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
let folder: TempFolder

const text = `[proxy]
name="desk"   # ours
[auth]
type = "bearer"
tokens = ["\${TOKEN}"]
[[backends]]
name = "files"
transport = "stdio"
command = "server"
args = ["--api-key", "canary-argument"]
`
const env = { TOKEN: 'canary-variable-000000' }

const config = (...args: string[]) => recorder.run(['config', ...args], { cwd: folder.path, env })

beforeAll(async () => {
  folder = await makeTempFolder()
  await folder.write('proxy.toml', text)
})

afterAll(async () => {
  await folder.remove()
})

test('show: every setting with its origin, as TOML that can be read, without any secret', async () => {
  const { exitCode, stdout } = await config('show')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^name = "desk" +# line 2$/m)
  expect(stdout).toMatch(/^separator = "__" +# default$/m)
  expect(stdout).toMatch(/^tokens = \[ "\[secret\]" \] +# line 5, \$TOKEN$/m)
  expect(stdout).toContain('[[backends]]')
  expect(parse(stdout)).toMatchObject({
    proxy: { name: 'desk', listen: { host: '127.0.0.1', port: 8080 } },
    backends: [{ name: 'files', args: ['--api-key', '[secret]'] }],
  })
})

test('show --written leaves the defaults out', async () => {
  const { stdout } = await config('show', '--written')
  expect(stdout).not.toContain('# default')
  expect(stdout).toContain('name = "desk"')
})

test('--env-file fills variables, below those of the environment, for every command that reads a configuration', async () => {
  await folder.write('vars.env', '# for the desk\nTOKEN="canary-from-a-file-0000"\nNAME=file\n')
  await folder.write('vars.toml', text.replace('"desk"', '"${NAME:-nobody}"'))
  const args = ['--config', 'vars.toml', '--env-file', 'vars.env']
  const run = (words: readonly string[], own: Record<string, string>) =>
    recorder.run(words, { cwd: folder.path, env: own })
  expect((await run(['config', 'show', ...args], {})).stdout).toContain('name = "file"')
  expect((await run(['config', 'show', ...args], { NAME: 'own' })).stdout).toContain('name = "own"')
  expect((await run(['config', 'show', ...args], { NAME: '' })).stdout).toContain('name = "file"')
  const withoutFile = await run(['config', 'show', '--config', 'vars.toml'], {
    TOKEN: 'x'.repeat(20),
  })
  expect(withoutFile.stdout).toContain('name = "nobody"')
  expect(await run(['serve', '--check', ...args], {})).toMatchObject({ exitCode: 0 })
  // Of one that does not exist, node itself says so, with exit 9.
  await folder.write('large.env', `A=${'x'.repeat(1_100_000)}\n`)
  const large = await run(
    ['config', 'show', '--config', 'vars.toml', '--env-file', 'large.env'],
    {},
  )
  expect(large).toMatchObject({ exitCode: 2 })
  expect(large.stderr).toContain('Cannot read large.env')
})

test('show --json says the same by its schema', async () => {
  const { exitCode, report } = await recorder.report('config-command', ['config', 'show'], {
    cwd: folder.path,
    env,
  })
  expect(exitCode).toBe(0)
  expect(report).toMatchObject({
    verdict: 'show',
    settings: expect.arrayContaining([
      { key: 'proxy.name', value: 'desk', origin: 'file', line: 2, variables: [] },
      { key: 'proxy.listen.port', value: 8080, origin: 'default', line: null, variables: [] },
      {
        key: 'auth.tokens',
        value: ['[secret]'],
        origin: 'environment',
        line: 5,
        variables: ['TOKEN'],
      },
    ]) as unknown,
  })
})

test('fmt --check exits with 1 and changes nothing; fmt writes, through a link, with the mode; then nothing is left to do', async () => {
  const file = await folder.write('real.toml', text)
  await chmod(file, 0o640)
  const link = path.join(folder.path, 'link.toml')
  await symlink(file, link)
  const check = await config('fmt', '--check', '--config', 'link.toml')
  expect(check).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('is not formatted') as unknown,
  })
  expect(await readFile(file, 'utf8')).toBe(text)
  expect(await config('fmt', '--config', 'link.toml')).toMatchObject({ exitCode: 0 })
  const formatted = await readFile(file, 'utf8')
  expect(formatted).toContain('name = "desk" # ours\n\n[auth]\n')
  expect((await stat(file)).mode & 0o777).toBe(0o640)
  expect(parse(formatted)).toEqual(parse(text))
  const again = await recorder.report(
    'config-command',
    ['config', 'fmt', '--config', 'real.toml'],
    {
      cwd: folder.path,
    },
  )
  expect(again).toMatchObject({ exitCode: 0, report: { verdict: 'unchanged' } })
})

test('schema: what editors read, valid, and the one that is published', async () => {
  const { exitCode, stdout } = await config('schema')
  expect(exitCode).toBe(0)
  const schema = JSON.parse(stdout) as object
  const published = path.join(import.meta.dirname, '..', '..', 'schemas', 'config.schema.json')
  expect(schema).toEqual(JSON.parse(await readFile(published, 'utf8')))
  const ajv = new Ajv2020({ strict: false })
  expect(ajv.validateSchema(schema)).toBe(true)
  await recorder.report('config-command', ['config', 'schema'], { cwd: folder.path })
})

test.each([
  [[], 'config needs an action: show, fmt, schema'],
  [['shwo'], 'did you mean mcp-proxy config show?'],
  [['zzz'], 'config takes one of show, fmt, schema'],
  [['show', '--check'], '--check is a flag of config fmt only'],
  [['fmt', '--written'], '--written is a flag of config show only'],
  [['fmt', '--config', 'broken.toml'], 'write: name = "desk"'],
  [['fmt', '--config', 'other.yaml'], 'use prettier'],
  [['fmt', '--config', 'absent.toml'], 'Cannot read absent.toml'],
  [['show', '--config', 'broken.toml'], '2 | name = desk'],
])('%j is a mistake with a remedy', async (args, wanted) => {
  await folder.write('broken.toml', '[proxy]\nname = desk\n')
  await folder.write('other.yaml', 'proxy:\n  name: desk\n')
  const { exitCode, stdout, stderr } = await config(...args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain(wanted)
})

test('no secret was ever written', () => {
  expect(recorder.written()).not.toMatch(/canary-(?:argument|variable|from)/)
})
