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
