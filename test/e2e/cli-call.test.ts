// `tools` and `call` on the real command line: real servers of both eras over every transport, the reference server, a
// server behind OAuth, a terminal that answers, and servers that are sick or hostile.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, makeTempFolder, repository, type TempFolder } from '../support/command-line.ts'
import { startLoginLab, type LoginLab } from '../support/login-lab.ts'
import { loginClients } from '../support/login-realm.ts'
import {
  startEventStreamServer,
  startHttpServer,
  startWebSocketServer,
  stdioServer,
  type HttpServer,
  type NetworkServer,
} from '../support/mcp-servers.ts'
import { createRecorder, expectSchema } from '../support/reports.ts'
import { startMcpAnswers } from '../support/scripted-mcp.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { keys, openTerminal, type Terminal } from '../support/terminal.ts'

const recorder = createRecorder()
let folder: TempFolder
const open: { close(): Promise<unknown> }[] = []
const terminals: Terminal[] = []

beforeAll(async () => {
  folder = await makeTempFolder()
})
afterAll(async () => {
  await Promise.all(terminals.map((terminal) => terminal.close()))
  await Promise.all(open.map((one) => one.close()))
  await folder.remove()
})

const keep = async <Server extends { close(): Promise<unknown> }>(
  starting: Promise<Server>,
): Promise<Server> => {
  const server = await starting
  open.push(server)
  return server
}

const json = async (schema: 'tools' | 'call', args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await recorder.run(args)
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as never
  await expectSchema(schema, report)
  return { exitCode, report: report as Record<string, never> }
}

const words = ({ command, args }: { command: string; args: readonly string[] }) => [
  '--',
  command,
  ...args,
]

interface Way {
  readonly transport: string
  readonly version: string
  /** It has no way to ask anything in the middle of a call. */
  readonly cannotAsk?: true
  /** The words before and after those of the command itself. */
  readonly target: () => Promise<{ readonly before: string[]; readonly after: string[] }>
}

const at = async (server: Promise<NetworkServer | HttpServer>, ...flags: string[]) => ({
  before: [(await keep(server)).url],
  after: flags,
})
const child = async (era: 'legacy' | 'dual' | 'modern') => ({
  before: [],
  after: words(stdioServer(era)),
})

const session = '2025-11-25'
const stateless = '2026-07-28'

const ways: readonly (readonly [name: string, way: Way])[] = [
  ['stdio, sessions', { transport: 'stdio', version: session, target: () => child('legacy') }],
  ['stdio, both eras', { transport: 'stdio', version: stateless, target: () => child('dual') }],
  ['stdio, stateless', { transport: 'stdio', version: stateless, target: () => child('modern') }],
  [
    'http, sessions',
    { transport: 'http', version: session, target: () => at(startHttpServer('legacy')) },
  ],
  [
    'http, both eras',
    { transport: 'http', version: stateless, target: () => at(startHttpServer('dual')) },
  ],
  [
    'http, stateless',
    { transport: 'http', version: stateless, target: () => at(startHttpServer('modern')) },
  ],
  [
    'http, both eras, spoken to in sessions',
    {
      transport: 'http',
      version: session,
      cannotAsk: true,
      target: () => at(startHttpServer('dual'), '--protocol', 'legacy'),
    },
  ],
  [
    'http+sse, found by itself',
    { transport: 'sse', version: session, target: () => at(startEventStreamServer()) },
  ],
  [
    'http+sse, by name',
    {
      transport: 'sse',
      version: session,
      target: () => at(startEventStreamServer(), '--transport', 'sse'),
    },
  ],
  [
    'websocket, sessions',
    { transport: 'websocket', version: session, target: () => at(startWebSocketServer('legacy')) },
  ],
  [
    'websocket, stateless',
    {
      transport: 'websocket',
      version: stateless,
      target: () => at(startWebSocketServer('modern')),
    },
  ],
]

