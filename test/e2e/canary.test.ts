// Secrets planted wherever one can be given: no output, no log line and no file that was written repeats one.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { exportJWK } from 'jose'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type Invocation,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { redisIsInstalled, startRedis, type RedisServer } from '../support/redis.ts'
import { modernMeta, modernVersion } from '../support/proxy.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import { goodClaims, mintRaw, mintToken, testKey } from '../support/tokens.ts'

const audience = 'https://mcp.example.com/mcp'

/** The same on every run; long enough that nobody else writes them. */
const canary = (name: string): string =>
  `canary-${name}-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`

const planted = {
  opaque: canary('opaque'),
  secret: canary('secret'),
  bearer: canary('bearer'),
  refresh: canary('refresh'),
  password: canary('password'),
  answered: canary('answered'),
  misplaced: canary('misplaced'),
  claim: canary('claim'),
  argument: canary('argument'),
  redis: canary('redis'),
  admin: canary('admin'),
}

let folder: TempFolder
let server: ScriptedServer
/** Undefined where Debian's package is missing: then the rest is looked at. */
let redis: RedisServer | undefined
let good: string
/** With a claim that the proxy may record, and one that it may not. Commands show claims: that is what they are for. */
let withClaims: string
let expired: string
let privateMember: string
/** Pieces that give a secret away, by the secret's name: reports may show six leading characters. */
let pieces: Readonly<Record<string, string>>
const written = new Set<string>()

const leaks = (text: string): readonly string[] =>
  Object.entries(pieces).flatMap(([name, piece]) => (text.includes(piece) ? [name] : []))

const write = async (name: string, text: string): Promise<string> => {
  written.add(name)
  return folder.write(name, text)
}

const config = (
  auth: Record<string, unknown>,
  more: readonly object[] = [],
  sections: object = {},
): string =>
  stringify({
    proxy: { name: 'canary', public_url: audience, listen: { port: 0 } },
    auth,
    ...sections,
    observability: {
      audit_file: { path: path.join(folder.path, 'audit.log') },
      decisions: {
        accepted: 1,
        claims: ['dept'],
        file: { path: path.join(folder.path, 'decisions.jsonl') },
        ...(redis === undefined ? {} : { redis: { url: redis.url, password: '${CANARY_REDIS}' } }),
      },
    },
    backends: [{ name: 'closed', transport: 'http', url: 'http://127.0.0.1:9/mcp' }, ...more],
  })

beforeAll(async () => {
  folder = await makeTempFolder()
  server = await startScriptedServer()
  redis = redisIsInstalled() ? await startRedis(planted.redis) : undefined
  const key = await testKey('ES256')
  const { d = '' } = await exportJWK(key.privateKey)
  privateMember = d
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: server.origin, aud: audience }
  good = await mintToken(key, goodClaims(claims, now))
  withClaims = await mintToken(
    key,
    goodClaims({ ...claims, dept: 'sales', private: planted.claim }, now),
  )
  expired = await mintToken(key, goodClaims({ ...claims, exp: now - 900 }, now))
  const half = (text: string): string => text.slice(-Math.floor(text.length / 2))
  pieces = {
    ...Object.fromEntries(Object.entries(planted).map(([name, text]) => [name, half(text)])),
    'good token': half(good),
    'token with claims': half(withClaims),
    'expired token': half(expired),
    'private key': half(privateMember),
  }
  server.on('/.well-known/oauth-authorization-server', {
    body: {
      issuer: server.origin,
      jwks_uri: `${server.origin}/jwks`,
      introspection_endpoint: `${server.origin}/introspect`,
      client_secret: planted.answered,
    },
  })
  server.on('/jwks', { body: { keys: [key.publicJwk] } })
  server.on('/jwks-private', { body: { keys: [{ ...key.publicJwk, d: privateMember }] } })
  server.on('/introspect', {
    body: { active: true, iss: server.origin, aud: audience, sub: 'user-1', exp: now + 600 },
  })
  // A server that says back whatever it was told, in every way it can.
  server.on('/echo', ({ body, headers }) => ({
    status: 500,
    headers: { 'content-type': 'text/html', 'x-echo': headers.authorization ?? '' },
    body: `<pre>${body} ${headers.authorization} ${planted.secret}</pre>`,
  }))
  server.on('/echo-json', ({ body, headers }) => ({
    status: 401,
    body: {
      error: 'invalid_client',
      error_description: `${body} ${headers.authorization} ${planted.secret}`,
    },
  }))
  server.on('/handing-out', {
    body: {
      active: true,
      iss: server.origin,
      aud: audience,
      access_token: planted.answered,
      refresh_token: planted.answered,
      client_secret: planted.answered,
    },
  })
})

