import { expect, test } from 'vitest'
import { accessLog } from '../../src/layers/access-log.ts'
import { toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { edgeContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const place = edgeContext('files')
const on = { access_log: { enabled: true } }

test('each call leaves one short line: what, how it ended and how long it took, and no argument', async () => {
  const ports = testPorts()
  const handle = accessLog.create(on, ports, place)!(async () => {
    await ports.clock.advance(12)
    return result({})
  })
  await handle(toolCall('files__read', { path: '/secret/path' }))
  expect(ports.lines).toEqual([
    {
      level: 'info',
      message: 'access',
      fields: {
        event: 'access',
        request_id: 'test-request',
        method: 'tools/call',
        name: 'files__read',
        backend: 'files',
        status: 'ok',
        duration_ms: 12,
      },
    },
  ])
})

test.each([
  [{ kind: 'refusal', problem: { code: 'limit-rate', detail: '' } }, 'refused limit-rate'],
  [
    { kind: 'failure', sent: true, problem: { code: 'backend-timeout', detail: '' } },
    'failed backend-timeout',
  ],
  [{ kind: 'error', error: { code: -32_602, message: 'no' } }, 'error -32602'],
  [{ kind: 'error', error: { code: 7, message: 'no' } }, 'error other'],
] as const)('the end %o is logged as %s', async (reply, status) => {
  const ports = testPorts()
  const handle = accessLog.create(on, ports, place)!(async () => reply)
  expect(await handle(toolCall('t'))).toBe(reply)
  expect(ports.lines[0]?.fields).toMatchObject({ status })
})

test('a throw is logged as an internal error and goes on', async () => {
  const ports = testPorts()
  const handle = accessLog.create(on, ports, place)!(() => Promise.reject(new Error('bug')))
  await expect(handle(toolCall('t'))).rejects.toThrow('bug')
  expect(ports.lines[0]?.fields).toMatchObject({ status: 'failed internal-error' })
})

test('where no access line is asked for there is no layer', () => {
  expect(accessLog.create({ access_log: { enabled: false } }, testPorts(), place)).toBeUndefined()
})
