// Slips of the hand: exit 2, the place, a suggestion.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'

let folder: TempFolder

beforeAll(async () => {
  folder = await makeTempFolder()
})

afterAll(async () => {
  await folder.remove()
})

const backend = '[[backends]]\nname = "one"\ntransport = "stdio"\ncommand = "true"\n'

test.each([
  ['a command', ['validat'], /validate/],
  ['a flag', ['validate', '--isuer', 'https://id.example'], /--issuer/],
])('in %s', async (_, args, suggestion) => {
  const { exitCode, stdout, stderr } = await runCommandLine(args)
  expect(exitCode).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(suggestion)
})

test.each([
  ['a key', `[proxy]\nname = "x"\nseperator = "__"\n${backend}`, /separator/, 3],
  [
    'a variable',
    `[proxy]\nname = "x"\n[auth]\ntype = "bearer"\ntokens = ["\${TOKEN_OF_MIN}"]\n${backend}`,
    /TOKEN_OF_MINE/,
    5,
  ],
])('in %s of the configuration', async (what, text, suggestion, line) => {
  const file = await folder.write(`${what.replace(' ', '-')}.toml`, text)
  const { exitCode, stderr } = await runCommandLine(['serve', '--check', '--config', file], {
    env: { TOKEN_OF_MINE: 'abcdefgh' },
  })
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(suggestion)
  expect(stderr).toContain(`${file}:${line}`)
})

test('in a program of a backend: serve --check says so with its line, and accepts it: it may run elsewhere', async () => {
  const text = `[proxy]
name = "x"
[[backends]]
name = "one"
transport = "stdio"
command = "no-such-program-anywhere"
[[backends]]
name = "two"
transport = "stdio"
command = "true"
cwd = "/no/such/folder"
`
  const file = await folder.write('programs.toml', text)
  const { exitCode, stderr } = await runCommandLine(['serve', '--check', '--config', file])
  expect(exitCode).toBe(0)
  expect(stderr).toContain(
    `${file}:6:11: backends[0].command: no-such-program-anywhere is not in any folder of PATH`,
  )
  expect(stderr).toContain(
    `${file}:11:7: backends[1].cwd: the folder /no/such/folder does not exist`,
  )
})
