// Rules between the keys of backends that choose what is offered, and what shapes it.
import { problemOf } from '../problems/problem.ts'
import { regexIn } from '../shaping/name-patterns.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { BackendConfig, Config } from './schema.ts'

const kinds = ['tools', 'resources', 'prompts'] as const

const filterProblems = (backend: BackendConfig, index: number): readonly ConfigFinding[] =>
  kinds.flatMap((kind) => {
    const [expose, hide] = [`expose_${kind}`, `hide_${kind}`] as const
    return backend[expose] === undefined || backend[hide].length === 0
      ? []
      : [
          findingAt(['backends', index, hide], (key) =>
            problemOf('config-value', 'expose-and-hide', { key, other: expose }),
          ),
        ]
  })

/** Names of tools and prompts have none of these; templates of URIs have braces. */
const otherSigns = /[[\]{}!]/

const globAdvice = (backend: BackendConfig, index: number): readonly ConfigFinding[] =>
  (['expose_tools', 'hide_tools', 'expose_prompts', 'hide_prompts'] as const).flatMap((list) =>
    (backend[list] ?? []).flatMap((pattern, at) => {
      const sign = regexIn(pattern) === undefined ? otherSigns.exec(pattern)?.[0] : undefined
      return sign === undefined
        ? []
        : [
            findingAt(['backends', index, list, at], (key) =>
              problemOf('config-advice', 'glob-signs', { key, signs: JSON.stringify(sign) }),
            ),
          ]
    }),
  )

export const shapingRules = ({ backends }: Config): Findings => ({
  problems: backends.flatMap(filterProblems),
  warnings: backends.flatMap(globAdvice),
})
