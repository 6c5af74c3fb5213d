// Rules about several servers for one purpose: replicas of a backend, and backends that get calls of another one.
import { quoteList } from '../base/quote.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { showPath, type KeyPath } from './key-path.ts'
import type { BackendConfig, Config } from './schema.ts'

const referring = ['failover_for', 'canary_of', 'mirror_of'] as const

type Referring = (typeof referring)[number]

const at = (index: number, ...rest: readonly (string | number)[]): KeyPath => [
  'backends',
  index,
  ...rest,
]

const replicaProblems = (backend: BackendConfig, index: number): ConfigFinding[] => {
  const { transport, replicas, url } = backend
  if (replicas.length === 0) return []
  if (transport === 'stdio') {
    return [
      findingAt(at(index, 'replicas'), (key) =>
        problemOf('config-value', 'replica-stdio', { key }),
      ),
    ]
  }
  const known = new Map(url === undefined ? [] : [[url, at(index, 'url')]])
  return replicas.flatMap((replica, nth) => {
    const path = at(index, 'replicas', nth)
    const other = known.get(replica)
    if (other === undefined) known.set(replica, path)
    return other === undefined
      ? []
      : [
          findingAt(path, (key) =>
            problemOf('config-value', 'replica-twice', { key, other: showPath(other) }),
          ),
        ]
  })
}

const unknownNames = (
  backend: BackendConfig,
  index: number,
  names: readonly string[],
): ConfigFinding[] =>
  referring.flatMap((name) => {
    const wanted = backend[name]
    if (wanted === undefined) return []
    const path = at(index, name)
    if (wanted === backend.name) {
      return [findingAt(path, (key) => problemOf('config-value', 'traffic-itself', { key }))]
    }
    return names.includes(wanted)
      ? []
      : [
          findingAt(path, (key) =>
            problemOf('config-value', 'traffic-backend', { key, backends: quoteList(names) }),
          ),
        ]
  })

/** The first way by which references lead back to the backend; undefined: none does. */
const wayBack = (
  start: string,
  byName: ReadonlyMap<string, BackendConfig>,
): { readonly first: Referring; readonly way: readonly string[] } | undefined => {
  const seen = new Set<string>()
  const walk = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (name === start && way.length > 1) return way
    if (seen.has(name)) return undefined
    seen.add(name)
    const backend = byName.get(name)
    for (const key of referring) {
      const next = backend?.[key]
      const found = next === undefined ? undefined : walk(next, [...way, next])
      if (found !== undefined) return found
    }
    return undefined
  }
  const way = walk(start, [start])
  const first = referring.find((key) => byName.get(start)?.[key] === way?.[1])
  return way === undefined || first === undefined ? undefined : { first, way }
}

/** Each cycle once, at the backend of it that comes first. */
const cycles = (backends: readonly BackendConfig[]): ConfigFinding[] => {
  const byName = new Map(backends.map((backend) => [backend.name, backend]))
  const reported = new Set<string>()
  return backends.flatMap(({ name }, index) => {
    const found = wayBack(name, byName)
    // A reference to itself has a finding of its own.
    if (found === undefined || found.way.length === 2 || reported.has(name)) return []
    for (const one of found.way) reported.add(one)
    return [
      findingAt(at(index, found.first), (key) =>
        problemOf('config-value', 'traffic-cycle', { key, way: found.way.join(', ') }),
      ),
    ]
  })
}

const meaningless = (backend: BackendConfig, index: number): ConfigFinding[] => {
  const { failover_for: failover, canary_of: canary, mirror_of: mirror } = backend
  const found: ConfigFinding[] = []
  if (failover !== undefined && canary !== undefined) {
    found.push(
      findingAt(at(index, 'canary_of'), (key) =>
        problemOf('config-value', 'traffic-two', { key, other: 'failover_for' }),
      ),
    )
  }
  const needs = [
    ['priority', 'failover_for', failover],
    ['failover_tools', 'failover_for', failover],
    ['mirror_percent', 'mirror_of', mirror],
    ['mirror_tools', 'mirror_of', mirror],
  ] as const
  for (const [name, other, value] of needs) {
    if (backend[name] === undefined || value !== undefined) continue
    found.push(
      findingAt(at(index, name), (key) =>
        problemOf('config-value', 'traffic-alone', { key, other }),
      ),
    )
  }
  return found
}

export const trafficRules = ({ backends }: Config): Findings => {
  const names = backends.map(({ name }) => name)
  return {
    problems: [
      ...backends.flatMap(replicaProblems),
      ...backends.flatMap((backend, index) => unknownNames(backend, index, names)),
      ...backends.flatMap(meaningless),
      ...cycles(backends),
    ],
    warnings: backends.flatMap(({ outlier_detection: detection, replicas }, index) =>
      detection !== undefined && replicas.length === 0
        ? [
            findingAt(at(index, 'outlier_detection'), (key) =>
              problemOf('config-advice', 'outlier-alone', { key }),
            ),
          ]
        : [],
    ),
  }
}