afterAll(async () => {
  await server.close()
  await redis?.close()
  await folder.remove()
})

interface Run {
  readonly args: readonly string[]
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

type MakeRun = () => Run | Promise<Run>

const expectations = (): readonly string[] => [
  `--issuer=${server.origin}`,
  `--audience=${audience}`,
]
const atKeys = (place = '/jwks'): readonly string[] => [
  ...expectations(),
  `--jwks-uri=${server.origin}${place}`,
]
const client = { MCP_PROXY_CLIENT_SECRET: planted.secret }
const atEndpoint = (place = '/introspect'): readonly string[] => [
  ...expectations(),
  '--client-id=resource-server',
  `--introspection-endpoint=${server.origin}${place}`,
]

const validate: Readonly<Record<string, MakeRun>> = {
  'a good token from stdin': () => ({ args: ['validate', ...atKeys(), '-'], stdin: good }),
  'a good token as an argument': () => ({ args: ['validate', ...atKeys(), good] }),
  'a good token from a file': async () => ({
    args: ['validate', ...atKeys(), `@${await write('token', good)}`],
  }),
  'a good token from the environment': () => ({
    args: ['validate', ...atKeys()],
    env: { MCP_PROXY_TOKEN: good },
  }),
  'an expired token': () => ({ args: ['validate', ...atKeys(), '-'], stdin: expired }),
  'a token with a changed signature': () => ({
    args: ['validate', ...atKeys(), '-'],
    stdin: `${good.slice(0, -60)}A${good.slice(-59)}`,
  }),
  'a token that was cut': () => ({
    args: ['validate', ...atKeys(), '-'],
    stdin: good.slice(0, -9),
  }),
  'a token in quotes, wrapped, with its scheme': () => ({
    args: ['validate', ...atKeys(), '-'],
    stdin: `"Bearer ${good.slice(0, 80)}\n${good.slice(80)}"\n`,
  }),
  'a token response': () => ({
    args: ['validate', ...atKeys(), '-'],
    stdin: JSON.stringify({ access_token: good, refresh_token: planted.refresh }),
  }),
  'an opaque token where only JWTs are read': () => ({
    args: ['validate', ...atKeys(), '-'],
    stdin: planted.opaque,
  }),
  'a token in a template': () => ({ args: ['validate', ...atKeys(), `<${planted.opaque}>`] }),
  'a token shown, not judged': () => ({ args: ['validate', '--decode-only', '-'], stdin: good }),
  'a report for a pull request': () => ({
    args: ['validate', ...atKeys(), '--format=markdown', '-'],
    stdin: expired,
  }),
  'a report for a build server': () => ({
    args: ['validate', ...atKeys(), '--format=junit', '-'],
    stdin: expired,
  }),
  'several tokens': () => ({
    args: ['validate', ...atKeys(), '--lines', '-'],
    stdin: `${good}\n${expired}\n${planted.opaque}\n`,
  }),
  'the issuer that the token names': () => ({
    args: [
      'validate',
      '--follow-iss',
      `--issuer=https://id.example`,
      `--audience=${audience}`,
      '-',
    ],
    stdin: good,
  }),
  'a published private key': () => ({
    args: ['validate', ...atKeys('/jwks-private'), '-'],
    stdin: good,
  }),
  'two sources of the token': async () => ({
    args: ['validate', ...atKeys(), good, `@${await write('token', good)}`],
  }),
  'a file that is not there, named like the token': () => ({
    args: ['validate', ...atKeys(), `@${planted.opaque}`],
  }),
  'a secret in the address of the issuer': () => ({
    args: [
      'validate',
      `--issuer=${server.origin.replace('//', `//user:${planted.password}@`)}`,
      `--audience=${audience}`,
      '-',
    ],
    stdin: good,
  }),
  'a secret in the address of the keys': () => ({
    args: [
      'validate',
      ...expectations(),
      `--jwks-uri=${server.origin.replace('//', `//user:${planted.password}@`)}/jwks`,
      '-',
    ],
    stdin: good,
  }),
  'a flag that does not exist': () => ({
    args: ['validate', ...atKeys(), `--client-secret=${planted.misplaced}`, '-'],
    stdin: good,
  }),
  'a token as the value of a flag': () => ({
    args: ['validate', ...expectations(), `--profile=${planted.misplaced}`, '-'],
    stdin: good,
  }),
  'a token as a number of seconds': () => ({
    args: ['validate', ...atKeys(), `--tolerance=${planted.misplaced}`, '-'],
    stdin: good,
  }),
  'a command that is a token': () => ({ args: [good] }),
}

const introspect: Readonly<Record<string, MakeRun>> = {
  'an active token': () => ({
    args: ['introspect', ...atEndpoint(), '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'with the secret in a file': async () => ({
    args: [
      'introspect',
      ...atEndpoint(),
      `--client-secret-file=${await write('secret', `${planted.secret}\n`)}`,
      '-',
    ],
    stdin: planted.opaque,
  }),
  'with the secret from stdin': async () => ({
    args: [
      'introspect',
      ...atEndpoint(),
      '--client-secret-stdin',
      `@${await write('opaque', planted.opaque)}`,
    ],
    stdin: planted.secret,
  }),
  'counted and probed': () => ({
    args: ['introspect', ...atEndpoint(), '--count=3', '--probe', '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'at a server that repeats it in HTML': () => ({
    args: ['introspect', ...atEndpoint('/echo'), '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'at a server that repeats it in JSON': () => ({
    args: ['introspect', ...atEndpoint('/echo-json'), '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'at a server that hands out more': () => ({
    args: ['introspect', ...atEndpoint('/handing-out'), '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'raw, at a server that hands out more': () => ({
    args: ['introspect', ...atEndpoint('/handing-out'), '--raw', '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'raw, at a server that repeats it in HTML': () => ({
    args: ['introspect', ...atEndpoint('/echo'), '--raw', '-'],
    stdin: planted.opaque,
    env: client,
  }),
  'at nobody': () => ({
    args: [
      'introspect',
      ...expectations(),
      '--client-id=c',
      '--introspection-endpoint=http://127.0.0.1:9/',
      '-',
    ],
    stdin: planted.opaque,
    env: client,
  }),
  'with the secret as a flag': () => ({
    args: ['introspect', ...atEndpoint(), `--client-secret=${planted.misplaced}`, '-'],
    stdin: planted.opaque,
  }),
}

const others: Readonly<Record<string, MakeRun>> = {
  'discover: metadata with a secret in it': () => ({ args: ['discover', server.origin] }),
  'discover: the whole exchange, kept': () => ({
    args: [
      'discover',
      server.origin,
      '--save',
      path.join(folder.path, 'kept'),
      '--har',
      path.join(folder.path, 'kept.har'),
    ],
    env: { ...client, MCP_PROXY_TOKEN: planted.opaque },
  }),
  'discover: as annotations': () => ({ args: ['discover', server.origin, '--format=github'] }),
  'discover: as SARIF': () => ({ args: ['discover', server.origin, '--format=sarif'] }),
  'explain: an answer with secrets in it': () => ({
    args: ['explain', '-'],
    stdin: `401 invalid_token Bearer ${planted.opaque} client_secret=${planted.secret}`,
  }),
  'explain: a text of secrets alone': () => ({
    args: ['explain', `token=${planted.misplaced}`],
  }),
  'discover: through a proxy with a password that is not there': () => ({
    args: ['discover', 'https://id.example.test'],
    env: { HTTPS_PROXY: `http://user:${planted.password}@127.0.0.1:9` },
  }),
  'discover: a proxy variable that holds a secret and is no proxy': () => ({
    args: ['discover', 'https://id.example.test'],
    env: { HTTPS_PROXY: `socks5://${planted.password}@127.0.0.1:9` },
  }),
  'discover: a file with a secret that is no earlier report': async () => ({
    args: ['discover', server.origin, '--diff', await write('no-report', planted.secret)],
  }),
  'discover: a file with a secret that is no certificate': async () => ({
    args: ['discover', server.origin, '--ca-file', await write('no-pem', planted.secret)],
  }),
  'discover: an address with a password': () => ({
    args: ['discover', server.origin.replace('//', `//user:${planted.password}@`)],
  }),
  'discover: an address with a token': () => ({
    args: ['discover', `${server.origin}/mcp?access_token=${planted.misplaced}`],
  }),
  'init: a file full of secrets': async () => ({
    args: [
      'init',
      '--yes',
      '--no-auth',
      '--print',
      '--from',
      await write(
        'clients.json',
        JSON.stringify({
          mcpServers: {
            one: {
              command: 'npx',
              args: ['--token', planted.opaque, `--url=https://u:${planted.password}@a.example/`],
              env: { API_TOKEN: planted.secret, OTHER: `Bearer ${planted.bearer}` },
            },
            two: {
              url: `https://a.example/${planted.refresh}/mcp?key=${planted.misplaced}`,
              headers: { Authorization: `Bearer ${planted.answered}`, 'X-Key': planted.secret },
            },
          },
        }),
      ),
    ],
  }),
  'init: secrets in flags': () => ({
    args: [
      'init',
      '--yes',
      '--print',
      `--bearer=${planted.misplaced}`,
      `--backend=a=x --token ${planted.secret}`,
    ],
  }),
  'init: an address with a token': () => ({
    args: ['init', '--yes', '-b=x=ls', `${server.origin}/mcp?access_token=${planted.misplaced}`],
  }),
  'init: a backend with a token': () => ({
    args: ['init', '--yes', '--no-auth', '--print', `-bx=run --token ${planted.secret}`],
  }),
  'explain: something that is no check': () => ({ args: ['explain', planted.misplaced] }),
  ...Object.fromEntries(
    [
      ['doctor', '--only', 'backends'],
      ['tools', 'tokens'],
      ['call', 'tokens', 'echo'],
    ].map((args): [string, MakeRun] => [
      `${args[0]}: a server of tokens that repeats what it is sent`,
      async () => ({
        args: [
          ...args,
          '--config',
          await write(
            `${args[0]}-oauth.toml`,
            stringify({
              proxy: { name: 'canary', listen: { port: 0 } },
              auth: { type: 'bearer', tokens: ['${CANARY_BEARER}'] },
              backends: [tokensBackend('client_credentials')],
            }),
          ),
        ],
        env: { CANARY_BEARER: planted.bearer, CANARY_SECRET: planted.secret },
      }),
    ]),
  ),
  'serve --check: a good configuration': async () => ({
    args: [
      'serve',
      '--check',
      '--config',
      await write('good.toml', config({ type: 'bearer', tokens: ['${CANARY_BEARER}'] })),
    ],
    env: { CANARY_BEARER: planted.bearer },
  }),
  'serve --check: a secret written down': async () => ({
    args: [
      'serve',
      '--check',
      '--config',
      await write('literal.toml', config({ type: 'bearer', tokens: [planted.bearer] })),
    ],
  }),
  'serve --check: a secret where something else belongs': async () => ({
    args: [
      'serve',
      '--check',
      '--config',
      await write(
        'wrong.toml',
        config({
          type: 'oauth',
          issuer: server.origin,
          audience,
          client_secret: planted.secret,
          token_validation: '${CANARY_BEARER}',
          profile: planted.misplaced,
        }),
      ),
    ],
    env: { CANARY_BEARER: planted.bearer },
  }),
  'serve --check: a file that ends in a secret': async () => ({
    args: [
      'serve',
      '--check',
      '--config',
      await write('broken.toml', `[auth]\ntype = "bearer"\ntokens = ["${planted.bearer}"`),
    ],
  }),
}

/** A backend whose token comes, or does not come, from a server that repeats what it is sent. */
function tokensBackend(grant: string, place = '/echo-json') {
  return {
    name: 'tokens',
    transport: 'http',
    url: `${server.origin}/echo-json`,
    oauth: {
      grant,
      token_endpoint: `${server.origin}${place}`,
      client_id: 'proxy',
      client_secret: '${CANARY_SECRET}',
      client_auth: 'client_secret_post',
    },
  }
}

const ending = new Set([0, 1, 2, 3])

const runBoth = async (make: MakeRun) => {
  const { args, stdin = '', env = {} } = await make()
  const invocation: Invocation = {
    cwd: folder.path,
    stdin,
    env: {
      CANARY_REDIS: planted.redis,
      ...env,
      XDG_CACHE_HOME: path.join(folder.path, 'cache'),
    },
  }
  return Promise.all([
    runCommandLine(args, invocation),
    runCommandLine([...args.slice(0, 1), '--json', ...args.slice(1)], invocation),
  ])
}

describe.each([
  ['validate', validate],
  ['introspect', introspect],
  ['the others', others],
] as const)('%s', (_, runs) => {
  test.each(Object.entries(runs))('%s', async (_name, make) => {
    for (const { exitCode, stdout, stderr } of await runBoth(make)) {
      expect(leaks(stdout + stderr)).toEqual([])
      expect([...ending]).toContain(exitCode)
      expect(stdout + stderr).not.toBe('')
    }
  })
})

describe('a running proxy', () => {
  const post = (proxy: RunningProxy, headers: Record<string, string>, query = '') =>
    fetch(`${proxy.url}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'ping',
        params: { t: planted.refresh },
      }),
    })

  const call = (proxy: RunningProxy, headers: Record<string, string>) =>
    fetch(proxy.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': 'closed__t',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'closed__t', arguments: { text: planted.argument }, _meta: modernMeta() },
      }),
    })

  const at = (proxy: RunningProxy, place: string, headers: Record<string, string>) =>
    fetch(`${new URL(proxy.url).origin}${place}`, { headers })

  test('tells no secret: not in answers, not in its log', async () => {
    const file = await write(
      'serve.toml',
      config(
        {
          type: 'oauth',
          issuer: server.origin,
          audience,
          token_validation: 'both',
          client_id: 'resource-server',
          client_secret: '${CANARY_SECRET}',
          introspection_endpoint: `${server.origin}/echo-json`,
        },
        [tokensBackend('token_exchange')],
        { verify: {}, security: { admin_token: '${CANARY_ADMIN}' } },
      ),
    )
    const proxy = await startProxy(file, {
      cwd: folder.path,
      env: {
        CANARY_SECRET: planted.secret,
        CANARY_REDIS: planted.redis,
        CANARY_ADMIN: planted.admin,
        MCP_PROXY_LOG: 'debug',
      },
    })
    try {
      const forged = mintRaw(await testKey('Ed25519'), { payload: { iss: server.origin } })
      const answers = [
        await post(proxy, { authorization: `Bearer ${good}` }),
        await post(proxy, { authorization: `Bearer ${expired}` }),
        await post(proxy, { authorization: `Bearer ${forged}` }),
        await post(proxy, { authorization: `Bearer ${planted.opaque}` }),
        await post(proxy, { authorization: planted.opaque }),
        await post(proxy, { authorization: `Bearer Bearer ${planted.opaque}` }),
        await post(proxy, { authorization: `Basic ${planted.opaque}` }),
        await post(proxy, { authorization: `Bearer <${planted.opaque}>` }),
        await post(proxy, { cookie: `token=${planted.opaque}`, 'x-api-key': planted.misplaced }),
        await post(proxy, { 'mcp-session-id': planted.misplaced, authorization: `Bearer ${good}` }),
        await post(proxy, {}, `?access_token=${planted.misplaced}`),
        await call(proxy, { authorization: `Bearer ${withClaims}` }),
        // The door for gateways, and the admin surface with all that it knows of them.
        await at(proxy, '/verify', { authorization: `Bearer ${withClaims}` }),
        await at(proxy, '/verify', { authorization: `Bearer ${expired}` }),
        await at(proxy, '/verify?scope=more', { authorization: `Bearer ${withClaims}` }),
        await at(proxy, `/verify?token=${planted.misplaced}`, {}),
        await at(proxy, '/verify', { 'x-original-uri': `/mcp?token=${planted.misplaced}` }),
        await at(proxy, '/admin/decisions', { authorization: `Bearer ${planted.misplaced}` }),
      ]
      const admin = { authorization: `Bearer ${planted.admin}` }
      const list = await at(proxy, '/admin/decisions?limit=1000', admin)
      const text = await list.text()
      const kept = (JSON.parse(text) as { decisions: { id: string }[] }).decisions
      expect(kept.length).toBeGreaterThan(answers.length - 5)
      for (const { id } of kept) answers.push(await at(proxy, `/admin/decisions/${id}`, admin))
      answers.push(
        await at(proxy, '/admin/metrics', admin),
        await at(proxy, '/admin/backends', admin),
      )
      const told: string[] = [text]
      for (const answer of answers) {
        told.push(JSON.stringify([...answer.headers]), await answer.text())
      }
      await eventually('the refusals are in the log', () => proxy.log().includes('time-exp'))
      await eventually('the missing token is in the log', () =>
        proxy.log().includes('backend-credential'),
      )
      expect(leaks(told.join('\n'))).toEqual([])
    } finally {
      await proxy.stop()
    }
    expect(leaks(proxy.log())).toEqual([])
    // The test of all files below looks into it.
    expect(await readFile(path.join(folder.path, 'audit.log'), 'utf8')).toContain('time-exp')
    const decisions = await readFile(path.join(folder.path, 'decisions.jsonl'), 'utf8')
    for (const wanted of ['time-exp', '"dept":"sales"', '"door":"verify"', 'claim-scope']) {
      expect(decisions).toContain(wanted)
    }
    const stream = redis?.cli('XRANGE', 'mcp-proxy:decisions', '-', '+') ?? decisions
    expect(stream).toContain('time-exp')
    expect(leaks(stream)).toEqual([])
    const replayed = await runBoth(() => ({
      args: ['replay', '--decisions', path.join(folder.path, 'decisions.jsonl'), '--config', file],
      env: { CANARY_SECRET: planted.secret, CANARY_ADMIN: planted.admin },
    }))
    for (const { exitCode, stdout, stderr } of replayed) {
      expect([exitCode, leaks(stdout + stderr)]).toEqual([0, []])
    }
  })
})

test('no file that the commands wrote holds one', async () => {
  const names = await readdir(folder.path, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile() && !written.has(entry.name))
  // There are some, so that this looks at something.
  expect(files.length).toBeGreaterThan(0)
  for (const { parentPath, name } of files) {
    const text = (await readFile(path.join(parentPath, name))).toString('latin1')
    expect([name, leaks(text)]).toEqual([name, []])
  }
})
