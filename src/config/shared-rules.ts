// Rules between [shared] and the rest.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type Findings } from './finding.ts'
import { plainRedis } from './limit-rules.ts'
import type { Config } from './schema.ts'

export const sharedRules = ({ shared, security }: Config): Findings =>
  shared === undefined
    ? { problems: [], warnings: [] }
    : {
        problems:
          security.seal_key === undefined
            ? [
                findingAt(['security', 'seal_key'], (key) =>
                  problemOf('config-value', 'shared-seal', { key }),
                ),
              ]
            : [],
        warnings: plainRedis(shared, ['shared', 'url']),
      }
