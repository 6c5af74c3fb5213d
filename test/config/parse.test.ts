// What is said about documents that are wrong: the words, the place and the suggestion.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { minimal, problemsOf, read, shown } from './reading.ts'

describe('a good configuration', () => {
  it('gets the defaults of every section', async () => {
    const { config, file, warnings } = await read(minimal)
    expect(file).toBe('proxy.toml')
    expect(warnings).toEqual([])
    expect(config.auth).toEqual({ type: 'none' })
    expect(config.proxy).toMatchObject({
      separator: '__',
      listen: { host: '127.0.0.1', port: 8080 },
    })
    expect(config.security.allow_insecure_listen).toBe(false)
    expect(config.backends[0]).toMatchObject({ name: 'files', args: [], env: {} })
  })

  it('is the same in TOML, YAML and JSON', async () => {
    const yaml = `proxy: {name: desk}
backends:
  - name: files
    transport: stdio
    command: files-server
`
    const json = JSON.stringify({
      proxy: { name: 'desk' },
      backends: [{ name: 'files', transport: 'stdio', command: 'files-server' }],
    })
    const { config } = await read(minimal)
    expect((await read(yaml, {}, 'yaml')).config).toEqual(config)
    expect((await read(json, {}, 'json')).config).toEqual(config)
  })

  it('may begin with a byte order mark and end its lines with CR LF', async () => {
    const { config } = await read(`\uFEFF${minimal.replaceAll('\n', '\r\n')}`)
    expect(config.proxy.name).toBe('desk')
  })
})

describe('keys that nobody knows', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    [
      'a slip in a section',
      `${minimal}\n[security]\nadmin_tokn = "x"\n`,
      '10:1 config-unknown-key Unknown key security.admin_tokn | did you mean `admin_token`?',
    ],
    [
      'a slip in a backend names its number',
      `${minimal}comand = "x"\n`,
      '8:1 config-unknown-key Unknown key backends[0].comand | did you mean `command`?',
    ],
    [
      'a key that belongs elsewhere',
      `audience = "x"\n${minimal}`,
      '1:1 config-unknown-key Unknown key audience | `audience` belongs in [backends[].oauth] or [auth] or [[auth.issuers]]',
    ],
    [
      'a key of another type of [auth]',
      `${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${T}"]\nissuer = "https://id.test"\n`,
      '12:1 config-unknown-key Unknown key auth.issuer | `issuer` belongs to type = "jwt" or "oauth", not to type = "bearer"',
    ],
    [
      'a slip in a key of another type',
      `${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${T}"]\nisuer = "https://id.test"\n`,
      '12:1 config-unknown-key Unknown key auth.isuer | did you mean `issuer`? It belongs to type = "jwt" or "oauth", not to type = "bearer"',
    ],
    [
      'a key of 0.4 that is not offered yet',
      minimal.replace('"desk"', '"desk"\nimport_backends = "x"'),
      '3:1 config-unknown-key proxy.import_backends is a key of mcp-proxy 0.4 that is not offered yet | remove it; docs/migration.md lists what is not offered yet',
    ],
    [
      'a slip in a key of 0.4',
      minimal.replace('"desk"', '"desk"\nimport_backend = "x"'),
      '3:1 config-unknown-key Unknown key proxy.import_backend | did you mean `import_backends`? That key of mcp-proxy 0.4 is not offered yet',
    ],
    [
      'a slip in a key of another section',
      `${minimal}\n[security]\nlog_levl = "info"\n`,
      '10:1 config-unknown-key Unknown key security.log_levl | did you mean `log_level` in [observability]?',
    ],
    [
      'nothing near: what the section may contain',
      `${minimal}timeout = { xyzzyplugh = 1, seconds = 2 }\n`,
      '8:13 config-unknown-key Unknown key backends[0].timeout.xyzzyplugh | [backends[].timeout] may contain idle_seconds, seconds',
    ],
    [
      'a key that would colour the terminal is quoted and escaped',
      `${minimal}\n[security]\n"\\u001b[31mred" = 1\n`,
      '10:1 config-unknown-key Unknown key security."\\u001b[31mred" | [security] may contain admin_token, admin_tokens, admin_tools, allow_admin_programs, allow_insecure_listen, allow_weaker_reload, allowed_hosts, allowed_origins, client_address_header, max_argument_size, max_argument_size_report_only, max_body_bytes, other_seal_keys, seal_key, session_id_header, trusted_proxies',
    ],
  ]
  it.each(cases)('%s', async (_, text, expected) => {
    expect(shown(await problemsOf(text, { T: 'a-long-enough-token' }))).toEqual([expected])
  })

  it('in YAML and JSON have places too', async () => {
    const yaml =
      'proxy:\n  name: desk\n  nmae: x\nbackends:\n  - {name: a, transport: http, url: "https://a.test/mcp"}\n'
    expect(shown(await problemsOf(yaml, {}, 'yaml'))).toEqual([
      '3:3 config-unknown-key Unknown key proxy.nmae | did you mean `name`?',
    ])
    const json = `{"proxy": {"name": "desk"},
  "backends": [
    {"name": "a", "transport": "http", "url": "https://a.test/mcp", "ulr": 1}
  ]}`
    expect(shown(await problemsOf(json, {}, 'json'))).toEqual([
      '3:69 config-unknown-key Unknown key backends[0].ulr | did you mean `url`?',
    ])
  })
})