describe.each(ways)('%s', (_name, { transport, version, cannotAsk, target }) => {
  let before: string[]
  let after: string[]
  beforeAll(async () => {
    ;({ before, after } = await target())
  })

  test('tools lists what the server offers, who it is, its era and the time', async () => {
    const { exitCode, report } = await json('tools', ['tools', ...before, '--json', ...after])
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({
      verdict: 'ok',
      servers: [
        {
          server: {
            protocol_version: version,
            transport,
            name: expect.stringMatching(/^fixture-/),
          },
          lists: [
            { kind: 'tools', trouble: null },
            { kind: 'resources', trouble: null },
            { kind: 'resourceTemplates', trouble: null },
            { kind: 'prompts', trouble: null },
          ],
        },
      ],
    })
  })

  test('call converts arguments, shows progress on stderr and the result alone on stdout', async () => {
    const { exitCode, stdout, stderr } = await recorder.run([
      'call',
      ...before,
      'progress',
      'steps=3',
      ...after,
    ])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '3 steps\n' })
    expect(stderr).toContain('progress 3/3 step 3')
    expect(stderr).toMatch(new RegExp(`${version} .*connected in .*, tool progress \\d+ ms`))
  })

  test.skipIf(cannotAsk)(
    'a question is declined where there is no terminal, and that is said',
    async () => {
      const question = {
        method: 'elicitation/create',
        params: {
          message: 'Who is there?',
          requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
        },
      }
      const { stdout, stderr } = await recorder.run([
        'call',
        ...before,
        'ask',
        `questions:=${JSON.stringify([question])}`,
        ...after,
      ])
      expect(stdout).toContain('"action":"decline"')
      expect(stderr).toMatch(/asks: Who is there\?: declined, since there is no terminal/)
    },
  )
})

