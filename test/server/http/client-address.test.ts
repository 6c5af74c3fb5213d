// The address of the client behind trusted proxies: one for limits, conditions, the audit line and decisions.
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { clientAddressReader } from '../../../src/server/http/client-address.ts'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'

const reading = (header: string, values: string | readonly string[], peer = '127.0.0.1') =>
  clientAddressReader(
    { trusted_proxies: ['127.0.0.1', '10.0.0.0/8'] },
    header,
  )({
    rawHeaders: [values].flat().flatMap((value) => [header, value]),
    socket: { remoteAddress: peer } as IncomingMessage['socket'],
  })

describe('X-Forwarded-For', () => {
  test.each<[string, string | readonly string[], string]>([
    [
      'is read from the end, to the first that is no proxy',
      '1.1.1.1, 192.0.2.7, 10.1.2.3',
      '192.0.2.7',
    ],
    ['may be several headers', ['1.1.1.1', '192.0.2.7'], '192.0.2.7'],
    ['may have ports', '192.0.2.7:4711', '192.0.2.7'],
    ['may have IPv6 with a port', '[2001:db8::1]:4711', '2001:db8::1'],
    ['may have bare IPv6', '2001:db8::1', '2001:db8::1'],
    ['that only names proxies is the first of them', '10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['with a word is not believed beyond it', '192.0.2.7, unknown, 10.0.0.1', '10.0.0.1'],
    ['that is empty is not believed', '', '127.0.0.1'],
    [
      'that is too long is read as far as it was added last',
      `${'192.0.2.9,'.repeat(1000)}192.0.2.7,10.0.0.1`,
      '192.0.2.7',
    ],
    [
      'that is cut inside of an address does not make another one of it',
      `192.0.2.199,${'10.0.0.1,'.repeat(453)}10.0.0.1`,
      '10.0.0.1',
    ],
  ])('%s', (_, values, expected) => {
    expect(reading('X-Forwarded-For', values)).toBe(expected)
  })

  test('from any other peer is not read', () => {
    expect(reading('X-Forwarded-For', '192.0.2.7', '198.51.100.1')).toBe('198.51.100.1')
  })
})

describe('Forwarded', () => {
  test.each<[string, string | readonly string[], string]>([
    ['names the client', 'for=192.0.2.7;proto=https;by=10.0.0.1', '192.0.2.7'],
    ['is read from the end', 'for=1.1.1.1, For="192.0.2.7:80", for=10.0.0.2', '192.0.2.7'],
    ['has IPv6 in quotes and brackets', 'proto=https; for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['may hide the client', 'for=_hidden, for=10.0.0.2', '10.0.0.2'],
    ['without a client says nothing', 'proto=https', '127.0.0.1'],
    [
      'with a quote that a client left open is read behind it',
      'for="x, for="[2001:db8::1]"',
      '2001:db8::1',
    ],
    ['with a comma in quotes is one element', 'for=192.0.2.7;host="a,b"', '192.0.2.7'],
  ])('%s', (_, values, expected) => {
    expect(reading('Forwarded', values)).toBe(expected)
  })
})

test('a header of one address is read as it is', () => {
  expect(reading('X-Real-IP', '192.0.2.7')).toBe('192.0.2.7')
})

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const start = async (security: object, more: object = {}) => {
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': () => result({ content: [] }),
  })
  proxy = await startTestProxy([backend], {
    config: { security, observability: { decisions: { accepted: 1 } }, ...more },
  })
  return proxy
}

const from = (at: TestProxy, address: string) =>
  at.modern('tools/call', { name: 'a__t' }, { headers: { 'x-forwarded-for': address } })

const listed = { trusted_proxies: ['127.0.0.1'], client_address_header: 'X-Forwarded-For' }

const decidedAt = async (at: TestProxy, id: unknown) => {
  const answer = await at.send({
    method: 'GET',
    path: `/admin/decisions/${String(id)}`,
    headers: { authorization: 'Bearer admin-token-0001' },
  })
  return answer.json().decisions[0].caller.address as string
}

test('counts for limits, conditions, the audit line and the decision alike', async () => {
  const at = await start(
    { ...listed, admin_token: 'admin-token-0001' },
    {
      limits: { rules: [{ name: 'each', requests: 2, period_seconds: 60, by: ['address'] }] },
      auth: {
        type: 'none',
        rules: [{ name: 'office', effect: 'deny', when: 'peer.address == "192.0.2.9"' }],
      },
    },
  )
  const statuses = async (address: string) => (await from(at, address)).status
  expect([await statuses('192.0.2.7'), await statuses('192.0.2.7')]).toEqual([200, 200])
  expect([await statuses('192.0.2.7'), await statuses('192.0.2.8')]).toEqual([429, 200])
  const denied = await from(at, '192.0.2.9')
  expect(denied.json()).toMatchObject({ error: { data: { code: 'name-unknown' } } })
  expect(await decidedAt(at, denied.headers['x-request-id'])).toBe('192.0.2.9')
  const audited = at.logged().filter(({ event }) => event === 'audit')
  expect(audited.map(({ address }) => address)).toEqual([
    '192.0.2.7',
    '192.0.2.7',
    '192.0.2.7',
    '192.0.2.8',
    '192.0.2.9',
  ])
})

test.each([
  ['without the key', { trusted_proxies: ['127.0.0.1'] }],
  ['of a peer that is not listed', { ...listed, trusted_proxies: ['192.0.2.1'] }],
])('a header %s is not read', async (_, security) => {
  const at = await start(security)
  await from(at, '192.0.2.7')
  expect(at.logged().find(({ event }) => event === 'audit')?.['address']).toBe('127.0.0.1')
})

test('the door for gateways reads the header that is named, and X-Forwarded-For where none is', async () => {
  const verify = { verify: {}, auth: { type: 'bearer', tokens: ['token-000000000000001'] } }
  const asked = async (at: TestProxy) => {
    await at.send({
      method: 'GET',
      path: '/verify',
      token: 'token-000000000000001',
      headers: { 'x-forwarded-for': '192.0.2.7', 'x-real-ip': '192.0.2.8' },
    })
    return at.logged().find(({ event }) => event === 'audit')?.['address']
  }
  expect(await asked(await start({ trusted_proxies: ['127.0.0.1'] }, verify))).toBe('192.0.2.7')
  await proxy?.close()
  const named = { trusted_proxies: ['127.0.0.1'], client_address_header: 'X-Real-IP' }
  expect(await asked(await start(named, verify))).toBe('192.0.2.8')
})