describe('values that are not allowed', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    [
      'an enum names the allowed and the nearest',
      minimal.replace('"stdio"', '"stdoi"'),
      '6:13 config-value backends[0].transport: must be "stdio", "http", "sse" or "websocket" | did you mean "stdio"?',
    ],
    [
      'a value that other programs call otherwise',
      minimal.replace('"stdio"', '"ws"'),
      '6:13 config-value backends[0].transport: must be "stdio", "http", "sse" or "websocket" | did you mean "websocket"?',
    ],
    [
      'a number in quotes',
      `${minimal}timeout = { seconds = "3" }\n`,
      '8:23 config-value backends[0].timeout.seconds: must be a number, not a string | write it without quotes',
    ],
    [
      'a number out of range',
      `${minimal}\n[proxy.listen]\nport = 70000\n`,
      '10:8 config-value proxy.listen.port: must be at most 65535',
    ],
    [
      'a fraction where a whole number is wanted',
      `${minimal}\n[proxy.listen]\nport = 80.5\n`,
      '10:8 config-value proxy.listen.port: must be a whole number, not a fraction',
    ],
    [
      'infinity',
      `${minimal}timeout = { seconds = inf }\n`,
      '8:23 config-value backends[0].timeout.seconds: must be a number, not nan or inf',
    ],
    [
      'zero where more is wanted',
      `${minimal}timeout = { seconds = 0 }\n`,
      '8:23 config-value backends[0].timeout.seconds: must be more than 0',
    ],
    [
      'a string where a list is wanted',
      `${minimal}args = "x"\n`,
      '8:8 config-value backends[0].args: must be a list, not a string | put it in [ ]',
    ],
    [
      'a date',
      `${minimal}args = [1979-05-27]\n`,
      '8:9 config-value backends[0].args[0]: must be a string, not a date',
    ],
    [
      'not an URL',
      minimal.replace('name = "desk"', 'name = "desk"\npublic_url = "mcp.test"'),
      '3:14 config-value proxy.public_url: must be an absolute URL | begin it with https:// (http:// on this machine)',
    ],
    [
      'an unknown type of [auth]',
      `${minimal}\n[auth]\ntype = "oauht"\n`,
      '10:8 config-value auth.type: must be "none", "bearer", "keys", "jwt" or "oauth" | did you mean "oauth"?',
    ],
    [
      '[auth] without a type',
      `${minimal}\n[auth]\n`,
      '9:2 config-value auth.type: is required; it must be "none", "bearer", "keys", "jwt" or "oauth"',
    ],
    [
      'a string or a list of strings',
      `${minimal}\n[auth]\ntype = "jwt"\nissuer = "https://id.test"\njwks_uri = "https://id.test/jwks"\naudience = [3]\n`,
      '13:12 config-value auth.audience: must be a string or a list of strings, none of it empty',
    ],
    [
      'the reserved name',
      minimal.replace('"files"', '"proxy"'),
      '5:8 config-value backends[0].name: "proxy" is reserved',
    ],
  ]
  it.each(cases)('%s', async (_, text, expected) => {
    expect(shown(await problemsOf(text))).toEqual([expected])
  })

  it.each(['Files', 'my files', 'a__b', '1st', ''])('no backend is called "%s"', async (name) => {
    const problems = await problemsOf(minimal.replace('"files"', JSON.stringify(name)))
    expect(problems).toMatchObject([{ code: 'config-value', place: { line: 5, column: 8 } }])
    expect(problems[0]?.message).toContain('backends[0].name')
  })

  it('names what is missing with its description, at the table that should hold it', async () => {
    expect(shown(await problemsOf('[proxy]\nversion = "1"\n\n[[backends]]\nname = "a"\n'))).toEqual(
      [
        '-:- config-value backends[0].transport: is required | add it: How it is reached; sse is the deprecated HTTP+SSE of 2024-11-05, which http finds by itself too',
        '1:2 config-value proxy.name: is required | add it: Name that clients see in the server info',
      ]
        .toReversed()
        .map((line) => line.replace('-:-', '4:3')),
    )
  })

  it('an empty document is told what it lacks', async () => {
    const problems = await problemsOf('')
    expect(problems.map(({ message }) => message)).toEqual([
      'proxy: is required',
      'backends: is required',
    ])
    expect((await problemsOf('', {}, 'yaml'))[0]?.code).toBe('config-value')
    expect((await problemsOf('[]', {}, 'json'))[0]?.message).toContain('must be a table')
  })
})

