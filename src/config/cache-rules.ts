// Rules between the caches of backends and the place where answers are kept.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { plainRedis } from './limit-rules.ts'
import type { Config } from './schema.ts'

export const cacheRules = ({ backends, cache: store }: Config): Findings => {
  const idle = backends.flatMap(({ cache }, index): ConfigFinding[] =>
    cache?.resource_ttl_seconds === 0 && cache.tool_ttl_seconds === 0
      ? [
          findingAt(['backends', index, 'cache'], (key) =>
            problemOf('config-advice', 'cache-idle', { key }),
          ),
        ]
      : [],
  )
  const alone =
    store.backend === 'redis' && backends.every(({ cache }) => cache === undefined)
      ? [
          findingAt(['cache', 'backend'], (key) =>
            problemOf('config-advice', 'cache-alone', { key }),
          ),
        ]
      : []
  return { problems: [], warnings: [...idle, ...alone, ...plainRedis(store, ['cache', 'url'])] }
}
