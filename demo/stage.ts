// What the tour needs around it: a folder of its own, the issuer, the tokens, the command line and the proxy.
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run, start, type Finished, type Running } from './children.ts'
import type { ClientCredentials } from './clients.ts'
import { configText, freePort, publicUrl } from './config.ts'
import type { Announcement } from './realm.ts'
import { obtainToken, revokeToken } from './tokens.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const runTypeScript = path.join(repository, 'scripts', 'run-ts.mjs')
export const binary = path.join(repository, 'bin', 'run.cjs')

/** The five tokens of the tour, in the order of telling. */
export const tokenNames = ['good', 'expired', 'wrong-audience', 'opaque', 'revoked'] as const
export type TokenName = (typeof tokenNames)[number]

export interface Stage {
  readonly folder: string
  readonly noteFile: string
  readonly issuer: string
  /** The public URL of the proxy. */
  readonly url: string
  readonly tokens: Readonly<Record<TokenName, string>>
  readonly env: NodeJS.ProcessEnv
  /** What a client of the issuer knows that has no token yet. */
  readonly client: ClientCredentials
  /** Runs the real command line in the folder; `more` is added to its environment. */
  cli(args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Finished>
  /** Starts the proxy and resolves when it is ready. */
  serve(): Promise<Running>
  /** Ends the children and removes the folder. */
  close(): Promise<void>
}

/** The ports that the README writes, or any that are free. */
export interface Ports {
  readonly issuer: number
  readonly proxy: number
}

const startIssuer = async (folder: string, port: number | undefined) => {
  const child = start(
    {
      script: runTypeScript,
      args: [
        path.join(repository, 'demo', 'authorization-server.ts'),
        ...(port === undefined ? [] : [String(port)]),
      ],
      cwd: folder,
      env: process.env,
    },
    path.join(folder, 'issuer.log'),
  )
  return { child, announcement: JSON.parse(await child.firstLine) as Announcement }
}

const obtainTokens = async (
  issuer: Announcement,
  url: string,
): Promise<Record<TokenName, string>> => {
  const [good, expired, wrongAudience, opaque, revoked] = await Promise.all([
    obtainToken(issuer, 'jwt', url),
    obtainToken(issuer, 'late', url),
    // The usual slip: the origin instead of the endpoint.
    obtainToken(issuer, 'jwt', new URL(url).origin),
    obtainToken(issuer, 'opaque', url),
    obtainToken(issuer, 'opaque', url),
  ])
  await revokeToken(issuer, 'opaque', revoked)
  return { good, expired, 'wrong-audience': wrongAudience, opaque, revoked }
}

/** Asks `/ready` until it says yes; the backends are separate processes that need a moment. */
const untilReady = async (url: string, proxy: Running, limitMs: number): Promise<void> => {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    if (!proxy.alive()) throw new Error('the proxy ended before it was ready')
    const status = await fetch(new URL('/ready', url)).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    await wait(50)
  }
  throw new Error(`the proxy was not ready after ${limitMs / 1000} s`)
}

export const openStage = async (colour: boolean, ports?: Ports): Promise<Stage> => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'mcp-proxy-demo-')))
  await chmod(folder, 0o700)
  const children: Running[] = []
  const runs = new Set<Promise<unknown>>()
  let closed = false
  // A tour that is interrupted is still in the middle of a step: nothing may be started behind our back.
  const unlessClosed = (): void => {
    if (closed) throw new Error('the tour is over')
  }
  const close = async (): Promise<void> => {
    closed = true
    await Promise.allSettled(runs)
    await Promise.all(children.map((child) => child.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const files = path.join(folder, 'files')
    const noteFile = path.join(files, 'note.txt')
    await mkdir(files)
    await writeFile(noteFile, 'A note from behind the proxy.\n')
    const issuer = await startIssuer(folder, ports?.issuer)
    children.push(issuer.child)
    const port = ports?.proxy ?? (await freePort())
    const url = publicUrl(port)
    const tokens = await obtainTokens(issuer.announcement, url)
    for (const name of tokenNames) {
      await writeFile(path.join(folder, `${name}.token`), `${tokens[name]}\n`, { mode: 0o600 })
    }
    await writeFile(
      path.join(folder, 'proxy.toml'),
      configText({ issuer: issuer.announcement.issuer, port, files }),
      { mode: 0o600 },
    )
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      OAUTH_CLIENT_SECRET: issuer.announcement.clients['mcp-proxy'],
      // Logins of the tour end with it.
      XDG_STATE_HOME: path.join(folder, 'state'),
      ...(colour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    }
    const launch = (args: readonly string[]) => ({ script: binary, args, cwd: folder, env })
    return {
      folder,
      noteFile,
      issuer: issuer.announcement.issuer,
      url,
      tokens,
      env,
      client: {
        clientId: 'jwt',
        clientSecret: issuer.announcement.clients.jwt,
        expectedIssuer: issuer.announcement.issuer,
      },
      cli: async (args, more = {}) => {
        unlessClosed()
        const running = run({ ...launch(args), env: { ...env, ...more } })
        runs.add(running)
        try {
          return await running
        } finally {
          runs.delete(running)
        }
      },
      serve: async () => {
        unlessClosed()
        const proxy = start(
          launch(['serve', '--config', 'proxy.toml']),
          path.join(folder, 'proxy.log'),
        )
        children.push(proxy)
        await untilReady(url, proxy, 30_000)
        return proxy
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
