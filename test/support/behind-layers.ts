// The layers around one backend, as a configuration asks for them, before a backend that a test scripts call by call.
import type { BackendConfig } from '../../src/config/schema.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { BackendContext } from '../../src/layers/define.ts'
import { backendLayers, layersFor } from '../../src/layers/order.ts'
import { stack, type Call, type Handler, type Reply } from '../../src/mcp/call.ts'
import { Circuit } from '../../src/resilience/circuit.ts'
import { Turns } from '../../src/resilience/turns.ts'
import { backendContext } from './layer-context.ts'
import { testPorts, type TestPorts } from './test-ports.ts'

export interface SentCall {
  readonly call: Call
  readonly isAborted: boolean
  answer(reply: Reply): void
}

export interface BehindLayers {
  readonly ports: TestPorts
  readonly handle: Handler
  /** What reached the backend. A call that is cancelled fails as one whose outcome is unknown. */
  readonly sent: readonly SentCall[]
  readonly circuit: Circuit | undefined
  readonly turns: Turns | undefined
}

export const backendConfig = (keys: object): BackendConfig =>
  configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'files', transport: 'stdio', command: 'true', ...keys }],
  }).backends[0]!

export const cancelledAsSent: Reply = {
  kind: 'failure',
  sent: true,
  problem: { code: 'backend-outcome-unknown', detail: 'the call was cancelled' },
}

/** `onCall`: answers at once where it gives a reply; else the test answers. */
export const behindLayers = (
  keys: object,
  facts: Partial<BackendContext> = {},
  onCall: (call: Call, nth: number) => Reply | undefined = () => undefined,
): BehindLayers => {
  const config = backendConfig(keys)
  const ports = testPorts()
  const { circuit_breaker: breaker, concurrency } = config
  const circuit = breaker === undefined ? undefined : new Circuit(breaker, ports.clock)
  const turns = concurrency === undefined ? undefined : new Turns(concurrency, ports.clock)
  const context = backendContext({ circuit, turns, ...facts })
  const sent: SentCall[] = []
  const inner: Handler = (call) =>
    new Promise((resolve) => {
      const nth = sent.length
      sent.push({
        call,
        get isAborted() {
          return call.signal.aborted
        },
        answer: resolve,
      })
      const reply = onCall(call, nth)
      if (reply !== undefined) resolve(reply)
      else if (call.signal.aborted) resolve(cancelledAsSent)
      else call.signal.addEventListener('abort', () => resolve(cancelledAsSent), { once: true })
    })
  const handle = stack(layersFor(backendLayers, config, ports, context), inner)
  return { ports, handle, sent, circuit, turns }
}
