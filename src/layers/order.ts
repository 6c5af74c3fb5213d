// The order of the layers, outermost first. This order IS the pipeline: start, reload and check all read it.
import type { Ports } from '../base/ports.ts'
import type { Layer } from '../mcp/call.ts'
import { accessLog } from './access-log.ts'
import { cache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { concurrency } from './concurrency.ts'
import { hedging } from './hedging.ts'
import type { LimitsContext } from './limit-rules.ts'
import { limits } from './limits.ts'
import { metrics } from './metrics.ts'
import { backendRateLimit, rateLimit } from './rate-limit.ts'
import { reportedLimits } from './reported-limits.ts'
import { retry } from './retry.ts'
import { timeout } from './timeout.ts'

/** Around the router, on public names. The log is outside the limit, so that refused calls are seen. */
export const edgeLayers = [accessLog, metrics, rateLimit] as const

/** Around the router too, inside the edge layers: they know the configuration that is in use, and their counts outlive it. */
export const callerLayers = (context: LimitsContext, ports: Ports): readonly Layer[] =>
  [limits(context, ports), reportedLimits(context)].filter((layer) => layer !== undefined)

/**
 * Around one backend, on its local names. An answer that is at hand costs the backend nothing. The deadlines and the rate limit are about a call with all its attempts; the
 * circuit and the bound on calls at one time are about each attempt.
 */
export const backendLayers = [
  cache,
  coalesce,
  timeout,
  backendRateLimit,
  retry,
  hedging,
  circuitBreaker,
  concurrency,
] as const

/** The keys that layers own, by the section of the configuration they stand in. */
export const proxyLayerKeys = { ...rateLimit.keys }
export const observabilityLayerKeys = { ...accessLog.keys, ...metrics.keys }
export const backendLayerKeys = {
  ...cache.keys,
  ...timeout.keys,
  ...backendRateLimit.keys,
  ...retry.keys,
  ...hedging.keys,
  ...circuitBreaker.keys,
  ...concurrency.keys,
}

interface Creates<Config, Context> {
  readonly create: (config: Config, ports: Ports, context: Context) => Layer | undefined
}

/** The layers that the configuration asks for, in the order of `specs`. */
export const layersFor = <Config, Context>(
  specs: readonly Creates<Config, Context>[],
  config: Config,
  ports: Ports,
  context: Context,
): readonly Layer[] => specs.flatMap((spec) => spec.create(config, ports, context) ?? [])
