// The official MCP clients, one for each protocol era, doing the same errands through the proxy.
import {
  ClientCredentialsProvider,
  Client as ModernClient,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

export const modernRevision = '2026-07-28'

export interface Errands {
  readonly tools: readonly string[]
  /** The text that a tool answered. */
  readonly sum: string
  readonly note: string
}

const textOf = (result: unknown): string => {
  const { content } = result as { content?: readonly { type: string; text?: string }[] }
  return content?.find((block) => block.type === 'text')?.text ?? ''
}

interface Caller {
  listTools(): Promise<{ tools: readonly { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

const runErrands = async (client: Caller, noteFile: string): Promise<Errands> => {
  const { tools } = await client.listTools()
  const sum = await client.callTool({ name: 'everything__get-sum', arguments: { a: 19, b: 23 } })
  const note = await client.callTool({
    name: 'files__read_text_file',
    arguments: { path: noteFile },
  })
  return { tools: tools.map((tool) => tool.name), sum: textOf(sum), note: textOf(note) }
}

const identity = { name: 'demo-client', version: '1.0.0' }

/** The SDK of the session era: initialize, then a session. */
export const legacyErrands = async (
  url: string,
  token: string,
  noteFile: string,
): Promise<Errands> => {
  const client = new LegacyClient(identity)
  const transport = new LegacyTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  await client.connect(transport)
  try {
    return await runErrands(client, noteFile)
  } finally {
    await transport.terminateSession()
    await client.close()
  }
}

type AuthProvider = NonNullable<StreamableHTTPClientTransportOptions['authProvider']>

const modernRound = async (
  url: string,
  authProvider: AuthProvider,
  noteFile: string,
): Promise<Errands> => {
  const client = new ModernClient(identity, {
    versionNegotiation: { mode: { pin: modernRevision } },
  })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }))
  try {
    return await runErrands(client, noteFile)
  } finally {
    await client.close()
  }
}

/** The SDK of the stateless era, pinned to it: no fallback. */
export const modernErrands = (url: string, token: string, noteFile: string): Promise<Errands> =>
  modernRound(url, { token: () => Promise.resolve(token) }, noteFile)

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly expectedIssuer: string
}

/** The same client without a token: it follows the challenge to the issuer and fetches its own. */
export const selfServiceErrands = (
  url: string,
  credentials: ClientCredentials,
  noteFile: string,
): Promise<Errands> => modernRound(url, new ClientCredentialsProvider(credentials), noteFile)
