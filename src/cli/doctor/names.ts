// Names as clients will see them: length, characters, and who else has them.
import { isJsonObject } from '../../base/json.ts'
import { andMore, type Problem, type ProblemCode, problemOf } from '../../problems/problem.ts'
import { pass, warn, type Check } from '../../core/verdict/check.ts'
import { listSpecs, type ListKind } from '../../proxy/lists/list-kinds.ts'
import { backendNames } from '../../proxy/names/names.ts'
import type { ExaminedBackend } from './backend-examination.ts'
import { isHidden } from '../../traffic/keys.ts'
import { plural, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

type Up = Extract<ExaminedBackend, { readonly state: 'up' }>

/** What the APIs of large models take; the second is the limit of the protocol. */
const safeLength = 64
const longestName = 128
const safeCharacters = /^[A-Za-z0-9_-]+$/

interface ExposedName {
  readonly kind: ListKind
  readonly exposed: string
}

/** Templates have no identity of their own that two backends could fight over. */
const namedKinds: readonly ListKind[] = ['tools', 'prompts', 'resources']

/** As clients will see them; repetitions included. */
const exposedNames = ({ config, lists }: Up, separator: string): readonly ExposedName[] => {
  const names = backendNames(config.name, separator, config.prefix)
  return lists
    .filter(({ kind }) => namedKinds.includes(kind))
    .flatMap(({ kind, items }) => {
      const { key } = listSpecs[kind]
      return items.flatMap((item) => {
        const own = isJsonObject(item) ? item[key] : undefined
        if (typeof own !== 'string') return []
        return [{ kind, exposed: key === 'name' ? names.exposeName(own) : names.exposeUri(own) }]
      })
    })
}

const told = (
  names: readonly string[],
  id: ProblemCode,
  problemWith: (first: string) => Problem,
): Check => {
  const [first, ...rest] = names
  if (first === undefined) return pass(id)
  return warn(andMore(problemWith(first), rest.length))
}

const byLength = (names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => b.length - a.length)

export const localNameChecks = (found: Up, separator: string): readonly Check[] => {
  const all = exposedNames(found, separator)
  const called = all.filter(({ kind }) => kind !== 'resources').map(({ exposed }) => exposed)
  const seen = new Set<string>()
  const twice = all.filter(({ kind, exposed }) => {
    const before = seen.size
    return seen.add(`${kind} ${exposed}`).size === before
  })
  const long = byLength(called.filter((name) => name.length > safeLength))
  return [
    told(
      long.filter((name) => name.length <= longestName),
      'name-length',
      (name) => problemOf('name-length', { name, n: name.length, limit: safeLength }),
    ),
    told(
      long.filter((name) => name.length > longestName),
      'name-too-long',
      (name) => problemOf('name-too-long', { name, n: name.length, limit: longestName }),
    ),
    told(
      called.filter((name) => !safeCharacters.test(name)),
      'name-characters',
      (name) => problemOf('name-characters', { name }),
    ),
    told(
      twice.map(({ exposed }) => exposed),
      'name-duplicate',
      (name) => problemOf('name-duplicate', { name }),
    ),
  ]
}

/** Names, and URIs that mean something to their backend alone: the same page on the web may be offered by many. */
const contested = ({ kind, exposed }: ExposedName): boolean =>
  kind !== 'resources' || !/^https?:/i.test(exposed)

/** The first backend in the configuration that offers a name gets its calls. */
export const collisions = (found: readonly Up[], separator: string): readonly Check[] => {
  const owners = new Map<string, string[]>()
  for (const one of found) {
    const names = exposedNames(one, separator).filter(contested)
    const keys = names.map(({ kind, exposed }) => `${kind} ${exposed}`)
    for (const key of new Set(keys)) {
      owners.set(key, [...(owners.get(key) ?? []), one.config.name])
    }
  }
  const id = 'name-collision'
  const shared = [...owners].filter(([, backends]) => backends.length > 1)
  if (shared.length === 0) return [pass(id)]
  return shared.slice(0, 10).map(([key, backends]) => {
    const name = key.slice(key.indexOf(' ') + 1)
    return warn(problemOf(id, { name, backends: backends.join(' and '), first: backends[0] ?? '' }))
  })
}

export const names = async (world: DoctorContext): Promise<ReportSection> => {
  const { separator } = world.loaded.config.proxy
  const found = await world.backends()
  const shown = found.filter(({ config }) => !isHidden(config))
  const up = shown.filter((one) => one.state === 'up')
  if (up.length === 0) {
    return { section: 'names', summary: 'no backend could be asked', checks: [] }
  }
  const away = shown.length - up.length
  const unasked = away === 0 ? '' : ` (${plural(away, 'backend')} could not be asked)`
  const all = up.flatMap((one) => exposedNames(one, separator))
  const called = all.filter(({ kind }) => kind !== 'resources')
  const [longest] = byLength(called.map(({ exposed }) => exposed))
  const checks = collisions(up, separator)
  const shared = checks.filter(({ status }) => status === 'warn').length
  const length = longest === undefined ? '' : `, the longest has ${longest.length} characters`
  return {
    section: 'names',
    summary:
      shared === 0
        ? `${plural(called.length, 'name')}${length}${unasked}`
        : `${plural(shared, 'name')} offered twice${unasked}`,
    facts: longest === undefined ? [] : [['longest', longest]],
    checks,
  }
}
