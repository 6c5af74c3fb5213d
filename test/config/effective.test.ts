// The configuration as it is used: origins of values, and that no secret is among what is shown.
import { expect, test } from 'vitest'
import { effectiveValues } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/load.ts'

const text = `[proxy]
name = "\${NAME}"

[auth]
type = "bearer"
tokens = ["\${TOKEN}", "canary-literal-token"]

[[backends]]
name = "files"
transport = "stdio"
command = "server"
args = ["--api-key", "canary-arg-1", "--token=canary-arg-2", "--root", "/srv", "\${ARG}"]
env = { LOG_LEVEL = "debug", API_KEY = "canary-env", BASE = "postgres://me:canary-dsn@db/x" }

[[backends]]
name = "web"
transport = "http"
url = "https://a.example/mcp"
headers = { "X-Team" = "desk", "X-Api-Key" = "canary-header" }
`
const env = { NAME: 'desk', TOKEN: 'canary-variable', ARG: 'ghp_canary0123456789abcdef' }

const shown = async () => {
  const loaded = await parseConfig(text, { file: 'proxy.toml', format: 'toml', env })
  return new Map((await effectiveValues(loaded)).map((value) => [value.key, value]))
}

test.each([
  ['proxy.name', 'desk', { from: 'environment', line: 2, variables: ['NAME'] }],
  ['proxy.separator', '__', { from: 'default' }],
  ['proxy.listen.port', 8080, { from: 'default' }],
  ['auth.type', 'bearer', { from: 'file', line: 5 }],
  ['backends[0].command', 'server', { from: 'file', line: 11 }],
  ['backends[0].env.LOG_LEVEL', 'debug', { from: 'file', line: 13 }],
  ['backends[1].url', 'https://a.example/mcp', { from: 'file', line: 18 }],
])('%s is %j, and its origin is known', async (key, value, origin) => {
  expect((await shown()).get(key)).toMatchObject({ value, origin, isSecret: false })
})

test.each([
  ['auth.tokens', ['[secret]', '[secret]']],
  ['backends[0].env.API_KEY', '[secret]'],
  ['backends[0].env.BASE', 'postgres://me:[secret]@db/x'],
  ['backends[0].args', ['--api-key', '[secret]', '--token=[secret]', '--root', '/srv', '[secret]']],
  ['backends[1].headers.X-Api-Key', '[secret]'],
])('of %s nothing is shown that is a secret', async (key, value) => {
  expect((await shown()).get(key)?.value).toEqual(value)
})

test('a list with a variable in it comes from the environment, and no canary is anywhere', async () => {
  const values = await shown()
  expect(values.get('auth.tokens')?.origin).toEqual({
    from: 'environment',
    line: 6,
    variables: ['TOKEN'],
  })
  expect(JSON.stringify([...values.values()])).not.toContain('canary')
})
