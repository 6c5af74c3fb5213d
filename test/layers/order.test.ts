import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { backendLayers, edgeLayers, layersFor } from '../../src/layers/order.ts'
import { stack } from '../../src/mcp/call.ts'
import { Circuit } from '../../src/resilience/circuit.ts'
import { Turns } from '../../src/resilience/turns.ts'
import { call } from '../support/peer.ts'
import { result } from '../support/scripted-backend.ts'
import { backendContext, edgeContext } from '../support/layer-context.ts'
import { testPorts } from '../support/test-ports.ts'

const config = configSchema.parse({
  proxy: { name: 'p', rate_limit: { requests: 1, period_seconds: 60 } },
  backends: [
    {
      name: 'b',
      transport: 'stdio',
      command: 'true',
      timeout: { seconds: 1 },
      rate_limit: { requests: 1 },
      retry: {},
      hedging: {},
      circuit_breaker: {},
      concurrency: { max_concurrent: 1 },
    },
  ],
  observability: { access_log: { enabled: true } },
})

test('the log and the metrics stand outside the limit, so a refused call is seen', async () => {
  const ports = testPorts()
  const edge = layersFor(
    edgeLayers,
    { ...config.proxy, ...config.observability },
    ports,
    edgeContext(),
  )
  const handle = stack(edge, async () => result({}))
  await handle(call('ping'))
  await handle(call('ping'))
  expect(ports.lines.map(({ fields }) => fields['status'])).toEqual(['ok', 'refused limit-rate'])
  expect(ports.samples.filter(({ name }) => name.endsWith('_total'))).toHaveLength(2)
})

test('a configuration that asks for nothing makes no layers around a backend', () => {
  const plain = configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'b', transport: 'stdio', command: 'true' }],
  }).backends[0]!
  expect(layersFor(backendLayers, plain, testPorts(), backendContext())).toEqual([])
  const asked = config.backends[0]!
  const ports = testPorts()
  const circuit = new Circuit(asked.circuit_breaker!, ports.clock)
  const turns = new Turns(asked.concurrency!, ports.clock)
  const context = backendContext({ circuit, turns })
  expect(layersFor(backendLayers, asked, ports, context)).toHaveLength(6)
})
