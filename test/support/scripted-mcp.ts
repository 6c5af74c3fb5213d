// A session-era MCP server over HTTP whose lists a test writes, for tools that no SDK would let a server offer.
import { startScriptedServer, type SeenRequest } from './scripted-server.ts'

interface Answers {
  readonly [method: string]: { readonly result?: object; readonly error?: object }
}

export interface McpAnswers {
  readonly url: string
  close(): Promise<void>
}

const handshake: Answers = {
  initialize: {
    result: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'scripted', version: '0' },
    },
  },
}

const unknown = { error: { code: -32_601, message: 'Method not found' } }

export const startMcpAnswers = async (answers: Answers): Promise<McpAnswers> => {
  const all: Answers = { ...handshake, ...answers }
  const server = await startScriptedServer({
    '/mcp': ({ method, body }: SeenRequest) => {
      if (method !== 'POST') return { status: 405 }
      const { id, method: asked } = JSON.parse(body) as { id?: number; method: string }
      if (id === undefined) return { status: 202 }
      return { body: { jsonrpc: '2.0', id, ...(all[asked] ?? unknown) } }
    },
  })
  return { url: `${server.origin}/mcp`, close: () => server.close() }
}
