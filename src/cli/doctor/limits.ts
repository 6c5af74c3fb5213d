// The section limits: the rules, and whether the Redis that counts for them, keeps answers or connects replicas answers itself.
import { fail, pass, warn, type Check } from '../../core/verdict/check.ts'
import { problemOf } from '../../problems/problem.ts'
import { redisAddress, type RedisAccess } from '../../redis/redis-config.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

type World = Pick<DoctorContext, 'loaded' | 'ports' | 'signal'>

interface Seen {
  readonly address: string
  /** In how many milliseconds it answers, or why it does not. */
  readonly found: { readonly ms: number } | { readonly why: string }
}

/** `section`: that of its keys. */
const look = async (
  redis: RedisAccess & { readonly timeout_seconds: number },
  section: string,
  { ports, signal }: World,
): Promise<Seen> => {
  const { probeRedis } = await import('../../redis/probe.ts')
  const timeout = { seconds: redis.timeout_seconds, key: `${section}.timeout_seconds` }
  const found = await probeRedis({ access: redis, timeout }, ports, signal)
  return { address: redisAddress(redis), found }
}

const answered = ({ address, found }: Seen): string =>
  'ms' in found ? `Redis at ${address} answers in ${found.ms} ms` : found.why

/** Redis that keeps answers; none where the configuration has none. */
const cacheChecks = async (world: World): Promise<readonly Check[]> => {
  const { backend, url, ...rest } = world.loaded.config.cache
  if (backend !== 'redis' || url === undefined) return []
  const seen = await look({ ...rest, url }, 'cache', world)
  const { address, found } = seen
  return 'ms' in found
    ? [pass('backend-cache', answered(seen))]
    : [warn(problemOf('backend-cache', { address, why: found.why }))]
}

/** Redis by which replicas share; none where the configuration shares nothing. */
const sharedChecks = async (world: World): Promise<readonly Check[]> => {
  const { shared } = world.loaded.config
  if (shared === undefined) return []
  const seen = await look(shared, 'shared', world)
  const { address, found } = seen
  return 'ms' in found
    ? [pass('shared-store', answered(seen))]
    : [warn(problemOf('shared-store', 'down', { address, why: found.why }))]
}

export const limits = async (world: World): Promise<ReportSection> => {
  const { rules, redis } = world.loaded.config.limits
  const section = 'limits'
  const counted = rules.length === 0 ? 'no rules' : plural(rules.length, 'rule')
  const cached = [...(await cacheChecks(world)), ...(await sharedChecks(world))]
  if (redis === undefined) {
    const summary = rules.length === 0 ? counted : `${counted}, counted in memory`
    return { section, summary, checks: cached }
  }
  const seen = await look(redis, 'limits.redis', world)
  const { address, found } = seen
  const facts: Fact[] = [['redis', address]]
  if ('ms' in found) {
    const summary = `${counted}, ${answered(seen)}`
    return { section, summary, facts, checks: [pass('limit-store', summary), ...cached] }
  }
  const { why } = found
  const said = fail(problemOf('limit-store', redis.on_failure, { address, why }))
  return { section, summary: why, facts, checks: [said, ...cached] }
}
