// A backend with all its servers: one as it is, several behind one name.
import type { Meter, Ports } from '../../base/ports.ts'
import type { Outliers } from '../../resilience/outliers.ts'
import type { Backend } from '../backend.ts'
import type { BackendTransportConfig } from '../config.ts'
import { openBackend, type BackendOptions } from '../supervisor/open.ts'
import { createReplicaSet } from './replica-set.ts'

export interface ReplicatedConfig extends BackendTransportConfig {
  readonly replicas: readonly string[]
}

export interface ReplicatedOptions extends BackendOptions {
  readonly outliers?: Outliers | undefined
}

const addressOf = (url: string): string => new URL(url).host

/** Each replica has a gauge of its own; that of the backend is set for all of them together. */
const meterFor = (meter: Meter, replica: string): Meter => {
  const ups = meter.gauge('mcp_proxy_replica_up')
  const gauge = ((name) =>
    name === 'mcp_proxy_backend_up'
      ? {
          set: ({ backend }: { readonly backend: string }, value: number) =>
            ups.set({ backend, replica }, value),
        }
      : meter.gauge(name)) as Meter['gauge']
  return { ...meter, gauge }
}

const portsFor = (ports: Ports, replica: string): Ports => {
  const { log } = ports
  const write =
    (level: keyof typeof log): (typeof log)[typeof level] =>
    (fields, message) =>
      log[level]({ ...fields, replica }, message)
  return {
    ...ports,
    meter: meterFor(ports.meter, replica),
    log: {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
  }
}

/** Creates the backend; nothing leaves the process before `start`. */
export const openReplicated = (
  { replicas, ...config }: ReplicatedConfig,
  ports: Ports,
  { outliers, ...options }: ReplicatedOptions = {},
): Backend => {
  const { url, name } = config
  if (url === undefined || replicas.length === 0) return openBackend(config, ports, options)
  const urls = [url, ...replicas]
  const backends = urls.map((one) =>
    openBackend({ ...config, url: one }, portsFor(ports, addressOf(one)), options),
  )
  return createReplicaSet(backends, urls.map(addressOf), { name, ports, outliers })
}
