import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { metrics } from '../../src/layers/metrics.ts'
import { call, toolCall } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { edgeContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const settings = (metrics: object = {}) => configSchema.shape.observability.parse({ metrics })
const on = settings()
const place = { backendOf: () => 'files', toolOf: () => ({ backend: 'files', tool: 'read' }) }

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
      name: 'mcp_proxy_tool_calls_total',
      labels: { backend: 'files', tool: 'read', outcome: 'ok' },
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

test('of the tools that exist the first are counted by name, also after a reload, and all others as one', async () => {
  const ports = testPorts()
  let tool = 0
  const many = { backendOf: () => 'files', toolOf: () => ({ backend: 'files', tool: `t${tool}` }) }
  for (let reload = 0; reload < 2; reload += 1) {
    const handle = metrics.create(settings({ max_tools: 10 }), ports, many)!(async () => result({}))
    for (let n = 0; n < 5000; n += 1) {
      tool += 1
      await handle(toolCall('files__x'))
    }
  }
  const tools = ports.samples.flatMap(({ labels }) => labels['tool'] ?? [])
  expect(tools).toHaveLength(10_000)
  expect(new Set(tools)).toEqual(
    new Set([...Array.from({ length: 10 }, (_, n) => `t${n + 1}`), 'other']),
  )
})

test('with max_tools = 0 nothing is counted by tool', async () => {
  const ports = testPorts()
  await metrics.create(settings({ max_tools: 0 }), ports, place)!(async () => result({}))(
    toolCall('x'),
  )
  expect(ports.samples.map(({ name }) => name)).not.toContain('mcp_proxy_tool_calls_total')
})

test('switched off, there is no layer', () => {
  expect(metrics.create(settings({ enabled: false }), testPorts(), place)).toBeUndefined()
})