describe('documents that are not well-formed', () => {
  it.each([
    ['toml', 'a = 1\nb = [1,\n', 3],
    ['toml', 'a = 1\na = 2\n', 2],
    ['toml', '[proxy]\nname = desk\n', 2],
    ['yaml', 'a: 1\na: 2\n', 2],
    ['yaml', 'a: [1\n', 2],
    ['yaml', 'a: 1\n\tb: 2\n', 2],
    ['yaml', 'a: *nobody\n', 1],
    ['yaml', 'a: !!js/function x\n', 1],
    ['json', '{"a": 1,\n "b": [1,]}', 2],
    ['json', '{"a": 1,\n "b": nope}', 2],
  ] as const)('%s: %j', async (format, text, line) => {
    const problems = await problemsOf(text, {}, format)
    expect(problems[0]).toMatchObject({ code: 'config-syntax', place: { line } })
  })

  it('json: a doubled key is named', async () => {
    expect(shown(await problemsOf('{"a": {"b": 1, "b": 2}}', {}, 'json'))).toEqual([
      '-:- config-syntax not well-formed JSON: b stands twice in one object',
    ])
  })

  it('nested beyond measure is refused, not a crash', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    for (const [format, text] of [
      ['toml', `a = ${deep}`],
      ['yaml', `a: ${deep}`],
      ['json', `{"a": ${deep}}`],
    ] as const) {
      expect((await problemsOf(text, {}, format))[0]?.code).toBe('config-syntax')
    }
  })

  it('aliases that multiply are refused', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 9; level += 1) {
      const list = Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')
      lines.push(`a${level}: &a${level} [${list}]`)
    }
    expect((await problemsOf(lines.join('\n'), {}, 'yaml'))[0]?.code).toBe('config-syntax')
  })
})

it('reports all problems at once, by line: keys, values, variables and rules between keys', async () => {
  const text = `[proxy]
name = "desk"
public_url = "http://mcp.example.com/mcp"

[proxy.listen]
port = "8080"

[[backends]]
name = "files"
transport = "stdio"

[[backends]]
name = "files"
transport = "http"
url = "https://\${HOST_NAME}/mcp"
colour = "blue"
`
  expect(shown(await problemsOf(text)).map((line) => line.split(' | ')[0])).toEqual([
    '3:14 config-value proxy.public_url: must begin with https:// beyond this machine',
    '6:8 config-value proxy.listen.port: must be a number, not a string',
    '8:3 config-value backends[0].command: is required for transport = "stdio"',
    '13:8 config-value backends[1].name: "files" is already the name of backends[0]',
    '15:7 config-variable backends[1].url: the environment variable HOST_NAME is not set',
    '16:1 config-unknown-key Unknown key backends[1].colour',
  ])
})

it('secrets become values that do not print', async () => {
  const { config } = await read(
    `${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${TOKEN}"]\n\n[security]\nadmin_token = "\${ADMIN}"\n`,
    { TOKEN: 'caller-token-0123456789', ADMIN: 'admin-token-0123456789' },
  )
  expect(config.security.admin_token).toBeInstanceOf(Secret)
  expect(config.security.admin_token?.reveal()).toBe('admin-token-0123456789')
  expect(JSON.stringify(config)).not.toMatch(/0123456789/)
})
