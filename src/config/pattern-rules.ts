// Regular expressions that cannot be used, each with its place. Apart from the other rules: only those who write one load RE2.
import { problemOf } from '../problems/problem.ts'
import { filterKeys, filterPatterns } from '../shaping/name-filter.ts'
import { regexCompilerFor, regexIn } from '../shaping/name-patterns.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import type { Config } from './schema.ts'

export const patternRules = async ({ backends }: Config): Promise<readonly ConfigFinding[]> => {
  const compile = await regexCompilerFor(backends.flatMap(filterPatterns))
  return backends.flatMap((backend, index) =>
    filterKeys.flatMap((list) =>
      (backend[list] ?? []).flatMap((pattern, at) => {
        const source = regexIn(pattern)
        const compiled = source === undefined ? undefined : compile(source)
        if (compiled === undefined || 'regex' in compiled) return []
        const { why } = compiled
        return [
          findingAt(['backends', index, list, at], (key) =>
            problemOf('config-value', 'pattern', { key, why }),
          ),
        ]
      }),
    ),
  )
}
