// Three replicas behind the nginx of docs/replicas.md, and one real Redis: what is exact, what is shared, and what a replica that
// ends takes with it.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import {
  eventually,
  makeTempFolder,
  repository,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { startHttpServer, startTaskServer, type HttpServer } from '../support/mcp-servers.ts'
import { nginxIsInstalled, startNginx, type Nginx } from '../support/nginx.ts'
import { modernMeta, modernVersion, sendTo, type Received } from '../support/proxy.ts'
import { redisIsInstalled, startRedis, type RedisServer } from '../support/redis.ts'

/** By hand the rest can be tried without Debian's packages; what decides about a change has to have them. */
const mayMiss = !(nginxIsInstalled() && redisIsInstalled()) && (process.env['CI'] ?? '') === ''
const withBoth = mayMiss ? describe.skip : describe

const [alice, bob] = ['token-of-alice-0001', 'token-of-bob-00002'] as const
const [oldKey, newKey] = ['old', 'new'].map((word) => word.repeat(12)) as [string, string]
const redisPassword = 'canary-of-a-redis-password-5e21'
const callersOfEachEra = 12
const callsOfEach = Number(process.env['MCP_PROXY_REPLICA_CALLS'] ?? 30)

let folder: TempFolder
let redis: RedisServer
let server: HttpServer
let asking: HttpServer
let tasks: HttpServer
let nginx: Nginx
let ports: readonly number[]
let port: number
const replicas: RunningProxy[] = []

const originOf = (at: number): string => `http://127.0.0.1:${ports[at]}`
const front = (): string => `http://127.0.0.1:${port}`

const written = (at: number, auth: string, more = ''): string => `[proxy]
name = "desk"
public_url = "${front()}/mcp"
[proxy.listen]
port = ${ports[at]}
${auth}
[security]
trusted_proxies = ["127.0.0.1"]
client_address_header = "X-Forwarded-For"
session_id_header = "X-Session-Id"
seal_key = "\${SEAL_KEY}"
other_seal_keys = ["\${OTHER_KEY}"]
[shared]
url = "${redis.url}"
password = "\${REDIS_PASSWORD}"
timeout_seconds = 5
introspection = true
[limits.redis]
url = "${redis.url}"
password = "\${REDIS_PASSWORD}"
timeout_seconds = 5
${more}
[[backends]]
name = "steady"
transport = "http"
url = "${server.url}"
[[backends]]
name = "asking"
transport = "http"
url = "${asking.url}"
[[backends]]
name = "tasks"
transport = "http"
url = "${tasks.url}"
`

const bearer = `[auth]
type = "bearer"
tokens = ["\${ALICE}", "\${BOB}"]
`

const limited = `[[limits.rules]]
name = "discovery"
requests = 100
period_seconds = 600
tools = ["tasks__finish"]
[observability.decisions.redis]
url = "REDIS_URL"
password = "\${REDIS_PASSWORD}"
key = "desk:decisions"
`

const variables = (seal: string, other: string): string =>
  `SEAL_KEY=${seal}\nOTHER_KEY=${other}\nREDIS_PASSWORD=${redisPassword}\nALICE=${alice}\nBOB=${bob}\n`

const launch = async (at: number): Promise<void> => {
  replicas[at] = await startProxy(path.join(folder.path, `proxy-${at}.toml`), {}, [
    '--env-file',
    path.join(folder.path, 'variables.env'),
  ])
  await eventually('the replica is ready', async () => {
    const { status } = await sendTo(originOf(at), { path: '/ready', method: 'GET' })
    return status === 200 || undefined
  })
}

/** The block of the page, with the addresses of this test, plain HTTP, and the replica that answered in a header. */
const site = (down?: number): string => {
  const page = readFileSync(path.join(repository, 'docs', 'replicas.md'), 'utf8')
  const [, block = ''] = /^```nginx\n([\s\S]*?)^```$/m.exec(page) ?? []
  const placed = block
    .replace(
      /listen 443 ssl;/,
      `listen 127.0.0.1:${port};\n    add_header X-Replica $upstream_addr always;`,
    )
    .replaceAll(/^\s*ssl_\w+ .*$/gm, '')
  return ports.reduce(
    (text, one, at) =>
      text.replaceAll(
        new RegExp(`server 10\\.0\\.0\\.1${at + 1}:8080[^;]*`, 'g'),
        (line) => line.replace(/10\S+/, `127.0.0.1:${one}`) + (down === at ? ' down' : ''),
      ),
    placed,
  )
}

