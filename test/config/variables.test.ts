// ${VAR} in values: what it becomes, and what is said when it cannot. (Gateway flaw D20: an unset variable became a
// valid token.)
import { describe, expect, it } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const withEnv = (value: string): string => `${minimal}env = { LEVEL = ${JSON.stringify(value)} }\n`

const level = async (value: string, env: Record<string, string | undefined>) =>
  (await read(withEnv(value), env)).config.backends[0]?.env['LEVEL']

const bearer = `${minimal}
[auth]
type = "bearer"
tokens = ["\${API_TOKEN}"]
`

describe('a variable', () => {
  it.each([
    ['as the whole value', '${A}', 'one'],
    ['as a part of it', 'x-${A}-y', 'x-one-y'],
    ['more than once, beside another', '${A}${B}${A}', 'onetwoone'],
    ['is not read again', '${NESTED}', '${A}'],
    ['escaped stays as text', '$${A}', '${A}'],
    ['escaped beside a real one', '$${A}=${A}', '${A}=one'],
    ['that is set counts more than a default', '${A:-other}', 'one'],
    ['that is unset has its default', 'x-${UNSET:-other: 1}-y', 'x-other: 1-y'],
    ['that is empty has its default', '${EMPTY:-other}', 'other'],
    ['may have an empty default', 'x${UNSET:-}', 'x'],
    ['a dollar alone means nothing', '$A costs $5', '$A costs $5'],
  ])('%s', async (_, value, expected) => {
    expect(await level(value, { A: 'one', B: 'two', NESTED: '${A}', EMPTY: '' })).toBe(expected)
  })

  it('works in lists, in tables and deep down', async () => {
    const { config } = await read(
      minimal.replace(
        'command = "files-server"',
        'command = "${BIN}"\nargs = ["--root", "${ROOT}/x"]',
      ),
      { BIN: 'server', ROOT: '/srv' },
    )
    expect(config.backends[0]).toMatchObject({ command: 'server', args: ['--root', '/srv/x'] })
  })

  it('keeps its own line breaks where the value is no secret', async () => {
    expect(await level('${A}', { A: 'one\n' })).toBe('one\n')
  })
})

describe('a variable that cannot be resolved stops the start', () => {
  it.each([
    ['auth.tokens[0]', bearer.replace('${API_TOKEN}', '${API_TOKEN:-letmein}')],
    ['backends[0].env.API_KEY', `${minimal}env = { API_KEY = "\${KEY:-letmein}" }\n`],
  ])('a default for the secret %s, even where the variable is set', async (key, text) => {
    const problems = await problemsOf(text, { API_TOKEN: 'good-token-1234', KEY: 'good' })
    expect(problems).toMatchObject([
      {
        code: 'config-variable',
        case: 'default-secret',
        message: `${key}: a secret cannot have a default`,
      },
    ])
    expect(JSON.stringify(problems)).not.toContain('letmein')
  })

  it('unset: with the place and with a similar one that is set', async () => {
    expect(shown(await problemsOf(bearer, { API_TOKENS: 'x', HOME: '/root' }))).toEqual([
      '11:11 config-variable auth.tokens[0]: the environment variable API_TOKEN is not set | did you mean ${API_TOKENS}? That one is set',
    ])
  })

  it('unset, and nothing is similar', async () => {
    expect(shown(await problemsOf(bearer, { HOME: '/root' }))).toEqual([
      '11:11 config-variable auth.tokens[0]: the environment variable API_TOKEN is not set | export API_TOKEN, or write the value another way; a literal "${" is written "$${"',
    ])
  })

  it('empty is as bad as unset, and an empty one is no suggestion', async () => {
    const [problem] = await problemsOf(bearer, { API_TOKEN: '', API_TOKENS: '' })
    expect(problem).toMatchObject({
      code: 'config-variable',
      message: 'auth.tokens[0]: the environment variable API_TOKEN is set, but empty',
      hint: 'give API_TOKEN a value, or write the value another way',
    })
  })

  it.each(['${', '${A', '${}', '${A B}', '${A:x}', '${1A}', '${${A}}'])('%s', async (value) => {
    const problems = await problemsOf(withEnv(value), { A: 'one' })
    expect(problems).toMatchObject([
      { code: 'config-variable', place: { file: 'proxy.toml', line: 8, column: 17 } },
    ])
  })

  it('is reported once, not also for the value that it leaves behind', async () => {
    const text = minimal.replace('transport = "stdio"', 'transport = "${KIND}"')
    expect((await problemsOf(text)).map(({ code }) => code)).toEqual(['config-variable'])
  })

  it('where a number is wanted says that variables are strings', async () => {
    const [problem] = await problemsOf(`${minimal}\n[proxy.listen]\nport = "\${PORT}"\n`, {
      PORT: '8080',
    })
    expect(problem).toMatchObject({
      message: 'proxy.listen.port: must be a number, not a string',
      hint: 'a variable always gives a string; write the value itself',
    })
  })
})

describe('secrets', () => {
  it('lose the line break at the end of their variable, with a warning', async () => {
    const { config, warnings } = await read(bearer, { API_TOKEN: 'a-token-of-24-characters\r\n' })
    expect(config.auth).toMatchObject({ type: 'bearer' })
    if (config.auth.type !== 'bearer') throw new Error('not bearer')
    expect(config.auth.tokens[0]?.reveal()).toBe('a-token-of-24-characters')
    expect(shown(warnings)).toEqual([
      '11:11 config-secret-newline auth.tokens[0]: the line break at the end of API_TOKEN was ignored',
    ])
  })

  it('that are nothing but a line break are refused', async () => {
    expect((await problemsOf(bearer, { API_TOKEN: '\n' }))[0]).toMatchObject({
      code: 'config-value',
      message: 'auth.tokens[0]: must not be empty',
    })
  })

  it('in the file itself are warned of, and never printed', async () => {
    const text = `${minimal}env = { GITHUB_TOKEN = "ghp-literal-1", EDITOR = "vi" }

[[backends]]
name = "web"
transport = "http"
url = "https://web.test/mcp"
bearer_token = "literal-secret-2"
headers = { X-API-Key = "literal-secret-5", X-Team = "red" }

[[backends]]
name = "keyed"
transport = "http"
url = "https://keyed.test/mcp"
basic_auth = { username = "literal-secret-6" }

[[backends]]
name = "named"
transport = "http"
url = "https://named.test/mcp"
basic_auth = { username = "ann", password = "literal-secret-7" }

[auth]
type = "bearer"
tokens = ["literal-secret-number-3", "\${API_TOKEN}", "prefix-\${API_TOKEN}"]

[security]
admin_token = "literal-secret-4"
`
    const { warnings } = await read(text, { API_TOKEN: 'a-token-of-24-characters' })
    expect(shown(warnings).map((line) => line.split(' | ')[0])).toEqual([
      '8:24 config-secret-literal backends[0].env.GITHUB_TOKEN: a secret is written in the file itself',
      '14:16 config-secret-literal backends[1].bearer_token: a secret is written in the file itself',
      '15:25 config-secret-literal backends[1].headers.X-API-Key: a secret is written in the file itself',
      '21:27 config-secret-literal backends[2].basic_auth.username: a secret is written in the file itself',
      '27:45 config-secret-literal backends[3].basic_auth.password: a secret is written in the file itself',
      '31:11 config-secret-literal auth.tokens[0]: a secret is written in the file itself',
      '34:15 config-secret-literal security.admin_token: a secret is written in the file itself',
    ])
    expect(JSON.stringify(warnings)).not.toMatch(/literal-secret|ghp-/)
  })
})
