// What is known of the calls at one backend: it stays the same under the next configuration where its keys and the address do.
import type { Ports } from '../../base/ports.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { Circuit, type CircuitState, type CircuitView } from '../../resilience/circuit.ts'
import { Outliers } from '../../resilience/outliers.ts'
import { Turns } from '../../resilience/turns.ts'
import type { Take } from './open-limits.ts'

export interface Resilience {
  /** Undefined without `circuit_breaker`. */
  readonly circuit?: Circuit | undefined
  /** Undefined without `concurrency`. */
  readonly turns?: Turns | undefined
  /** Undefined without `outlier_detection`, and without replicas. */
  readonly outliers?: Outliers | undefined
}

/** The server itself: calls at another one say nothing about it. */
export const serverIn = ({
  name,
  transport,
  command,
  args,
  env,
  cwd,
  url,
  replicas,
}: BackendConfig): object => ({
  name,
  transport,
  command,
  args,
  env,
  cwd,
  url,
  replicas,
})

const gaugeValues: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 }

const openCircuit = (
  backend: string,
  settings: NonNullable<BackendConfig['circuit_breaker']>,
  { clock, log, meter }: Ports,
): Circuit => {
  const circuit = new Circuit(settings, clock)
  const gauge = meter.gauge('mcp_proxy_circuit_state')
  const opened = meter.counter('mcp_proxy_circuit_opened_total')
  const labels = { backend }
  const onChange = ({ state, calls, failures }: CircuitView): void => {
    gauge.set(labels, gaugeValues[state])
    if (state === 'open') opened.add(labels)
    const seconds = settings.wait_duration_seconds
    if (state === 'open') log.warn({ backend, calls, failures, seconds }, 'circuit open')
    else log.info({ backend }, `circuit ${state}`)
  }
  gauge.set(labels, gaugeValues.closed)
  circuit.subscribe(onChange)
  return circuit
}

const nothingToEnd = () => undefined

export const openResilience = async (
  backend: BackendConfig,
  take: Take,
  ports: Ports,
): Promise<Resilience> => {
  const { name, circuit_breaker: breaker, concurrency } = backend
  const server = serverIn(backend)
  const circuit =
    breaker === undefined
      ? undefined
      : await take<Circuit>(
          `circuit ${sectionKey([server, breaker])}`,
          () => openCircuit(name, breaker, ports),
          (open) => open.end(),
        )
  const turns =
    concurrency === undefined
      ? undefined
      : await take<Turns>(
          `turns ${sectionKey([server, concurrency])}`,
          () => new Turns(concurrency, ports.clock),
          nothingToEnd,
        )
  const { outlier_detection: detection, replicas } = backend
  const outliers =
    detection === undefined || replicas.length === 0
      ? undefined
      : await take<Outliers>(
          `outliers ${sectionKey([server, detection])}`,
          () => new Outliers(detection, replicas.length + 1, ports.clock),
          nothingToEnd,
        )
  return { circuit, turns, outliers }
}
