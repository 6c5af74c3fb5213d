// What people write by mistake in TOML: what is said of it, and what to write.
import { describe, expect, it } from 'vitest'
import { UsageError, type UsageProblem } from '../../src/problems/usage-error.ts'
import { hintOf } from '../../src/problems/problem.ts'
import { parseConfig } from '../../src/config/load.ts'

const problemsOf = (text: string): Promise<readonly UsageProblem[]> =>
  parseConfig(text, { file: 'proxy.toml', format: 'toml', env: {} }).then(
    () => [],
    (error: unknown) => {
      if (error instanceof UsageError) return error.problems
      throw error
    },
  )

/** The last by its line: what lacks is said of the table that lacks it. */
const faultOf = async (text: string): Promise<UsageProblem> => {
  const fault = (await problemsOf(text)).at(-1)
  if (fault === undefined) throw new Error('it was read')
  return fault
}

describe('a slip', () => {
  it.each([
    ['unquoted', '[proxy]\nname = desk', 2, 'write: name = "desk"'],
    ['unquoted', '[proxy]\nname = desk # ours', 2, 'write: name = "desk"'],
    ['unquoted', '[proxy.listen]\nhost = 127.0.0.1', 2, 'write: host = "127.0.0.1"'],
    ['unquoted', '[backends.timeout]\nseconds = 10s', 2, 'write: seconds = "10s"'],
    [
      'unquoted',
      '[[backends]]\nurl = https://a.example/mcp',
      2,
      'write: url = "https://a.example/mcp"',
    ],
    ['colon', '[proxy]\nname: "desk"', 2, 'write: name = "desk"'],
    ['colon', '[proxy]\nname: desk', 2, 'write: name = "desk"'],
    ['colon', '[proxy.listen]\nport: 8080,', 2, 'write: port = 8080'],
    ['boolean', '[proxy]\nhot_reload = True', 2, 'write: hot_reload = true'],
    ['boolean', '[proxy]\nhot_reload = yes', 2, 'write: hot_reload = true'],
    ['boolean', '[proxy]\nhot_reload = off', 2, 'write: hot_reload = false'],
    ['null', '[proxy]\ninstructions = null', 2, 'remove the line: a missing key has its default'],
    ['null', '[proxy]\ninstructions = None', 2, 'remove the line: a missing key has its default'],
    ['no-value', '[proxy]\nname =', 2, 'write: key = value'],
    ['no-value', '[proxy]\nname', 2, 'write: key = value'],
    ['key-blank', '[proxy]\nlog level = "info"', 2, 'keys are single words, such as log_level'],
    ['curly-quotes', '[proxy]\nname = “desk”', 2, 'write: name = "desk"'],
    ['open-quote', '[proxy]\nname = "desk\n', 2, 'write: name = "desk"'],
    ['open-quote', "[proxy]\nname = 'desk\n", 2, "write: name = 'desk'"],
    [
      'backslash',
      '[[backends]]\ncommand = "C:\\Users\\me.exe"',
      2,
      "write: command = 'C:\\Users\\me.exe'",
    ],
    ['backslash', '[[backends]]\ncommand = "D:\\my.exe"', 2, "write: command = 'D:\\my.exe'"],
    ['leading-zero', '[proxy.listen]\nport = 08080', 2, 'write: port = 8080'],
    ['line-end', '[proxy.listen]\nport = 8080;', 2, 'write: port = 8080'],
    ['line-end', '[proxy]\nname = "desk",', 2, 'write: name = "desk"'],
    ['comment-sign', '// my proxy\n[proxy]', 1, 'begin it with #'],
    ['header-bracket', '[proxy\nname = "desk"', 1, 'write: [proxy]'],
    ['header-bracket', '[[backends]\nname = "desk"', 1, 'write: [[backends]]'],
    [
      'table-twice',
      '[proxy]\nname = "a"\n[proxy]\nversion = "1"',
      3,
      'put all its keys below the first one',
    ],
    [
      'list-of-tables',
      '[backends]\nname = "a"\n[backends]\nname = "b"',
      3,
      'write [[backends]] each time',
    ],
    [
      'list-of-tables',
      '[backends]\nname = "a"\n[[backends]]\nname = "b"',
      3,
      'write [[backends]] each time',
    ],
    ['key-twice', '[proxy]\nname = "a"\nversion = "1"\nname = "b"', 4, 'remove one of the two'],
    ['no-comma', '[auth]\naudience = ["a" "b"]', 2, 'put a comma after each value'],
    ['no-comma', '[auth]\naudience = [\n  "a"\n  "b"\n]', 4, 'put a comma after each value'],
    ['open-list', '[auth]\naudience = ["a",\ntype = "jwt"', 3, 'end the list with ]'],
    ['json-as-toml', '{ "proxy": { "name": "desk" } }', 1, 'give the file the extension .json'],
    ['yaml-as-toml', 'proxy:\n  name: desk', 1, 'give the file the extension .yaml'],
    ['yaml-as-toml', '---\nproxy:\n  name: desk', 1, 'give the file the extension .yaml'],
  ])('%s in %j', async (name, text, line, hint) => {
    const problem = await faultOf(text)
    expect(problem).toMatchObject({ code: 'config-syntax', case: name, place: { line } })
    expect(hintOf(problem)).toBe(hint)
  })

  it('that nobody knows has its place and the reason of the parser', async () => {
    expect(await faultOf('[proxy]\nsince = 2026-13-01')).toMatchObject({
      case: 'malformed',
      message: 'not well-formed TOML: invalid date',
      place: { line: 2 },
    })
  })
})