const meta = (capabilities: object = {}) =>
  modernMeta({ 'io.modelcontextprotocol/clientCapabilities': capabilities })

let lastId = 0
const stateless = (
  origin: string,
  method: string,
  params: { readonly name?: string; readonly taskId?: string; readonly [name: string]: unknown },
  {
    token = alice,
    capabilities = {},
  }: { readonly token?: string; readonly capabilities?: object } = {},
): Promise<Received> => {
  const name = params.taskId ?? params.name
  return sendTo(origin, {
    token,
    body: {
      jsonrpc: '2.0',
      id: (lastId += 1),
      method,
      params: { ...params, _meta: meta(capabilities) },
    },
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
  })
}

interface Answer {
  readonly result?: {
    readonly resultType?: string
    readonly taskId?: string
    readonly requestState?: string
    readonly inputRequests?: Readonly<Record<string, object>>
    readonly content?: readonly { readonly text: string }[]
  }
  readonly error?: { readonly message: string; readonly data?: { readonly code: string } }
}

const answerOf = (received: Received): Answer => {
  const isStream = received.headers['content-type']?.startsWith('text/event-stream') === true
  return (isStream ? received.events().at(-1) : received.json()) as Answer
}

const form = {
  method: 'elicitation/create',
  params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
}
const elicitation = { capabilities: { elicitation: { form: {} } } }
const question = { name: 'asking__ask', arguments: { questions: [form] } }

const ask = async (origin: string): Promise<NonNullable<Answer['result']>> => {
  const { result } = answerOf(await stateless(origin, 'tools/call', question, elicitation))
  expect(result).toMatchObject({ resultType: 'input_required' })
  return result!
}

const reply = async (
  origin: string,
  { requestState, inputRequests = {} }: NonNullable<Answer['result']>,
  token: string = alice,
): Promise<Answer> => {
  const [key = ''] = Object.keys(inputRequests)
  const inputResponses = { [key]: { action: 'accept', content: { name: 'someone' } } }
  const params = { ...question, requestState, inputResponses }
  return answerOf(await stateless(origin, 'tools/call', params, { ...elicitation, token }))
}

const answered = { result: { content: [{ text: expect.stringContaining('someone') }] } }
const refused = { error: { data: { code: 'req-params' } } }

/** Ends a replica as the kernel does. Resolves when it is gone. */
const killNow = async (at: number): Promise<void> => {
  process.kill(replicas[at]!.pid, 'SIGKILL')
  // A process is listed as ended before the last of its threads lets its sockets go.
  await eventually('it is gone', () =>
    sendTo(originOf(at), { path: '/health', method: 'GET' }).then(
      () => undefined,
      (error: { readonly code?: string }) => error.code === 'ECONNREFUSED' || undefined,
    ),
  )
}

/** What doctor finds of [shared]. */
const examined = async (): Promise<readonly object[]> => {
  const { stdout } = await runCommandLine(
    ['doctor', '--config', path.join(folder.path, 'proxy-0.toml'), '--only', 'limits', '--json'],
    {
      env: {
        SEAL_KEY: newKey,
        OTHER_KEY: oldKey,
        REDIS_PASSWORD: redisPassword,
        ALICE: alice,
        BOB: bob,
      },
    },
  )
  expect(stdout).not.toContain(redisPassword)
  const { sections } = JSON.parse(stdout) as { sections: { checks: { id: string }[] }[] }
  return sections.flatMap(({ checks }) => checks.filter(({ id }) => id === 'shared-store'))
}

interface Load {
  readonly lost: { readonly isLate: boolean; readonly text: string }[]
  done: number
  /** How often each session caller opened a session. */
  readonly opened: number[]
}

