// Ids of sessions that a gateway in front chooses, so that a hash of the id leads to the replica that has the session.
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { sessionIdReader } from '../../../src/server/http/session-id.ts'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'

const id = '0123456789abcdef0123456789abcdef'

const reading = (values: readonly string[], peer = '127.0.0.1') =>
  sessionIdReader({ session_id_header: 'X-Session-Id', trusted_proxies: ['127.0.0.1'] })({
    rawHeaders: values.flatMap((value) => ['x-session-id', value]),
    socket: { remoteAddress: peer } as IncomingMessage['socket'],
  })

describe('the header', () => {
  test.each<[string, readonly string[], string | undefined]>([
    ['names the id', [id], id],
    ['that is too short to be hard to guess counts as none', [id.slice(1)], undefined],
    ['with other characters counts as none', [`${id} `], undefined],
    ['that comes twice counts as none', [id, id], undefined],
    ['may be missing', [], undefined],
  ])('%s', (_, values, expected) => {
    expect(reading(values)).toBe(expected)
  })

  test('from any other peer is not read', () => {
    expect(reading([id], '198.51.100.1')).toBeUndefined()
  })
})

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const initialize = async (at: TestProxy) => {
  const { headers } = await at.send({
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'c', version: '1' },
      },
    },
    headers: { 'x-session-id': id },
  })
  return headers['mcp-session-id']
}

const started = async (security: object): Promise<TestProxy> => {
  proxy = await startTestProxy([scriptedBackend('a', {})], { config: { security } })
  return proxy
}

test('a session begins under that id, and a second one never takes its place', async () => {
  const at = await started({ session_id_header: 'X-Session-Id', trusted_proxies: ['127.0.0.1'] })
  expect(await initialize(at)).toBe(id)
  const second = await initialize(at)
  expect(second).not.toBe(id)
  expect(second).toMatch(/^[\w-]{32}$/)
})

test('without the key the header means nothing', async () => {
  const at = await started({ trusted_proxies: ['127.0.0.1'] })
  expect(await initialize(at)).not.toBe(id)
})
