// Rules between the keys of backends that choose what is offered, and what shapes it.
import { problemOf } from '../problems/problem.ts'
import { regexIn } from '../shaping/name-patterns.ts'
import { wordKinds } from '../shaping/words.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { showPath, type KeyPath } from './key-path.ts'
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

interface Named {
  readonly path: KeyPath
  readonly name: string
}

/** Each name that an earlier place has already. */
export const twice = (named: readonly Named[]): readonly ConfigFinding[] => {
  const known = new Map<string, KeyPath>()
  return named.flatMap(({ path, name }) => {
    const other = known.get(name)
    if (other === undefined) {
      known.set(name, path)
      return []
    }
    const values = { name: JSON.stringify(name), other: showPath(other) }
    return [findingAt(path, (key) => problemOf('config-value', 'shape-twice', { key, ...values }))]
  })
}

const aliasProblems = ({ aliases }: BackendConfig, index: number): readonly ConfigFinding[] =>
  (['from', 'to'] as const).flatMap((end) =>
    twice(
      aliases.map((alias, at) => ({
        path: ['backends', index, 'aliases', at, end],
        name: alias[end],
      })),
    ),
  )

const overrideProblems = (
  { param_overrides: overrides }: BackendConfig,
  index: number,
): readonly ConfigFinding[] => {
  const place = (at: number) => ['backends', index, 'param_overrides', at] as const
  return [
    ...twice(overrides.map(({ tool }, at) => ({ path: [...place(at), 'tool'], name: tool }))),
    ...overrides.flatMap(({ hide, rename }, at) => [
      ...twice(
        Object.entries(rename).map(([from, to]) => ({
          path: [...place(at), 'rename', from],
          name: to,
        })),
      ),
      ...Object.keys(rename)
        .filter((from) => hide.includes(from))
        .map((from) =>
          findingAt([...place(at), 'rename', from], (key) =>
            problemOf('config-value', 'hidden-renamed', { key, name: JSON.stringify(from) }),
          ),
        ),
    ]),
  ]
}

const descriptionProblems = (
  { descriptions }: BackendConfig,
  index: number,
): readonly ConfigFinding[] => {
  const place = (at: number) => ['backends', index, 'descriptions', at] as const
  return [
    ...descriptions.flatMap((one, at) => {
      const targets = wordKinds.filter((kind) => one[kind] !== undefined)
      if (targets.length !== 1) {
        return [findingAt(place(at), (key) => problemOf('config-value', 'description-of', { key }))]
      }
      return one.title === undefined && one.description === undefined
        ? [findingAt(place(at), (key) => problemOf('config-value', 'description-empty', { key }))]
        : []
    }),
    ...wordKinds.flatMap((kind) =>
      twice(
        descriptions.flatMap(({ [kind]: name }, at) =>
          name === undefined ? [] : [{ path: [...place(at), kind], name }],
        ),
      ),
    ),
  ]
}

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
  problems: [filterProblems, aliasProblems, overrideProblems, descriptionProblems].flatMap((rule) =>
    backends.flatMap(rule),
  ),
  warnings: backends.flatMap(globAdvice),
})