const statelessCaller = async (load: Load, isOver: () => boolean): Promise<void> => {
  for (let n = 0; n < callsOfEach; n += 1) {
    const isLate = isOver()
    const params = { name: 'steady__echo', arguments: { text: 'hello' } }
    const received = await stateless(front(), 'tools/call', params)
    load.done += 1
    const { status, text, headers } = received
    if (status !== 200 || !text.includes('hello')) {
      load.lost.push({ isLate, text: `${status} ${String(headers['x-replica'])} ${text}` })
    }
  }
}

/** A connection for each request: where nginx reloads it closes idle ones, and a POST that comes at that moment is lost. */
const dispatcher = new Agent({ pipelining: 0 })
const fetchOnce: typeof fetch = (url, init) => fetch(url, { ...init, dispatcher } as never)

const connect = async (): Promise<Client> => {
  const client = new Client({ name: 'load', version: '1' })
  const headers = { authorization: `Bearer ${alice}` }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${front()}/mcp`), {
      requestInit: { headers },
      fetch: fetchOnce,
    }),
  )
  return client
}

const isGone = (error: unknown): boolean =>
  error instanceof StreamableHTTPError && error.code === 404

/** Between two messages of its beginning the replica of a session can change as well. */
const begin = async (load: Load, at: number): Promise<Client> => {
  for (let tries = 0; ; tries += 1) {
    load.opened[at] = (load.opened[at] ?? 0) + 1
    try {
      return await connect()
    } catch (error) {
      if (!isGone(error) || tries === 3) throw error
    }
  }
}

/** As the specification says (2025-11-25, session management): on 404 a client begins a session and goes on. */
const sessionCaller = async (load: Load, at: number, isOver: () => boolean): Promise<void> => {
  let client = await begin(load, at)
  for (let n = 0; n < callsOfEach; n += 1) {
    const isLate = isOver()
    try {
      const result = await client.callTool({ name: 'steady__echo', arguments: { text: 'hello' } })
      expect(JSON.stringify(result)).toContain('hello')
    } catch (error) {
      if (isGone(error)) {
        await client.close()
        client = await begin(load, at)
        n -= 1
        continue
      }
      load.lost.push({ isLate, text: String(error) })
    }
    load.done += 1
  }
  await client.close()
}

/** Runs all callers, and the disturbance once a third of the calls is done. */
const underLoad = async (disturb: () => Promise<void>): Promise<Load> => {
  const load: Load = { lost: [], done: 0, opened: [] }
  let isOver = false
  const callers = Array.from({ length: callersOfEachEra }, (_, at) => [
    statelessCaller(load, () => isOver),
    sessionCaller(load, at, () => isOver),
  ]).flat()
  const all = Promise.all(callers)
  const total = callers.length * callsOfEach
  await eventually('a third is done', () => load.done > total / 3 || undefined, 60_000)
  await Promise.all([all, disturb().then(() => (isOver = true))])
  expect(load.done).toBe(total)
  return load
}

withBoth('three replicas', () => {
  beforeAll(async () => {
    ;[folder, redis, server, asking, tasks, port] = await Promise.all([
      makeTempFolder(),
      startRedis(redisPassword),
      startHttpServer('modern'),
      startHttpServer('legacy'),
      startTaskServer('modern'),
      freePort(),
    ])
    ports = [await freePort(), await freePort(), await freePort()]
    await folder.write('variables.env', variables(oldKey, newKey))
    for (const at of ports.keys()) {
      const more = limited.replace('REDIS_URL', redis.url)
      await folder.write(`proxy-${at}.toml`, written(at, bearer, more))
    }
    await Promise.all([...ports.keys()].map(launch))
    nginx = await startNginx({ http: site(), port, reloads: true })
  }, 60_000)
  afterAll(async () => {
    await nginx?.close()
    await Promise.all(replicas.map((replica) => replica.stop()))
    await Promise.all([server, asking, tasks, redis].map((one) => one?.close()))
    await folder?.remove()
  }, 60_000)

  test('stateless callers are sent around, and a session stays where it began', async () => {
    const seen = await Promise.all(
      Array.from({ length: 9 }, () => stateless(front(), 'server/discover', {})),
    )
    expect(new Set(seen.map(({ headers }) => headers['x-replica'])).size).toBe(3)
    for (let n = 0; n < 6; n += 1) {
      const client = await connect()
      for (let call = 0; call < 3; call += 1) await client.listTools()
      await client.close()
    }
  })

  test('a limit is exact over all of them', async () => {
    const params = { name: 'tasks__finish', arguments: { tag: 'none' } }
    const received = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const statuses: number[] = []
        for (let n = 0; n < 10; n += 1) {
          statuses.push((await stateless(front(), 'tools/call', params)).status)
        }
        return statuses
      }),
    )
    const statuses = received.flat()
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)
    expect(statuses.filter((status) => status === 429)).toHaveLength(200)
  })

  test('a question is answered at any replica, and only once, and only by the caller it was for', async () => {
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [2, 0],
      [0, 0],
    ] as const) {
      const asked = await ask(originOf(from))
      expect(await reply(originOf(to), asked, bob)).toMatchObject(refused)
      expect(await reply(originOf(to), asked)).toMatchObject(answered)
      expect(await reply(originOf((to + 1) % 3), asked)).toMatchObject(refused)
    }
    for (let n = 0; n < 6; n += 1) {
      expect(await reply(front(), await ask(front()))).toMatchObject(answered)
    }
  })

  test('a seal key is changed in three steps, one replica after the other, while states are under way', async () => {
    const steps = [variables(newKey, oldKey), variables(newKey, newKey)]
    for (const step of steps) {
      await folder.write('variables.env', step)
      for (const [at, replica] of replicas.entries()) {
        const before = replica.log().split('configuration reloaded').length
        const states = await Promise.all([ask(originOf(at)), ask(originOf((at + 1) % 3))])
        process.kill(replica.pid, 'SIGHUP')
        await eventually(
          'it is applied',
          () => replica.log().split('configuration reloaded').length > before || undefined,
        )
        expect(await reply(originOf(at), states[1])).toMatchObject(answered)
        expect(await reply(originOf((at + 2) % 3), states[0])).toMatchObject(answered)
      }
    }
  })

  test('a task is known at every replica, to the caller that began it', async () => {
    const declared = {
      capabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    }
    const begun = await stateless(
      originOf(0),
      'tools/call',
      { name: 'tasks__job', arguments: { tag: 'shared' } },
      declared,
    )
    const taskId = answerOf(begun).result?.taskId
    expect(taskId).toMatch(/^tasks\+/)
    for (const at of [0, 1, 2]) {
      const own = await stateless(originOf(at), 'tasks/get', { taskId: taskId! }, declared)
      expect(answerOf(own)).toMatchObject({ result: { taskId, status: 'working' } })
      const other = { ...declared, token: bob }
      const foreign = await stateless(originOf(at), 'tasks/get', { taskId: taskId! }, other)
      expect(answerOf(foreign)).toMatchObject({ error: { data: { code: 'name-unknown' } } })
    }
  })

  test('Redis has no name, token, task or answer in clear text', async () => {
    const keys = redis.cli('KEYS', '*').split('\n')
    const dump = keys
      .filter((key) => key.includes(':task:') || key.includes(':introspection:'))
      .map((key) => redis.cli('GET', key))
    expect(dump.length).toBeGreaterThan(0)
    for (const text of [...keys, ...dump]) {
      for (const word of [alice, bob, 'shared', 'tasks+', 'owner', 'someone']) {
        expect(text.replace(/^desk:|^mcp-proxy:/, '')).not.toContain(word)
      }
    }
  })

  test('killed under load: lost is what was in flight there, and its sessions begin again once', async () => {
    const waiting = await ask(originOf(1))
    const load = await underLoad(() => killNow(1))
    expect(load.lost.filter(({ isLate }) => isLate)).toEqual([])
    // Each was tried once, and there: a POST that was sent is not repeated.
    const there = new RegExp(`^502 127\\.0\\.0\\.1:${ports[1]} |^Error: .*502 Bad Gateway`, 's')
    for (const { text } of load.lost) expect(text).toMatch(there)
    expect(load.lost.length).toBeLessThanOrEqual(2 * callersOfEachEra)
    // One session for each caller, and one more for those whose replica is gone.
    expect(Math.max(...load.opened)).toBeLessThanOrEqual(2)
    expect(load.opened.some((opened) => opened === 1)).toBe(true)
    // The call that waited there is gone with it.
    expect(await reply(originOf(0), waiting)).toMatchObject(refused)
    process.stdout.write(
      `${JSON.stringify({ killed: { calls: load.done, lost: load.lost.length, sessions: load.opened } })}\n`,
    )
    await launch(1)
  }, 120_000)

  test('restarted one after the other under load, they lose no call', async () => {
    const load = await underLoad(async () => {
      for (const at of ports.keys()) {
        await nginx.reload(site(at))
        expect(await replicas[at]!.stop()).toBe(0)
        await launch(at)
        await nginx.reload(site())
      }
    })
    expect(load.lost).toEqual([])
    expect(Math.max(...load.opened)).toBeLessThanOrEqual(2 + 2 * ports.length)
    process.stdout.write(
      `${JSON.stringify({ rolling: { calls: load.done, lost: 0, sessions: load.opened } })}\n`,
    )
  }, 120_000)

  test('while Redis is away replicas work alone: calls go on, and a question is answered where it was asked', async () => {
    await redis.kill()
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        stateless(front(), 'tools/call', { name: 'steady__echo', arguments: { text: 'alone' } }),
      ),
    )
    for (const { text } of answers) expect(text).toContain('alone')
    const asked = await ask(originOf(0))
    expect(await reply(originOf(1), asked)).toMatchObject({
      error: { data: { code: 'shared-store' } },
    })
    expect(await reply(originOf(0), asked)).toMatchObject(answered)
    expect(await examined()).toMatchObject([{ id: 'shared-store', case: 'down', status: 'warn' }])
    await redis.restart()
    expect(await examined()).toMatchObject([{ id: 'shared-store', status: 'pass' }])
    await eventually('replicas find each other again', async () => {
      const again = await reply(originOf(1), await ask(originOf(0)))
      return again.result === undefined ? undefined : true
    })
  }, 60_000)
})

withBoth('an opaque token', () => {
  test('is asked about once, by one replica, and judged by each', async () => {
    const issuer = await startAuthorizationServer()
    const own = await makeTempFolder()
    const store = await startRedis(redisPassword)
    const text = (shared: string): string => `[proxy]
name = "asks"
public_url = "https://mcp.example.com/mcp"
[proxy.listen]
port = 0
[auth]
type = "oauth"
issuer = "${issuer.issuer}"
token_validation = "introspection"
introspection_endpoint = "${issuer.introspectionEndpoint}"
client_id = "${issuer.clientId}"
client_secret = "\${CLIENT_SECRET}"
allow_any_audience = true
[security]
seal_key = "\${SEAL_KEY}"
${shared}
[[backends]]
name = "none"
transport = "http"
url = "http://127.0.0.1:9/mcp"
`
    const shared = `[shared]
url = "${store.url}"
password = "\${REDIS_PASSWORD}"
timeout_seconds = 5
introspection = true
`
    const env = {
      CLIENT_SECRET: issuer.clientSecret,
      SEAL_KEY: newKey,
      REDIS_PASSWORD: redisPassword,
    }
    const started: RunningProxy[] = []
    try {
      const file = await own.write('proxy.toml', text(shared))
      for (let n = 0; n < 3; n += 1) started.push(await startProxy(file, { env }))
      const token = await issuer.token({ format: 'opaque' })
      const endpoint = new URL(issuer.introspectionEndpoint).pathname
      const before = issuer.count(endpoint)
      for (const { url } of started) {
        const { status } = await stateless(new URL(url).origin, 'server/discover', {}, { token })
        expect(status).toBe(200)
      }
      expect(issuer.count(endpoint) - before).toBe(1)
      // Another token is not known by that, and one that is refused is asked about at each.
      for (const { url } of started) {
        const origin = new URL(url).origin
        const { status } = await stateless(origin, 'server/discover', {}, { token: `${token}x` })
        expect(status).toBe(401)
      }
      expect(issuer.count(endpoint) - before).toBe(4)
    } finally {
      await Promise.all(started.map((one) => one.stop()))
      await Promise.all([issuer.close(), store.close(), own.remove()])
    }
  }, 60_000)
})
