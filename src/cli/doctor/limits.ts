// The section limits: the rules, and whether the Redis that counts for them answers.
import { fail, pass } from '../../core/verdict/check.ts'
import { problemOf } from '../../problems/problem.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

/** Nothing where nothing is limited by rules. */
export const limits = async ({
  loaded,
  ports,
  signal,
}: Pick<DoctorContext, 'loaded' | 'ports' | 'signal'>): Promise<readonly ReportSection[]> => {
  const { rules, redis } = loaded.config.limits
  if (rules.length === 0 && redis === undefined) return []
  const section = 'limits'
  const counted = plural(rules.length, 'rule')
  if (redis === undefined) {
    return [{ section, summary: `${counted}, counted in memory`, checks: [] }]
  }
  const { probeRedis, redisAddress } = await import('../../limits/redis-store.ts')
  const address = redisAddress(redis)
  const facts: Fact[] = [['redis', address]]
  const why = await probeRedis(redis, ports, signal)
  if (why === undefined) {
    const summary = `${counted}, Redis at ${address} answers`
    return [{ section, summary, facts, checks: [pass('limit-store', summary)] }]
  }
  const said = fail(problemOf('limit-store', redis.on_failure, { address, why }))
  return [{ section, summary: why, facts, checks: [said] }]
}
