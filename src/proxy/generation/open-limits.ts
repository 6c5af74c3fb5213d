// The rules of [limits] with what they have counted: a rule that stays the same goes on counting under the next configuration.
import type { Ports } from '../../base/ports.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { OpenRule } from '../../layers/limit-rules.ts'
import type { Counts, SharedStore } from '../../limits/counts.ts'
import { createFlightCounts, type FlightCounts } from '../../limits/flight-counts.ts'
import type { LimitRule, LimitsConfig, RedisConfig } from '../../limits/limits-config.ts'
import { createWindowCounts } from '../../limits/window-counts.ts'

/** A lease that is given back with all others of its generation. */
export type Take = <Value>(
  key: string,
  make: () => Value | Promise<Value>,
  end: (value: Value, graceMs?: number) => void | Promise<void>,
) => Promise<Value>

export interface OpenLimits {
  readonly rules: readonly OpenRule[]
  readonly onFailure: RedisConfig['on_failure']
  /** Opens the connection to Redis, where there is one. A second call does nothing. */
  start(): void
}

const nothingToEnd = () => undefined

const openStore = (redis: RedisConfig, take: Take, ports: Ports): Promise<SharedStore> =>
  take<SharedStore>(
    `limit store ${sectionKey(redis)}`,
    // The client of Redis is loaded where there is one.
    async () => (await import('../../limits/redis-store.ts')).openRedisStore(redis, ports),
    (store) => store.close(),
  )

const openRule = async (
  rule: LimitRule,
  store: SharedStore | undefined,
  take: Take,
  { clock }: Ports,
): Promise<OpenRule> => {
  const { requests, max_concurrent: most } = rule
  const key = `limit ${sectionKey(rule)}`
  if (most !== undefined) {
    const flights = await take<FlightCounts>(key, () => createFlightCounts(most), nothingToEnd)
    return { kind: 'flights', rule: { ...rule, max_concurrent: most }, flights }
  }
  if (requests === undefined) throw new Error(`the limit ${rule.name} limits nothing`)
  const rate = { ...rule, requests }
  const own = await take<Counts>(key, () => createWindowCounts(rate, clock), nothingToEnd)
  return { kind: 'rate', rule: rate, own, shared: store?.counts(rate) }
}

export const openLimits = async (
  { rules, redis }: LimitsConfig,
  take: Take,
  ports: Ports,
): Promise<OpenLimits> => {
  const counts = rules.some(({ requests }) => requests !== undefined)
  const store = redis === undefined || !counts ? undefined : await openStore(redis, take, ports)
  const open: OpenRule[] = []
  for (const rule of rules) open.push(await openRule(rule, store, take, ports))
  return { rules: open, onFailure: redis?.on_failure ?? 'open', start: () => store?.start() }
}
