// What the suite is pointed at: the example server itself, or the built proxy in front of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { stringify } from 'smol-toml'
import { eventually, makeTempFolder, startProxy } from '../test/support/command-line.ts'
import { readPort, stdioServer } from '../test/support/mcp-servers.ts'

export interface Target {
  /** The MCP endpoint. */
  readonly url: string
  close(): Promise<void>
}

const script = path.join(import.meta.dirname, 'server', 'main.mjs')

/** The example server over HTTP, on a free port. */
export const startExample = async (): Promise<Target> => {
  const child = spawn(process.execPath, [script, 'http'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const port = await readPort(child.stdout)
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}

export interface Backend {
  readonly name: string
  readonly [key: string]: unknown
}

export const exampleOverStdio: Backend = {
  name: 'example',
  transport: 'stdio',
  command: process.execPath,
  args: [script, 'stdio'],
}

/** Another server, of the session era, under names of its own. */
export const neighbour: Backend = {
  name: 'x',
  transport: 'stdio',
  ...stdioServer('legacy'),
}

const connect = async (url: string): Promise<Client> => {
  const client = new Client(
    { name: 'conformance', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return client
}

/** Resolves when the endpoint lists all these tools. */
const whenListed = (url: string, tools: readonly string[]): Promise<unknown> =>
  eventually(`${tools.join(' and ')} can be called`, async () => {
    const client = await connect(url)
    const listed = await client.listTools()
    await client.close()
    const names = new Set(listed.tools.map((tool) => tool.name))
    return tools.every((tool) => names.has(tool)) ? true : undefined
  })

/** The built proxy without authentication on a free port, in front of these backends, when it has these tools. */
export const startProxyBefore = async (
  backends: readonly Backend[],
  tools: readonly string[],
): Promise<Target> => {
  const folder = await makeTempFolder()
  const config = stringify({ proxy: { name: 'conformance', listen: { port: 0 } }, backends })
  const proxy = await startProxy(await folder.write('proxy.toml', config))
  const close = async (): Promise<void> => {
    await proxy.stop()
    await folder.remove()
  }
  try {
    await whenListed(proxy.url, tools)
    return { url: proxy.url, close }
  } catch (error) {
    await close()
    throw new Error(`${String(error)}\n${proxy.log()}`, { cause: error })
  }
}

/** The proxy in front of the example server over HTTP. */
export const startProxyBeforeExample = async (
  keys: Readonly<Record<string, unknown>>,
  { others = [], tools }: { others?: readonly Backend[]; tools: readonly string[] },
): Promise<Target> => {
  const example = await startExample()
  try {
    const backend = { name: 'example', transport: 'http', url: example.url, ...keys }
    const proxy = await startProxyBefore([backend, ...others], tools)
    return {
      url: proxy.url,
      close: async () => {
        await proxy.close()
        await example.close()
      },
    }
  } catch (error) {
    await example.close()
    throw error
  }
}
