// The section limits: the rules, and whether the Redis that counts for them answers.
import { fail, pass } from '../../core/verdict/check.ts'
import { problemOf } from '../../problems/problem.ts'
import { redisAddress } from '../../redis/redis-config.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

export const limits = async ({
  loaded,
  ports,
  signal,
}: Pick<DoctorContext, 'loaded' | 'ports' | 'signal'>): Promise<ReportSection> => {
  const { rules, redis } = loaded.config.limits
  const section = 'limits'
  const counted = rules.length === 0 ? 'no rules' : plural(rules.length, 'rule')
  if (redis === undefined) {
    const summary = rules.length === 0 ? counted : `${counted}, counted in memory`
    return { section, summary, checks: [] }
  }
  const { probeRedis } = await import('../../redis/probe.ts')
  const address = redisAddress(redis)
  const facts: Fact[] = [['redis', address]]
  const timeout = { seconds: redis.timeout_seconds, key: 'limits.redis.timeout_seconds' }
  const found = await probeRedis({ access: redis, timeout }, ports, signal)
  if ('ms' in found) {
    const summary = `${counted}, Redis at ${address} answers in ${found.ms} ms`
    return { section, summary, facts, checks: [pass('limit-store', summary)] }
  }
  const { why } = found
  const said = fail(problemOf('limit-store', redis.on_failure, { address, why }))
  return { section, summary: why, facts, checks: [said] }
}