describe('what a report shows of a line', () => {
  const marked = async (text: string) => {
    const { excerpt } = await faultOf(text)
    if (excerpt === undefined) return undefined
    return [excerpt.text, `${' '.repeat(excerpt.column - 1)}${'^'.repeat(excerpt.length)}`]
  }

  it.each([
    ['[proxy]\nname = desk', ['name = desk', '       ^^^^']],
    ['[proxy]\nnme = "hunter2"', ['nme = "…"', '^^^']],
    ['[[backends]]\nname = "a"\nsession = "shard"', ['session = "shard"', '          ^^^^^^^']],
    ['[[backends]]\nname = "a"\ntransport = "stdo"', ['transport = "stdo"', '            ^^^^^^']],
    [
      '[proxy]\nname = "a"\n[proxy.listen]\nport = 99999999',
      ['port = 99999999', '       ^^^^^^^^'],
    ],
    // A value without quotes, below a key that has secrets.
    ['[[backends]]\nbearer_token = hunter2', ['bearer_token = …', '               ^']],
    ['[[backends]]\nenv = { API = hunter2 }', ['env = { … = … }', '            ^']],
    ['[[backends]]\nargs = [hunter2]', ['args = […]', '        ^']],
    ['[auth]\ntokens = ["hunter2" "hunter3"]', ['tokens = ["…" "…"]', '              ^^^']],
    ['[proxy]\nname = ghp_abcdefghijklmnop', ['name = …', '       ^']],
  ])('%j', async (text, shown) => {
    expect(await marked(text)).toEqual(shown)
  })

  it('the user of an address is left out', async () => {
    const shown = await marked('[[backends]]\nurl = https://me:hunter2@a.example')
    expect(shown?.join('')).not.toContain('hunter2')
  })

  it('no secret of a configuration with a fault in each of its lines is shown', async () => {
    const lines = [
      '[auth]',
      'type = "bearer"',
      'tokens = ["canary-1", "canary-2"]',
      '[[backends]]',
      'name = "a"',
      'transport = "http"',
      'url = "https://u:canary-3@a.example/?key=canary-4"',
      'bearer_token = "canary-5"',
      'headers = { "X-Api-Key" = "canary-6", "X-Team" = "canary-7" }',
      'env = { SOME = "canary-8" }',
      'args = ["--key", "canary-9"]',
      'inject_args = [{ a = "canary-20" }]',
      '[backends.env]',
      'OTHER = "canary-12"',
      'MORE = ["canary-13",',
      '"canary-14"]',
      '[[backends]]',
      'name = "b"',
      'headers = {',
      'X-Team = "canary-15",',
      'X-More = "canary-16"',
      '}',
      'args = [',
      '"canary-17",',
      '"canary-18"',
      ']',
      'basic_auth = { username = "canary-10", password = "canary-11" }',
    ]
    const damages = [
      (line: string) => line.replaceAll('"', ''),
      (line: string) => line.replaceAll('"', '“'),
      (line: string) => line.replace(/"$|"(?=\])/, ''),
      (line: string) => line.replace('=', ':'),
      (line: string) => line.replace('=', '= ='),
      (line: string) => `${line};`,
      (line: string) => line.replace('=', ''),
      (line: string) => line.replace(/^(\w)/, 'x$1'),
      (line: string) => line.replaceAll(',', ' '),
      (line: string) => `${line}\n${line}`,
    ]
    for (const [index, line] of lines.entries()) {
      for (const damage of damages) {
        const text = lines.with(index, damage(line)).join('\n')
        const problems = await problemsOf(text)
        for (const problem of problems) {
          const said = `${problem.message} ${hintOf(problem)} ${problem.excerpt?.text ?? ''}`
          expect(said).not.toContain('canary')
        }
      }
    }
  })
})
