// The circuits of a proxy that runs at the address of this configuration: those that are not closed.
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { pass, warn, type Check } from '../../core/verdict/check.ts'
import { exchange } from '../../net/exchange.ts'
import { problemOf } from '../../problems/problem.ts'
import { adminHeaders } from '../admin/ask-proxy.ts'
import type { RunningProxy } from '../admin/running-proxy.ts'

interface SeenCircuit {
  readonly backend: string
  readonly state: string
  /** Milliseconds since the epoch. */
  readonly retryAt: number
}

const circuitIn = (value: JsonObject): SeenCircuit[] => {
  const { backend, state, retry_at: retryAt } = value
  if (typeof backend !== 'string' || typeof state !== 'string') return []
  const at = typeof retryAt === 'string' ? Date.parse(retryAt) : Number.NaN
  return [{ backend, state, retryAt: Number.isNaN(at) ? 0 : at }]
}

const checkOf = ({ backend, state, retryAt }: SeenCircuit, now: number): readonly Check[] => {
  const seconds = Math.max(1, Math.ceil((retryAt - now) / 1000))
  if (state === 'open') return [warn(problemOf('backend-circuit', 'open', { backend, seconds }))]
  return state === 'half-open'
    ? [warn(problemOf('backend-circuit', 'half-open', { backend }))]
    : [pass('backend-circuit', `${backend}: ${state}`)]
}

/** One check a circuit; none where the proxy has no circuits, or does not show them to us. */
export const circuitChecks = async (
  proxy: RunningProxy,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly Check[]> => {
  const { status, body } = await exchange(
    { url: `${proxy.origin}/admin/circuit-breakers`, headers: adminHeaders(proxy), signal },
    ports,
  )
  const read = parseJson(body ?? '')
  if (status !== 200 || !read.ok || !Array.isArray(read.value)) return []
  const seen = read.value.flatMap((one) => (isJsonObject(one) ? circuitIn(one) : []))
  return seen.flatMap((one) => checkOf(one, ports.clock.now()))
}
