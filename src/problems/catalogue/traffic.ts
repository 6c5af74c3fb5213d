// What can be wrong with the keys of [[backends]] about several servers for one purpose: cases of config-value and
// config-advice.
import { says, type Texts } from './spec.ts'

export const trafficValues = {
  'replica-stdio': says(
    ({ key }: Texts<'key'>) => `${key}: does not go with transport = "stdio"`,
    { key: 'backends[0].replicas' },
    'remove it: each caller that needs one has a process of its own already',
  ),
  'replica-twice': says(
    ({ key, other }: Texts<'key' | 'other'>) => `${key}: is the address in ${other} already`,
    { key: 'backends[0].replicas[1]', other: 'backends[0].url' },
    'list each address once: url is a replica, too',
  ),
  'traffic-backend': says(
    ({ key, backends }: Texts<'key' | 'backends'>) =>
      `${key}: there is no such backend; the backends are ${backends}`,
    { key: 'backends[1].failover_for', backends: '"files", "search"' },
    'use the name of one of the backends',
  ),
  'traffic-itself': says(
    ({ key }: Texts<'key'>) => `${key}: names this backend itself`,
    { key: 'backends[1].canary_of' },
    'use the name of another backend',
  ),
  'traffic-cycle': says(
    ({ key, way }: Texts<'key' | 'way'>) => `${key}: leads back to where it began: ${way}`,
    { key: 'backends[0].failover_for', way: 'a, b, a' },
    'remove one of these references: the calls have to end at one backend',
  ),
  'traffic-two': says(
    ({ key, other }: Texts<'key' | 'other'>) => `${key}: cannot be used together with ${other}`,
    { key: 'backends[1].canary_of', other: 'failover_for' },
    'keep one of the two: a canary that cannot be reached gives its calls to its primary backend anyway',
  ),
  'traffic-alone': says(
    ({ key, other }: Texts<'key' | 'other'>) => `${key}: has no effect without ${other}`,
    { key: 'backends[1].mirror_percent', other: 'mirror_of' },
    ({ other }) => `add ${other}, or remove it`,
  ),
}

export const trafficAdvice = {
  'cache-idle': says(
    ({ key }: Texts<'key'>) => `${key}: keeps nothing: both times are 0`,
    { key: 'backends[0].cache' },
    'set resource_ttl_seconds or tool_ttl_seconds, or remove it',
  ),
  'cache-alone': says(
    ({ key }: Texts<'key'>) => `${key}: no backend has a cache, so nothing is kept there`,
    { key: 'cache.backend' },
    'add cache = { resource_ttl_seconds = 60 } to a backend, or remove [cache]',
  ),
  'outlier-alone': says(
    ({ key }: Texts<'key'>) => `${key}: does nothing for a backend without replicas`,
    { key: 'backends[0].outlier_detection' },
    'add replicas, or use circuit_breaker, which leaves one server alone when too many of its calls fail',
  ),
}
