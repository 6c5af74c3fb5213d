import { expect, test } from 'vitest'
import type { Principal } from '../../src/base/principal.ts'
import { accessLog } from '../../src/layers/access-log.ts'
import { toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const place = { backendOf: () => 'files' }
const principal: Principal = {
  method: 'jwt',
  key: 'iss|sub',
  iss: 'https://id.acme.test',
  sub: 'alice',
  clientId: 'desk',
  scopes: ['mcp:call'],
  audience: [],
  claims: { email: 'alice@acme.test' },
  fingerprint: '0a1b2c3d',
}
const quiet = { audit: true, access_log: { enabled: false } }

test('each call leaves one audit event with who, what and how it ended', async () => {
  const ports = testPorts()
  const handle = accessLog.create(quiet, ports, place)!(async () => {
    await ports.clock.advance(12)
    return result({})
  })
  await handle(toolCall('files__read', { path: '/secret/path' }, { principal }))
  expect(ports.lines).toHaveLength(1)
  expect(ports.lines[0]?.fields).toEqual({
    event: 'audit',
    request_id: 'test-request',
    method: 'tools/call',
    name: 'files__read',
    backend: 'files',
    outcome: 'ok',
    code: undefined,
    duration_ms: 12,
    iss: 'https://id.acme.test',
    sub: 'alice',
    client_id: 'desk',
    token: '0a1b2c3d',
  })
})

test('arguments and claims stay out of the log', async () => {
  const ports = testPorts()
  const handle = accessLog.create(quiet, ports, place)!(async () => result({}))
  await handle(toolCall('files__read', { path: '/secret/path' }, { principal }))
  const text = JSON.stringify(ports.lines)
  expect(text).not.toContain('/secret/path')
  expect(text).not.toContain('alice@acme.test')
})

test.each([
  [
    { kind: 'refusal', problem: { code: 'limit-rate', detail: '' } },
    { outcome: 'refused', code: 'limit-rate' },
  ],
  [
    { kind: 'failure', sent: true, problem: { code: 'backend-timeout', detail: '' } },
    { outcome: 'failed', code: 'backend-timeout' },
  ],
  [
    { kind: 'error', error: { code: -32_602, message: 'no' } },
    { outcome: 'error', code: '-32602' },
  ],
  [
    { kind: 'error', error: { code: 7, message: 'no' } },
    { outcome: 'error', code: 'other' },
  ],
] as const)('the end %o is told as %o', async (reply, expected) => {
  const ports = testPorts()
  const handle = accessLog.create(quiet, ports, place)!(async () => reply)
  expect(await handle(toolCall('t'))).toBe(reply)
  expect(ports.lines[0]?.fields).toMatchObject(expected)
})

test('a throw is told as an internal error and goes on', async () => {
  const ports = testPorts()
  const handle = accessLog.create(quiet, ports, place)!(() => Promise.reject(new Error('bug')))
  await expect(handle(toolCall('t'))).rejects.toThrow('bug')
  expect(ports.lines[0]?.fields).toMatchObject({ outcome: 'failed', code: 'internal-error' })
})

test('the access line comes where it is asked for; with neither there is no layer', async () => {
  const ports = testPorts()
  const access = { audit: false, access_log: { enabled: true } }
  await accessLog.create(access, ports, place)!(async () => result({}))(toolCall('t'))
  expect(ports.lines.map(({ message }) => message)).toEqual(['access'])
  const off = { audit: false, access_log: { enabled: false } }
  expect(accessLog.create(off, ports, place)).toBeUndefined()
})
