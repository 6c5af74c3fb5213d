// What the servers of the benchmarks answer, in both eras.
const version = '2026-07-28'
const meta = { 'io.modelcontextprotocol/serverInfo': { name: 'bench', version: '1.0.0' } }
const tools = [{ name: 'echo', description: 'Echo', inputSchema: { type: 'object' } }]
const content = [{ type: 'text', text: 'x'.repeat(64) }]

const modern = {
  'server/discover': {
    resultType: 'complete',
    supportedVersions: [version],
    capabilities: { tools: {} },
    ttlMs: 0,
    cacheScope: 'public',
    _meta: meta,
  },
  'tools/list': { resultType: 'complete', tools, ttlMs: 60_000, cacheScope: 'public' },
  'tools/call': { resultType: 'complete', content },
}

const legacy = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1.0.0' },
  },
  ping: {},
  'tools/list': { tools },
  'tools/call': { content },
}

export const modernResult = (method) => modern[method]
export const legacyResult = (method) => legacy[method]
