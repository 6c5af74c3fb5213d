// The tour: one issuer, five tokens, two doors. Each step says what it expects, and the exit code says whether it came.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Running } from './children.ts'
import {
  legacyErrands,
  modernErrands,
  modernRevision,
  selfServiceErrands,
  type Errands,
} from './clients.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { latenessSeconds } from './realm.ts'
import { createScreen, type Screen } from './screen.ts'
import { binary, openStage, tokenNames, type Ports, type Stage, type TokenName } from './stage.ts'

interface Tour {
  /** Between the scenes: a person reads slower than programs run. */
  readonly pause: () => Promise<void>
  readonly stage: Stage
  readonly screen: Screen
  readonly ledger: Ledger
}

interface Expected {
  readonly exitCode: number
  /** Words that the output must hold. */
  readonly says: readonly string[]
}

const showCommand = async (
  { stage, screen, ledger }: Tour,
  args: readonly string[],
  expected: Expected,
  secret?: string,
): Promise<void> => {
  const shown = `mcp-proxy ${args.join(' ')}`
  screen.command(secret === undefined ? shown : `MCP_PROXY_CLIENT_SECRET=... ${shown}`)
  const more = secret === undefined ? {} : { MCP_PROXY_CLIENT_SECRET: secret }
  const { exitCode, stdout, stderr } = await stage.cli(args, more)
  screen.output(stdout === '' ? stderr : stdout)
  const missing = expected.says.filter((word) => !stdout.includes(word))
  const named = expected.says.length === 0 ? '' : `, ${expected.says.join(', ')} named`
  ledger.expect(
    `exit ${expected.exitCode}${named}`,
    exitCode === expected.exitCode && missing.length === 0,
    `exit ${exitCode}${missing.length === 0 ? '' : `, without ${missing.join(', ')}`}`,
  )
}

/** What each token deserves, at either door. */
const deserved: Readonly<Record<TokenName, { exitCode: number; status: number; id?: string }>> = {
  good: { exitCode: 0, status: 200 },
  expired: { exitCode: 1, status: 401, id: 'time-exp' },
  'wrong-audience': { exitCode: 1, status: 401, id: 'claim-aud' },
  opaque: { exitCode: 0, status: 200 },
  revoked: { exitCode: 1, status: 401, id: 'intro-active' },
}

const askTheIssuer = async (tour: Tour): Promise<void> => {
  tour.screen.chapter('What does the issuer say of itself?')
  await showCommand(tour, ['discover', tour.stage.issuer], {
    exitCode: 0,
    says: [`${tour.stage.issuer}/jwks`],
  })
}

const judgeTokens = async (tour: Tour): Promise<void> => {
  tour.screen.chapter('Five tokens: which would the proxy take, and why not the others?')
  tour.screen.say(
    'The configuration is the proxy\'s own: what "validate" says is what "serve" does.',
  )
  for (const name of tokenNames) {
    const { exitCode, id } = deserved[name]
    await showCommand(tour, ['validate', '--config', 'proxy.toml', `@${name}.token`], {
      exitCode,
      says: id === undefined ? [] : [id],
    })
  }
}

const introspectTokens = async (tour: Tour): Promise<void> => {
  tour.screen.chapter('Opaque tokens: what does the issuer answer when asked?')
  await showCommand(tour, ['introspect', '--config', 'proxy.toml', '@opaque.token'], {
    exitCode: 0,
    says: ['active'],
  })
  await showCommand(tour, ['introspect', '--config', 'proxy.toml', '@revoked.token'], {
    exitCode: 1,
    says: ['intro-active'],
  })
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'demo', version: '1.0.0' },
  },
})

const knock = (url: string, token: string | undefined): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: initialize,
  })

