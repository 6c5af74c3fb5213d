// What one backend offers at all, to any caller: backends[].expose_* and hide_*, on its own names.
import { fail, pass } from '../core/verdict/check.ts'
import type { Step } from '../policy/decision.ts'
import type { Patterns } from '../policy/glob.ts'
import { shown, uriReadings, type Target, type TargetKind } from '../policy/spelling.ts'
import { problemOf } from '../problems/problem.ts'
import { compileNames, type RegexCompiler } from './name-patterns.ts'
import type { ShapingConfig } from './shaping-config.ts'

/** Judges targets of one backend. Pure. */
export type Filter = (target: Target) => Step

type ListKey = `${'expose' | 'hide'}_${'tools' | 'resources' | 'prompts'}`

interface List {
  readonly key: ListKey
  readonly patterns: Patterns
}

/** Undefined: there is no such list. */
interface Lists {
  readonly expose: List | undefined
  readonly hide: List | undefined
}

const plurals = { tool: 'tools', resource: 'resources', prompt: 'prompts' } as const
const kinds = Object.keys(plurals) as readonly TargetKind[]

/** The keys of a backend that choose by name. */
export const filterKeys: readonly ListKey[] = kinds.flatMap((kind) => [
  `expose_${plurals[kind]}` as const,
  `hide_${plurals[kind]}` as const,
])

export const filterPatterns = (config: ShapingConfig): readonly string[] =>
  filterKeys.flatMap((key) => config[key] ?? [])

/** Characters of a name that patterns are compared with: callers make up URIs as long as a request. */
export const longestName = 4096

const passed: Step = { check: pass('policy-filter'), causes: [] }

const hiddenBy = ({ key }: List, pattern: string, target: Target): Step => ({
  check: fail(
    problemOf('policy-filter', 'hidden', {
      key,
      target: shown(target),
      pattern: JSON.stringify(pattern),
    }),
  ),
  causes: [{ kind: 'filter', name: key, pattern }],
})

const unlistedIn = ({ key }: List, target: Target): Step => ({
  check: fail(problemOf('policy-filter', 'unlisted', { key, target: shown(target) })),
  causes: [{ kind: 'filter', name: key }],
})

const tooLong = ({ key }: List, target: Target): Step => ({
  check: fail(
    problemOf('policy-filter', 'long', { key, target: shown(target), limit: longestName }),
  ),
  causes: [{ kind: 'filter', name: key }],
})

/** Of a URI one reading that is hidden is enough, and all of them have to be exposed. */
const judge = ({ expose, hide }: Lists, target: Target): Step => {
  const list = hide ?? expose
  if (list === undefined) return passed
  if (target.name.length > longestName) return tooLong(list, target)
  const names = target.kind === 'resource' ? uriReadings(target.name) : [target.name]
  for (const name of hide === undefined ? [] : names) {
    const pattern = hide?.patterns.match(name)
    if (hide !== undefined && pattern !== undefined) return hiddenBy(hide, pattern, target)
  }
  if (expose === undefined) return passed
  let first: string | undefined
  for (const name of names) {
    const pattern = expose.patterns.match(name)
    if (pattern === undefined) return unlistedIn(expose, target)
    first ??= pattern
  }
  const cause = { kind: 'filter', name: expose.key } as const
  return { ...passed, causes: [first === undefined ? cause : { ...cause, pattern: first }] }
}

/** Undefined where the backend offers all that it lists. Throws a UsageError for a pattern that cannot be compiled. */
export const compileFilter = (
  config: ShapingConfig,
  place: string,
  compile: RegexCompiler,
): Filter | undefined => {
  const listOf = (key: ListKey): List | undefined => {
    const patterns = config[key] ?? []
    return patterns.length === 0
      ? undefined
      : { key, patterns: compileNames(patterns, `${place}.${key}`, compile) }
  }
  const lists = new Map(
    kinds.map((kind): [TargetKind, Lists] => [
      kind,
      { expose: listOf(`expose_${plurals[kind]}`), hide: listOf(`hide_${plurals[kind]}`) },
    ]),
  )
  const isSet = [...lists.values()].some(({ expose, hide }) => (expose ?? hide) !== undefined)
  return isSet ? (target) => judge(lists.get(target.kind) ?? none, target) : undefined
}

const none: Lists = { expose: undefined, hide: undefined }
