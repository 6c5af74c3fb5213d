// The whole proxy in process, before real MCP servers.
import type { Ports } from '../../src/base/ports.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { configSchema } from '../../src/config/schema.ts'
import { startServer, type RunningServer, type ServeOptions } from '../../src/server/http/serve.ts'

export type RealProxy = RunningServer

export interface RealProxyOptions extends ServeOptions {
  /** Other sections, as a file would say them. */
  readonly config?: object
  readonly ports?: Partial<Ports>
  /** For backends that do not come up. */
  readonly wait?: false
}

/** Resolves when every backend is up, unless told not to wait. */
export const startRealProxy = async (
  backends: readonly object[],
  { config = {}, ports, wait, ...options }: RealProxyOptions = {},
): Promise<RealProxy> => {
  const parsed = configSchema.parse({
    proxy: { name: 'between', listen: { port: 0 } },
    observability: { log_level: 'silent' },
    ...config,
    backends,
  })
  const proxy = await startServer(parsed, systemPorts(ports), options)
  if (wait === false) return proxy
  await Promise.all(
    proxy.generation.backends.map(
      (backend) =>
        new Promise<void>((resolve) => {
          const settle = () => (backend.health.state === 'up' ? resolve() : undefined)
          backend.subscribe(settle)
          settle()
        }),
    ),
  )
  return proxy
}