const parameter = (challenge: string, name: string): string | undefined =>
  new RegExp(`${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(challenge)?.[1]

const knockWithEach = async (tour: Tour): Promise<void> => {
  const { stage, screen, ledger } = tour
  screen.chapter('The same five tokens at the door of the running proxy')
  const rows: string[][] = []
  let agreed = true
  for (const name of tokenNames) {
    const response = await knock(stage.url, stage.tokens[name])
    await response.body?.cancel()
    const said = parameter(response.headers.get('www-authenticate') ?? '', 'error_description')
    const { status, id } = deserved[name]
    agreed &&= response.status === status && (id === undefined || said?.startsWith(id) === true)
    rows.push([name, String(response.status), said ?? 'let in'])
  }
  screen.table(rows)
  screen.blank()
  ledger.expect('the proxy answers as "validate" foretold, with the same check ids', agreed)
}

const lookAtTheChallenge = async ({ stage, screen, ledger }: Tour): Promise<void> => {
  screen.chapter('A refusal tells a client where to go')
  const refused = await knock(stage.url, stage.tokens.expired)
  await refused.body?.cancel()
  const challenge = refused.headers.get('www-authenticate') ?? ''
  screen.output(
    [`HTTP ${refused.status}`, ...challenge.replace(/", /g, '",\n   ').split('\n')].join('\n'),
  )
  ledger.expect('error="invalid_token"', parameter(challenge, 'error') === 'invalid_token')
  const metadataUrl = parameter(challenge, 'resource_metadata')
  if (metadataUrl === undefined) {
    ledger.expect('the challenge names resource_metadata', false)
    return
  }
  screen.command(`curl ${metadataUrl}`)
  const metadata = await fetch(metadataUrl)
  const text = await metadata.text()
  screen.output(text)
  ledger.expect(
    'resource_metadata answers 200 and names this resource',
    metadata.status === 200 && text.includes(`"${stage.url}"`),
    String(metadata.status),
  )
}

const ofServer = ({ tools }: Errands, server: string): number =>
  tools.filter((name) => name.startsWith(`${server}__`)).length

const errandRows = (errands: Errands): string[][] => [
  [
    '  tools/list',
    `${ofServer(errands, 'everything')} of everything, ${ofServer(errands, 'files')} of files`,
  ],
  ['  everything__get-sum', errands.sum],
  ['  files__read_text_file', errands.note.trim()],
]

const wentWell = (errands: Errands): boolean =>
  ofServer(errands, 'everything') > 0 &&
  ofServer(errands, 'files') > 0 &&
  errands.sum.includes('42') &&
  errands.note.includes('behind the proxy')

const callTools = async ({ stage, screen, ledger }: Tour): Promise<void> => {
  screen.chapter('Two servers, one endpoint, both protocol eras')
  const { url, tokens, noteFile, client } = stage
  const rounds = [
    ['SDK 1.x, with a session and the JWT', () => legacyErrands(url, tokens.good, noteFile)],
    [
      `SDK 2.x, stateless (${modernRevision}), with the opaque token`,
      () => modernErrands(url, tokens.opaque, noteFile),
    ],
    [
      'SDK 2.x, without a token: it follows the 401 to the issuer and gets its own',
      () => selfServiceErrands(url, client, noteFile),
    ],
  ] as const
  for (const [title, errands] of rounds) {
    screen.blank()
    screen.say(title)
    const done = await errands()
    screen.table(errandRows(done))
    ledger.expect('lists the tools of both servers and calls one of each', wentWell(done))
  }
}

const discoverTheProxy = async (tour: Tour): Promise<void> => {
  tour.screen.chapter('And what would a client find out about the proxy?')
  await showCommand(tour, ['discover', tour.stage.url], { exitCode: 0, says: [tour.stage.issuer] })
}

const logInAsClient = async (tour: Tour): Promise<void> => {
  const { client, url } = tour.stage
  tour.screen.chapter('A token as a client gets it: from the URL of the proxy alone')
  await showCommand(
    tour,
    ['login', url, '--client-credentials', '--client-id', client.clientId, '--store', 'demo'],
    { exitCode: 0, says: [url] },
    client.clientSecret,
  )
  await showCommand(tour, ['validate', '--config', 'proxy.toml', '--store', 'demo'], {
    exitCode: 0,
    says: ['ACCEPTED'],
  })
}

const callTheDoctor = async (tour: Tour): Promise<void> => {
  tour.screen.chapter('Does the configuration fit the world that it names?')
  await showCommand(tour, ['doctor', '--config', 'proxy.toml'], {
    exitCode: 0,
    says: ['everything', 'files'],
  })
}

const introduce = async ({ stage, screen }: Tour): Promise<void> => {
  screen.chapter('On the stage')
  screen.table([
    ['issuer', stage.issuer, 'a real authorization server: JWT and opaque tokens'],
    ['proxy', stage.url, 'in front of two real MCP servers: everything, files'],
    ['folder', stage.folder, 'proxy.toml, and the tokens in owner-only files'],
  ])
  screen.blank()
  screen.say('Below, "mcp-proxy" stands for "node bin/run.cjs", run in that folder.')
  screen.command('cat proxy.toml')
  screen.output(await readFile(path.join(stage.folder, 'proxy.toml'), 'utf8'))
}

const summarize = ({ screen, ledger }: Tour): void => {
  screen.chapter('In short')
  screen.say(`A token ${latenessSeconds} s past its time, one for another audience and one revoked`)
  screen.say('were refused by the command line and by the proxy, with the same check ids;')
  screen.say(
    'a JWT and an opaque token were let in, and called tools of both servers in both eras.',
  )
  screen.blank()
  ledger.unmet.forEach((what) => screen.expectation(what, false))
  screen.say(`${ledger.met} of ${ledger.met + ledger.unmet.length} expectations met.`)
}

const showHowToGoOn = async ({ stage, screen }: Tour): Promise<void> => {
  const { folder } = stage
  // The secret stands in a file of the owner, so that the commands below can be pasted.
  const environment = path.join(folder, 'env')
  await writeFile(environment, `export OAUTH_CLIENT_SECRET=${stage.env['OAUTH_CLIENT_SECRET']}\n`, {
    mode: 0o600,
  })
  const inFolder = (...args: readonly string[]) => `${process.execPath} ${binary} ${args.join(' ')}`
  screen.chapter('The proxy goes on serving; Ctrl-C ends everything')
  screen.say(`MCP endpoint   ${stage.url}`)
  screen.say(`Bearer token   ${path.join(folder, 'good.token')}`)
  screen.say(`Logs           ${path.join(folder, 'proxy.log')}`)
  screen.blank()
  screen.say('In another terminal:')
  screen.blank()
  screen.say(`cd ${folder} && . ./env`)
  screen.say(inFolder('validate', '--config', 'proxy.toml', '@expired.token'))
  screen.say(inFolder('discover', stage.url))
  screen.say(inFolder('doctor', '--config', 'proxy.toml'))
  screen.say(`curl -i -H "authorization: Bearer $(cat revoked.token)" -d '{}' ${stage.url}`)
  screen.blank()
}

const untilInterrupted = async (proxy: Running, interruption: Promise<void>): Promise<number> =>
  Promise.race([interruption.then(() => 0), proxy.ended.then(() => 1)])

const noPause = (): Promise<void> => Promise.resolve()

const untilEnter = (screen: Screen): Promise<void> => {
  screen.blank()
  screen.say('Enter for the next scene (--fast goes on without pauses)')
  return new Promise((resolve) => {
    process.stdin.resume()
    process.stdin.once('data', () => {
      process.stdin.pause()
      resolve()
    })
  })
}

const tell = async (tour: Tour): Promise<Running> => {
  await introduce(tour)
  for (const scene of [askTheIssuer, judgeTokens, introspectTokens]) {
    await scene(tour)
    await tour.pause()
  }
  const proxy = await tour.stage.serve()
  const scenes = [discoverTheProxy, knockWithEach, lookAtTheChallenge, callTools, logInAsClient]
  for (const scene of scenes) {
    await scene(tour)
    await tour.pause()
  }
  await callTheDoctor(tour)
  summarize(tour)
  return proxy
}

/** Those of the README. */
const readmePorts: Ports = { issuer: 4000, proxy: 8080 }

/** `--ports 4001,8081`: others, where these are taken. */
const portsOf = (args: readonly string[]): Ports | undefined => {
  const at = args.indexOf('--ports')
  const [issuer = 0, proxy = 0] = (args[at + 1] ?? '').split(',').map(Number)
  if (at !== -1 && issuer > 0 && proxy > 0) return { issuer, proxy }
  return args.includes('--stay') ? readmePorts : undefined
}

const main = async (args: readonly string[]): Promise<number> => {
  const screen = createScreen(process.stdout)
  const isWatched = process.stdout.isTTY && process.stdin.isTTY
  const stays = args.includes('--stay') || (isWatched && !args.includes('--once'))
  const interruption = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  screen.title(
    'mcp-proxy',
    'One validator, two doors: a tour on real servers, all of it on loopback.',
  )
  const stage = await openStage(process.stdout.isTTY, portsOf(args))
  const pause = isWatched && !args.includes('--fast') ? () => untilEnter(screen) : noPause
  const tour: Tour = { stage, screen, ledger: createLedger(screen), pause }
  try {
    const told = await Promise.race([tell(tour), interruption])
    if (told === undefined) return 130
    if (stays) {
      await showHowToGoOn(tour)
      return await untilInterrupted(told, interruption)
    }
    return tour.ledger.unmet.length === 0 ? 0 : 1
  } catch (error) {
    screen.expectation(error instanceof Error ? error.message : String(error), false)
    for (const log of ['issuer.log', 'proxy.log']) {
      const text = await readFile(path.join(stage.folder, log), 'utf8').catch(() => '')
      if (text !== '') screen.output(`${log}\n${text.split('\n').slice(-20).join('\n')}`)
    }
    return 1
  } finally {
    await stage.close()
  }
}

process.exitCode = await main(process.argv.slice(2))
