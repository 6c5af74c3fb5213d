import { expect, test } from 'vitest'
import { metrics } from '../../src/layers/metrics.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { edgeContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const on = { metrics: { enabled: true } }
const place = { backendOf: () => 'files' }

test('a call counts once with its backend and its end, and its duration in seconds', async () => {
  const ports = testPorts()
  const handle = metrics.create(on, ports, place)!(async () => {
    await ports.clock.advance(1500)
    return result({})
  })
  await handle(toolCall('files__read'))
  expect(ports.samples).toEqual([
    {
      name: 'mcp_proxy_requests_total',
      labels: { method: 'tools/call', backend: 'files', outcome: 'ok', code: '' },
      value: 1,
    },
    {
      name: 'mcp_proxy_request_duration_seconds',
      labels: { method: 'tools/call', backend: 'files' },
      value: 1.5,
    },
  ])
})

test('a method of the caller’s own invention cannot grow the labels', async () => {
  const ports = testPorts()
  const handle = metrics.create(on, ports, edgeContext())!(async () => result({}))
  await handle(call('evil/1'))
  await handle(call('evil/2'))
  expect(new Set(ports.samples.map(({ labels }) => labels['method']))).toEqual(new Set(['other']))
})

test('switched off, there is no layer', () => {
  expect(metrics.create({ metrics: { enabled: false } }, testPorts(), place)).toBeUndefined()
})
