// Where OTLP goes, and as what: the keys of the configuration, and below them the environment variables of OpenTelemetry.
import { randomUUID } from 'node:crypto'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import type { Secret } from '../../base/secret.ts'

export interface OtlpTarget {
  /** The address below which `/v1/traces` and `/v1/metrics` are; undefined: as the environment says, else localhost:4318. */
  readonly endpoint: string | undefined
  readonly headers: Readonly<Record<string, Secret>>
  readonly serviceName: string | undefined
  readonly timeoutMs: number
}

export type Signal = 'traces' | 'metrics'

/** The address of one signal. One that ends with the path of a signal is taken as it is. */
const signalUrl = (endpoint: string, signal: Signal): string => {
  const base = endpoint.replace(/\/v1\/(?:traces|metrics)\/?$/, '').replace(/\/+$/, '')
  return `${base}/v1/${signal}`
}

/** Options of the exporters: they read the environment for what is undefined here. */
export const exporterOptions = (
  { endpoint, headers, timeoutMs }: OtlpTarget,
  signal: Signal,
): { readonly url?: string; headers: Record<string, string>; readonly timeoutMillis: number } => ({
  ...(endpoint === undefined ? {} : { url: signalUrl(endpoint, signal) }),
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.reveal()]),
  ),
  timeoutMillis: timeoutMs,
})

/** Where the signal goes, for people: without a user part, a query or a path. */
export const shownTarget = ({ endpoint }: OtlpTarget, signal: Signal): string => {
  const { env } = process
  const name = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`
  const url = endpoint ?? env[name] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? 'http://localhost:4318'
  return URL.canParse(url) ? new URL(url).host : 'an address that is not valid'
}

const instanceId = randomUUID()

/** What all signals say of the process that sends them. */
export const resourceOf = ({ serviceName }: Pick<OtlpTarget, 'serviceName'>) =>
  resourceFromAttributes({ 'service.name': 'mcp-proxy', 'service.instance.id': instanceId })
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(serviceName === undefined ? {} : { 'service.name': serviceName }))
