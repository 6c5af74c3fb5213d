// One request in the words of both eras.
import { describe, expect, test } from 'vitest'
import type { Agreement } from '../../../src/backends/backend.ts'
import { bridgeRequest } from '../../../src/backends/link/era-bridge.ts'
import type { JsonObject } from '../../../src/base/json.ts'
import type { ClientFacts } from '../../../src/mcp/call.ts'
import type { JsonRpcRequest } from '../../../src/mcp/json-rpc.ts'
import { legacyClient, modernClient, recordingPeer } from '../../support/peer.ts'

const identity = { name: 'proxy', version: '1' }
const modern: Agreement = { era: 'modern', protocolVersion: '2026-07-28', capabilities: {} }
const legacy: Agreement = { era: 'legacy', protocolVersion: '2025-06-18', capabilities: {} }

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'caller', version: '2' },
  'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
  'io.modelcontextprotocol/logLevel': 'info',
}
const request = (params?: JsonObject) =>
  ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
    ...(params === undefined ? {} : { params }),
  }) as const

const bridge = (spoken: JsonRpcRequest, client: ClientFacts, agreement: Agreement) =>
  bridgeRequest({ request: spoken, caller: { client } }, agreement, identity)

describe('toward a modern backend', () => {
  test('a session-era request gets the envelope, with the capabilities that its client can be asked by', () => {
    const capabilities = {
      elicitation: {},
      roots: { listChanged: true },
      tasks: {},
      experimental: {},
    }
    const client = { ...legacyClient, capabilities }
    const { params } = bridge(request({ cursor: 'c', _meta: { a: 1 } }), client, modern)
    expect(params).toEqual({
      cursor: 'c',
      _meta: {
        a: 1,
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': legacyClient.clientInfo,
        'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} }, roots: {} },
      },
    })
  })

  test.each([
    ['2025-06-18', { elicitation: { form: {} }, sampling: {} }],
    ['2025-11-25', { elicitation: { form: {}, url: {} }, sampling: { tools: {} } }],
  ])('a client of %s is asked nothing that its revision does not know', (protocolVersion, kept) => {
    const capabilities = { elicitation: { form: {}, url: {} }, sampling: { tools: {} } }
    const { params } = bridge(request(), { ...legacyClient, protocolVersion, capabilities }, modern)
    expect(params?.['_meta']).toMatchObject({ 'io.modelcontextprotocol/clientCapabilities': kept })
  })

  test('a session wants the log messages of its level, or of a default where there are any', () => {
    const logging = { ...modern, capabilities: { logging: {} } }
    const levelIn = (agreement: Agreement, logLevel?: string) => {
      const session = { ...recordingPeer(), logLevel, ended: new AbortController().signal }
      const spoken = { request: request(), caller: { client: legacyClient, session } }
      const meta = bridgeRequest(spoken, agreement, identity).params?.['_meta'] as JsonObject
      return meta['io.modelcontextprotocol/logLevel']
    }
    expect(levelIn(logging, 'debug')).toBe('debug')
    expect(levelIn(logging)).toBe('info')
    expect(levelIn(modern)).toBeUndefined()
  })

  test('a modern request keeps its capabilities, all but extensions, and its log level', () => {
    const client = {
      ...modernClient,
      capabilities: { sampling: {}, extensions: { 'io.example/tasks': {} } },
    }
    const { params } = bridge(request({ _meta: envelope }), client, modern)
    expect(params?.['_meta']).toEqual({
      ...envelope,
      'io.modelcontextprotocol/clientInfo': modernClient.clientInfo,
      'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
    })
  })

  test('a caller without a name goes under ours', () => {
    const { clientInfo: _none, ...client } = modernClient
    const { params } = bridge(request(), client, modern)
    expect(params?.['_meta']).toMatchObject({ 'io.modelcontextprotocol/clientInfo': identity })
  })
})

describe('toward a session-era backend', () => {
  test('the envelope is taken off, and what else stands in _meta stays', () => {
    const meta = { ...envelope, progressToken: 5, traceparent: '00-1' }
    const { params } = bridge(request({ name: 'x', _meta: meta }), modernClient, legacy)
    expect(params).toEqual({ name: 'x', _meta: { progressToken: 5, traceparent: '00-1' } })
  })

  test('a _meta that held nothing else goes', () => {
    const { params } = bridge(request({ _meta: envelope }), modernClient, legacy)
    expect(params).toEqual({})
  })

  test('what answers a question of the other era goes too', () => {
    const params = { name: 'x', inputResponses: {}, requestState: 's' }
    expect(bridge(request(params), modernClient, legacy).params).toEqual({ name: 'x' })
  })
})
