// The server itself, the same for both eras: a new one for each session, and for each request without one.
import { randomBytes } from 'node:crypto'
import { McpServer, createRequestStateCodec } from '@modelcontextprotocol/server'
import { registerAskingTools } from './asking-tools.mjs'
import { registerContentTools } from './content-tools.mjs'
import { registerDiagnosticTools } from './diagnostic-tools.mjs'
import { registerPrompts } from './prompts.mjs'
import { registerResources } from './resources.mjs'
import { registerRoundTools } from './round-tools.mjs'

export const createServerFactory = (changeable) => {
  // What a client has to bring back is signed: it is the client's to read, not to change.
  const stateCodec = createRequestStateCodec({ key: randomBytes(32), ttlSeconds: 600 })

  return ({ era }) => {
    const server = new McpServer(
      { name: 'conformance-server', version: '1.0.0' },
      {
        instructions: 'Offers what the MCP conformance suite asks for',
        capabilities: { logging: {}, completions: {}, resources: { subscribe: true } },
        requestState: { verify: (state, context) => stateCodec.verify(state, context) },
        cacheHints: { 'resources/read': { ttlMs: 60_000, cacheScope: 'public' } },
      },
    )
    registerContentTools(server)
    registerAskingTools(server)
    registerRoundTools(server, stateCodec)
    registerDiagnosticTools(server, changeable)
    registerResources(server, era)
    registerPrompts(server)
    changeable.register(server)
    return server
  }
}
