// One request in the words of both eras.
import { describe, expect, test } from 'vitest'
import { bridgeRequest, type Agreement } from '../../src/backends/era-bridge.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { legacyClient, modernClient } from '../support/peer.ts'

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

describe('toward a modern backend', () => {
  test('a session-era request gets the envelope, without capabilities that nobody could serve', () => {
    const client = { ...legacyClient, capabilities: { sampling: {}, roots: {} } }
    const { params } = bridgeRequest(
      request({ cursor: 'c', _meta: { a: 1 } }),
      client,
      modern,
      identity,
    )
    expect(params).toEqual({
      cursor: 'c',
      _meta: {
        a: 1,
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': legacyClient.clientInfo,
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    })
  })

  test('a modern request keeps its capabilities, all but extensions, and its log level', () => {
    const client = {
      ...modernClient,
      capabilities: { sampling: {}, extensions: { 'io.example/tasks': {} } },
    }
    const { params } = bridgeRequest(request({ _meta: envelope }), client, modern, identity)
    expect(params?.['_meta']).toEqual({
      ...envelope,
      'io.modelcontextprotocol/clientInfo': modernClient.clientInfo,
      'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
    })
  })

  test('a caller without a name goes under ours', () => {
    const { clientInfo: _none, ...client } = modernClient
    const { params } = bridgeRequest(request(), client, modern, identity)
    expect(params?.['_meta']).toMatchObject({ 'io.modelcontextprotocol/clientInfo': identity })
  })
})

describe('toward a session-era backend', () => {
  test('the envelope is taken off, and what else stands in _meta stays', () => {
    const meta = { ...envelope, progressToken: 5, traceparent: '00-1' }
    const { params } = bridgeRequest(
      request({ name: 'x', _meta: meta }),
      modernClient,
      legacy,
      identity,
    )
    expect(params).toEqual({ name: 'x', _meta: { progressToken: 5, traceparent: '00-1' } })
  })

  test('a _meta that held nothing else goes', () => {
    const { params } = bridgeRequest(request({ _meta: envelope }), modernClient, legacy, identity)
    expect(params).toEqual({})
  })
})