describe('a server that is asked by a person', () => {
  let server: HttpServer
  beforeAll(async () => {
    server = await keep(startHttpServer('legacy'))
  })

  test('tools prints columns, and the call that could be typed next', async () => {
    const { stdout } = await recorder.run(['tools', server.url])
    expect(stdout).toMatch(/^fixture-1 1\.0\.0, 2025-11-25 \(sessions\), Streamable HTTP\n/)
    expect(stdout).toMatch(
      /\n {2}echo {2,}text {2,}Answers what it was told; read-only, idempotent\n/,
    )
    expect(stdout).toMatch(/\n {2}progress {2,}steps:integer {2,}Reports each step/)
    expect(stdout).toContain(`next  mcp-proxy call ${server.url} `)
    const quiet = await recorder.run(['tools', '-q', server.url])
    expect(quiet.stdout.split('\n').slice(0, 2)).toEqual(['echo', 'slow'])
  })

  test('tools --schema shows one tool, and names the one that was meant', async () => {
    const { report } = await json('tools', ['tools', server.url, '--schema', 'echo', '--json'])
    expect(report).toMatchObject({ tool: { name: 'echo', inputSchema: { required: ['text'] } } })
    const { exitCode, stderr } = await recorder.run(['tools', server.url, '--schema', 'ehco'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/No tool is named ehco\n.*did you mean echo\?/)
  })

  test.each([
    [['ecko', 'text=a'], /No tool is named ecko\n.*did you mean echo\?/],
    [['fixture__echo', 'text=a'], /did you mean echo\?/],
    [['echo', 'txet=a'], /Unknown argument txet\n.*did you mean text\?/],
    [['echo'], /The argument text is missing \(string\)\n.*add text=<value>/],
    [['progress', 'steps=many'], /steps must be integer/],
    [['echo', '{"txt":"a"}'], /Unknown argument txt\n/],
    [['echo', '{"text":'], /are not JSON/],
    [['echo', 'text=a', '{"text":"a"}'], /one JSON object or name=value, not both/],
    [['--prompt', 'great', 'name=a'], /No prompt is named great\n.*did you mean greet\?/],
    [['--prompt', 'greet', 'name=a'], /The argument language is missing/],
  ])('%j is refused before anything is sent', async (args, said) => {
    const { exitCode, stderr } = await recorder.run(['call', server.url, ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(said)
    const calls = (await server.log()).filter(({ body }) => body?.method === 'tools/call')
    expect(calls.filter(({ body }) => body?.params?.['name'] !== 'calls')).toEqual([])
  })

  test('--unchecked sends names and arguments as they are, and the words of the server are shown', async () => {
    const args = ['call', server.url, 'ecko', 'text=a', '--unchecked']
    const { exitCode, report } = await json('call', [...args, '--json'])
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({ verdict: 'failed' })
    const { stdout } = await recorder.run(args)
    expect(stdout).toContain('ecko')
  })

  test('arguments come as one object, from the command line, a file or a pipe', async () => {
    const file = await folder.write('arguments.json', '{"text":"from a file"}')
    const echo = async (word: string, stdin = '') =>
      (await recorder.run(['call', server.url, 'echo', word], { stdin })).stdout
    expect(await echo('{"text":"typed"}')).toBe('typed\n')
    expect(await echo(`@${file}`)).toBe('from a file\n')
    expect(await echo('-', '{"text":"piped"}')).toBe('piped\n')
    const { report } = await json('call', ['call', server.url, 'echo', '--json', '{"text":"both"}'])
    expect(report).toMatchObject({ result: { content: [{ type: 'text', text: 'both' }] } })
  })

  test('a tool that says it failed is exit 1, with its words on stdout', async () => {
    const { exitCode, stdout, stderr } = await recorder.run(['call', server.url, 'fail', 'text=no'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: 'no\n' })
    expect(stderr).toContain('isError')
  })

  test('a resource is read, and a misspelt one gets the near one', async () => {
    const read = await recorder.run(['call', server.url, '--resource', 'note://one'])
    expect(read.stdout).toBe('[note://one]\nfirst\n')
    const missed = await recorder.run(['call', server.url, '--resource', 'note://oen'])
    expect(missed.exitCode).toBe(1)
    expect(missed.stdout).toContain(`next  mcp-proxy call --resource note://one ${server.url}`)
  })

  test('a prompt is got', async () => {
    const args = ['call', server.url, '--prompt', 'greet', 'name=Ada', 'language=dansk']
    expect((await recorder.run(args)).stdout).toBe('[user]\nGreet Ada in dansk\n')
  })

  test('Ctrl-C cancels the call at the server and ends with 130', async () => {
    const terminal = openTerminal(['call', server.url, 'slow', 'tag=interrupted'])
    terminals.push(terminal)
    const tagsOf = async (tool: string) =>
      JSON.parse((await recorder.run(['call', server.url, tool])).stdout) as string[]
    await eventually('it waits', async () =>
      (await tagsOf('waiting')).includes('interrupted') ? true : undefined,
    )
    terminal.type(keys.interrupt)
    expect(await terminal.ended).toBe(130)
    await eventually('the server knows', async () =>
      (await tagsOf('aborted')).includes('interrupted') ? true : undefined,
    )
  })
})

describe.each(['legacy', 'modern'] as const)('at a terminal, a %s server', (era) => {
  let server: HttpServer
  beforeAll(async () => {
    server = await keep(startHttpServer(era))
  })
  const question = {
    method: 'elicitation/create',
    params: {
      message: 'Who is \u001b[2Jthere?',
      requestedSchema: {
        type: 'object',
        properties: {
          name: { type: 'string', title: 'Your name' },
          age: { type: 'integer' },
          colour: { type: 'string', enum: ['red', 'green'] },
        },
        required: ['name', 'colour'],
      },
    },
  }
  const ask = (): Terminal => {
    const terminal = openTerminal(
      ['call', server.url, 'ask', `questions:=${JSON.stringify([question])}`],
      {},
      120,
    )
    terminals.push(terminal)
    return terminal
  }

  test('a question is answered field by field', async () => {
    const terminal = ask()
    await terminal.answer('Answer the server?', keys.enter)
    await terminal.answer('Your name:', 'Ada', keys.enter)
    await terminal.answer('age, integer, optional:', keys.enter)
    await terminal.answer('colour:', keys.down, keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain(String.raw`Who is \u001b[2Jthere?`)
    expect(terminal.shown()).toContain('"action":"accept"')
    expect(terminal.shown()).toContain('"content":{"name":"Ada","colour":"green"}')
  })

  test('a question is declined', async () => {
    const terminal = ask()
    await terminal.answer('Answer the server?', keys.down, keys.enter)
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain('"action":"decline"')
  })
})

describe('the reference server', () => {
  const server = words({
    command: process.execPath,
    args: [
      path.join(repository, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'),
    ],
  })

  test('its tools are listed and called', async () => {
    const { report } = await json('tools', ['tools', '--json', ...server])
    expect(JSON.stringify(report)).toContain('"get-sum"')
    const sum = await recorder.run(['call', 'get-sum', 'a=2', 'b=3.5', ...server])
    expect(sum.stdout).toContain('5.5')
  })

  test('an image is named with its size, and written with --output', async () => {
    const file = path.join(folder.path, 'tiny.png')
    const shown = await recorder.run(['call', 'get-tiny-image', ...server])
    expect(shown.stdout).toMatch(/\[image image\/png, [\d,]+ bytes\]/)
    const { stdout } = await recorder.run(['call', 'get-tiny-image', '-o', file, ...server])
    expect(stdout).toContain(`-> ${file}`)
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG')
  })
})

describe('a server behind OAuth', () => {
  let lab: LoginLab
  beforeAll(async () => {
    lab = await startLoginLab()
  })
  afterAll(() => lab.close())
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { exitCode, stdout } = await lab.run([...args, '--json'], env)
    const report = JSON.parse(stdout) as Record<string, never>
    return { exitCode, report }
  }

  test('without a token the login is asked for, by the checks of discover', async () => {
    const { exitCode, report } = await run(['tools', lab.proxy.url])
    await expectSchema('tools', report)
    expect(exitCode).toBe(4)
    expect(report).toMatchObject({
      servers: [
        {
          trouble: { problem: { code: 'login-needed', case: 'asked' } },
          next: [`mcp-proxy login ${lab.proxy.url}`, `mcp-proxy discover ${lab.proxy.url}`],
        },
      ],
    })
    const { stdout } = await lab.run(['call', lab.proxy.url, 'one__echo', 'text=hi'])
    expect(stdout).toMatch(/^FAILED {2}login-needed {2}http.* asks for a login \(HTTP 401\)/)
  })

  test('with the token of a login everything works', async () => {
    const login = await lab.run(
      [
        'login',
        lab.proxy.url,
        '--client-credentials',
        '--client-id',
        loginClients.machine.id,
        '--store',
        'machine',
      ],
      { MCP_PROXY_CLIENT_SECRET: loginClients.machine.secret },
    )
    expect(login.exitCode).toBe(0)
    const { exitCode, report } = await run(['tools', lab.proxy.url, '--store', 'machine'])
    expect({ exitCode, verdict: report['verdict'] }).toEqual({ exitCode: 0, verdict: 'ok' })
    const called = await lab.run([
      'call',
      lab.proxy.url,
      'one__echo',
      'text=hi',
      '--store',
      'machine',
    ])
    expect(called.stdout).toBe('hi\n')
  })

  test('the token of a login is shown to no other server', async () => {
    const { exitCode, stderr } = await lab.run([
      'tools',
      'http://127.0.0.1:1/mcp',
      '--store',
      'machine',
    ])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not sent to other servers')
  })

  test.each([
    ['an expired token', { expiredSecondsAgo: 300 }, 'time-exp'],
    ['a token for another server', { resource: 'https://other.example.com' }, 'claim-aud'],
  ] as const)('%s is explained by the checks of validate', async (_name, how, code) => {
    const token = await lab.issuer.token({
      resource: lab.proxy.url,
      scope: 'mcp:read mcp:call',
      ...how,
    })
    const file = await lab.folder.write('token.txt', `${token}\n`)
    for (const [args, env] of [
      [['--token', `@${file}`], {}],
      [[], { MCP_PROXY_TOKEN: token }],
    ] as const) {
      const { exitCode, report } = await run(
        ['call', lab.proxy.url, 'one__echo', 'text=hi', ...args],
        env,
      )
      await expectSchema('call', report)
      expect(exitCode).toBe(4)
      expect(report).toMatchObject({ verdict: 'unreached', trouble: { problem: { code } } })
      expect(JSON.stringify(report)).not.toContain(token)
    }
  })

  test('no command has written the token', async () => {
    const text = await readFile(path.join(lab.store, 'machine.json'), 'utf8')
    const { accessToken } = JSON.parse(text) as { accessToken: string }
    expect(await lab.written()).not.toContain(accessToken)
  })

  test('a token is not sent in the clear beyond this machine', async () => {
    const { exitCode, stderr } = await lab.run(['tools', 'http://mcp.example.com/mcp'], {
      MCP_PROXY_TOKEN: 'some-token-of-the-tests',
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('in the clear')
    expect(stderr).not.toContain('some-token-of-the-tests')
  })
})

describe('backends of a configuration', () => {
  let file: string
  beforeAll(async () => {
    file = await folder.write(
      'served.toml',
      stringify({
        proxy: { name: 'tools-lab' },
        backends: [
          { name: 'one', transport: 'stdio', ...stdioServer('dual') },
          { name: 'gone', transport: 'http', url: 'http://127.0.0.1:1/mcp' },
        ],
      }),
    )
  })

  test('all of them are listed, and one that is down does not hide the others', async () => {
    const { exitCode, report } = await json('tools', ['tools', '--config', file, '--json'])
    expect(exitCode).toBe(3)
    expect(report).toMatchObject({
      verdict: 'unreached',
      servers: [
        { target: 'one', verdict: 'ok' },
        { target: 'gone', trouble: { problem: { code: 'backend-unavailable' } } },
      ],
    })
  })

  test('one is called by its name, and a misspelt name gets the near one', async () => {
    const called = await recorder.run(['call', 'one', 'echo', 'text=hi', '--config', file])
    expect(called.stdout).toBe('hi\n')
    const missed = await recorder.run(['call', 'onw', 'echo', 'text=hi', '-c', file])
    expect(missed.exitCode).toBe(2)
    expect(missed.stderr).toMatch(/has no backend called onw\n.*did you mean one\?/)
  })
})

describe('servers that cannot be asked', () => {
  test('a closed port is the fault of discover, and undecided', async () => {
    const { exitCode, report } = await json('tools', ['tools', 'http://127.0.0.1:1/mcp', '--json'])
    expect(exitCode).toBe(3)
    expect(report).toMatchObject({
      servers: [{ trouble: { problem: { code: 'net-reach', case: 'refused' } } }],
    })
  })

  test('a web page is no MCP server, and a redirect says where to look', async () => {
    const server = await keep(
      startScriptedServer({
        '/page': () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }),
        '/old': () => ({ status: 307, headers: { location: '/mcp' } }),
      }),
    )
    const page = await json('tools', ['tools', `${server.origin}/page`, '--json'])
    expect(page.exitCode).toBe(1)
    expect(page.report).toMatchObject({
      servers: [{ trouble: { problem: { code: 'mcp-answer' } } }],
    })
    const old = await json('tools', ['tools', `${server.origin}/old`, '--json'])
    expect(old.report).toMatchObject({
      servers: [{ next: [`mcp-proxy tools ${server.origin}/mcp`, expect.anything()] }],
    })
  })

  test('a command that does not run, or speaks no MCP, is explained with its last words', async () => {
    const absent = await json('tools', ['tools', '--json', '--', 'mcp-proxy-no-such-program'])
    expect(absent.exitCode).toBe(1)
    expect(absent.report).toMatchObject({
      servers: [{ trouble: { problem: { code: 'backend-unavailable', case: 'program' } } }],
    })
    const script = 'console.error("no key is set"); process.exit(3)'
    const failing = await json('tools', ['tools', '--json', '--', process.execPath, '-e', script])
    expect(failing.exitCode).toBe(1)
    expect(failing.report).toMatchObject({ servers: [{ trouble: { said: ['no key is set'] } }] })
  })

  test('one that never answers is given up after --timeout', async () => {
    const script = 'setInterval(() => undefined, 1000)'
    const args = ['tools', '--json', '--timeout', '1', '--', process.execPath, '-e', script]
    const { exitCode, stdout } = await recorder.run(args)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('no answer in 1 s (--timeout)')
  })
})

describe('a hostile server', () => {
  const nasty = 'x\u001b]0;owned\u0007\u009b2J\u202e\u200b\r\nFORGED  next  rm -rf /'
  const steering =
    // oxlint-disable-next-line no-control-regex -- finding them is the point
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u

  test('nothing that it lists or answers steers the terminal', async () => {
    const server = await keep(
      startMcpAnswers({
        'tools/list': {
          result: {
            tools: [
              { name: nasty, description: nasty, inputSchema: { type: 'object' } },
              {
                name: 'say',
                description: nasty,
                inputSchema: { type: 'object', properties: { [nasty]: { type: nasty } } },
              },
            ],
          },
        },
        'tools/call': {
          result: {
            content: [
              { type: 'text', text: nasty },
              { type: 'image', mimeType: nasty, data: 'AAAA' },
              { type: nasty },
              { type: 'resource_link', uri: nasty, name: nasty },
            ],
          },
        },
        'resources/read': { error: { code: -32_002, message: nasty, data: { why: nasty } } },
      }),
    )
    for (const args of [
      ['tools', server.url],
      ['tools', server.url, '--json'],
      ['tools', server.url, '-q'],
      ['tools', server.url, '--schema', 'say'],
      ['call', server.url, 'say'],
      ['call', server.url, 'say', '--json'],
      ['call', server.url, 'syy'],
      ['call', server.url, '--resource', 'x:y'],
    ]) {
      const { stdout, stderr } = await recorder.run(args)
      expect(steering.exec(stdout + stderr)?.[0]).toBeUndefined()
    }
    // The lines of a text are its own; everything else of it stays on one line.
    const { stdout } = await recorder.run(['tools', server.url])
    expect(stdout).not.toMatch(/^FORGED/m)
  })

  test('results and schemas of any shape are printed or refused, never a crash', async () => {
    const odd = [
      null,
      5,
      'x',
      [],
      {},
      { content: 5 },
      { content: [null, 5, { type: 'image', data: 5 }] },
    ]
    for (const result of odd) {
      const server = await keep(
        startMcpAnswers({
          'tools/list': { result: { tools: [{ name: 'say', inputSchema: result }, result] } },
          'tools/call': { result } as never,
        }),
      )
      const { exitCode } = await recorder.run(['call', server.url, 'say'])
      expect([0, 1, 3]).toContain(exitCode)
    }
  })
})
