// The section decisions: where they are kept, and whether the Redis that is to have them answers.
import { fail, pass } from '../../core/verdict/check.ts'
import { problemOf } from '../../problems/problem.ts'
import { redisAddress } from '../../redis/redis-config.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

export const decisions = async ({
  loaded,
  ports,
  signal,
}: Pick<DoctorContext, 'loaded' | 'ports' | 'signal'>): Promise<ReportSection> => {
  const { keep, file, redis } = loaded.config.observability.decisions
  const section = 'decisions'
  const places = [
    ...(keep === 0 ? [] : [`${plural(keep, 'decision')} in memory`]),
    ...(file === undefined ? [] : [`in ${file.path}`]),
  ]
  if (redis === undefined) {
    return { section, summary: places.join(', ') || 'none are kept', checks: [] }
  }
  const { probeRedis } = await import('../../redis/probe.ts')
  const address = redisAddress(redis)
  const facts: Fact[] = [['redis', address]]
  const key = 'observability.decisions.redis.timeout_seconds'
  const timeout = { seconds: redis.timeout_seconds, key }
  const found = await probeRedis({ access: redis, timeout }, ports, signal)
  if ('ms' in found) {
    const where = `in Redis at ${address}, which answers in ${found.ms} ms`
    const summary = [...places, where].join(', ')
    return { section, summary, facts, checks: [pass('decision-store', summary)] }
  }
  const { why } = found
  const said = fail(problemOf('decision-store', 'write', { address, why }))
  return { section, summary: why, facts, checks: [said] }
}
