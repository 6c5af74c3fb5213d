// A real authorization server with logins, a real `mcp-proxy serve` before a real MCP server, and a store of its own.
import { stringify } from 'smol-toml'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { startAuthorizationServer, type AuthorizationServer } from './authorization-server.ts'
import {
  eventually,
  makeTempFolder,
  startCommandLine,
  startProxy,
  type Finished,
  type RunningProxy,
  type Started,
  type TempFolder,
} from './command-line.ts'
import type { LoginRealm } from './login-realm.ts'
import { stdioServer } from './mcp-servers.ts'

export interface LoginLab {
  readonly issuer: AuthorizationServer
  readonly proxy: RunningProxy
  readonly folder: TempFolder
  /** Where the command line keeps its logins. */
  readonly store: string
  /** Starts a command in a folder without a configuration. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Started
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>
  /** All that every command has written. */
  written(): Promise<string>
  close(): Promise<void>
}

export const requiredScopes = ['mcp:read', 'mcp:call']

export const startLoginLab = async (logins: LoginRealm = {}): Promise<LoginLab> => {
  const issuer = await startAuthorizationServer({ logins })
  const folder = await makeTempFolder()
  const configFile = await folder.write(
    'served.toml',
    stringify({
      proxy: { name: 'login-lab', listen: { port: 0 } },
      auth: { type: 'oauth', issuer: issuer.issuer, required_scopes: requiredScopes },
      backends: [{ name: 'one', transport: 'stdio', ...stdioServer('legacy') }],
    }),
  )
  const proxy = await startProxy(configFile)
  await eventually('the proxy is ready', async () => {
    const { status } = await fetch(new URL('/ready', proxy.url))
    return status === 200 || undefined
  })
  const state = `${folder.path}/state`
  const all: Started[] = []
  const start: LoginLab['start'] = (args, env = {}) => {
    const started = startCommandLine(args, {
      cwd: folder.path,
      env: { XDG_STATE_HOME: state, ...env },
    })
    all.push(started)
    return started
  }
  return {
    issuer,
    proxy,
    folder,
    store: `${state}/mcp-proxy/logins`,
    start,
    run: (args, env) => start(args, env).finished,
    written: async () =>
      (await Promise.all(all.map(({ finished }) => finished)))
        .map(({ stdout, stderr }) => stdout + stderr)
        .join('\n'),
    close: async () => {
      for (const started of all) started.kill()
      await Promise.all(all.map(({ finished }) => finished))
      await proxy.stop()
      await issuer.close()
      await folder.remove()
    },
  }
}

/** The address that a login in the browser prints. */
export const addressOf = (login: Started): Promise<string> =>
  eventually('the address is printed', () => /^http\S+\/auth\?\S+$/m.exec(login.stderr())?.[0])

/** The official client, with a token: what a tool answers. */
export const callTool = async (url: string, token: string): Promise<unknown> => {
  const client = new Client({ name: 'login-lab', version: '1' })
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  )
  try {
    const { tools } = await client.listTools()
    const echo = tools.find(({ name }) => name.includes('echo'))
    return await client.callTool({ name: echo?.name ?? 'echo', arguments: { text: 'hello' } })
  } finally {
    await client.close()
  }
}
