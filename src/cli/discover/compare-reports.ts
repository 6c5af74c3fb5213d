// What changed between two reports of `discover`, and whether anything got worse.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { rankOf, type ComparableFinding, type ComparableReport } from './earlier-report.ts'

export interface Change {
  readonly area:
    | 'verdict'
    | 'grade'
    | 'finding'
    | 'fact'
    | 'challenge'
    | 'resource-metadata'
    | 'server-metadata'
    | 'key'
  readonly kind: 'added' | 'removed' | 'changed'
  /** The check, the member, the kid. */
  readonly name: string
  readonly before: Json
  readonly after: Json
  readonly worse: boolean
}

export interface Comparison {
  readonly worse: boolean
  readonly changes: readonly Change[]
}

const same = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Servers list what they support in any order: another order is no change. */
const ordered = (value: Json): Json => {
  if (Array.isArray(value)) {
    const list = (value as readonly Json[]).map(ordered)
    return list.every((item) => typeof item === 'string') ? list.toSorted() : list
  }
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(
    names.map((name) => [name, ordered((value as JsonObject)[name] ?? null)]),
  )
}

const originOf = (value: Json): string | undefined =>
  typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value)
    ? new URL(value).origin
    : undefined

/** Clients send codes, secrets and tokens there, and trust what is said there: nobody moves that in passing. */
const moved = (before: Json, after: Json): boolean => {
  const [from, to] = [originOf(before), originOf(after)]
  return from !== undefined && to !== undefined && from !== to
}

const isMoveOfTrust = (name: string, before: Json, after: Json): boolean =>
  /^(?:issuer|resource|jwks_uri|key set)$|_endpoint$/.test(name) && moved(before, after)

const memberChanges = (
  area: Change['area'],
  before: JsonObject | null,
  after: JsonObject | null,
): Change[] => {
  // A document that is not there today has not lost its members one by one.
  if (before === null || after === null) {
    if (before === after) return []
    const kind: Change['kind'] = before === null ? 'added' : 'removed'
    return [{ area, kind, name: 'the document', before: null, after: null, worse: false }]
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name): Change[] => {
    const [was, is] = [ordered(before[name] ?? null), ordered(after[name] ?? null)]
    if (same(was, is)) return []
    const kind: Change['kind'] = was === null ? 'added' : is === null ? 'removed' : 'changed'
    return [{ area, kind, name, before: was, after: is, worse: isMoveOfTrust(name, was, is) }]
  })
}

const factChanges = (before: ComparableReport, after: ComparableReport): Change[] =>
  Object.keys(after.facts).flatMap((name): Change[] => {
    const [was, is] = [before.facts[name] ?? null, after.facts[name] ?? null]
    if (same(was, is) || was === null || is === null) return []
    const worse = isMoveOfTrust(name, was, is)
    return [{ area: 'fact' as const, kind: 'changed', name, before: was, after: is, worse }]
  })

const told = (finding: ComparableFinding | undefined): Json =>
  finding === undefined ? null : `${finding.severity}: ${finding.message}`

const counts = ({ status }: ComparableFinding): number => (status === 'fail' ? 1 : 0)

const findingChanges = (
  before: ComparableReport,
  after: ComparableReport,
  failOn: Severity,
): Change[] => {
  const ids = [...new Set([...after.findings.keys(), ...before.findings.keys()])]
  return ids.flatMap((name): Change[] => {
    const [was, is] = [before.findings.get(name), after.findings.get(name)]
    const change = { area: 'finding' as const, name, before: told(was), after: told(is) }
    if (is === undefined) return [{ ...change, kind: 'removed', worse: false }]
    const grave = rankOf(is.severity) >= rankOf(failOn)
    if (was === undefined) return [{ ...change, kind: 'added', worse: grave }]
    const [rose, failed] = [rankOf(is.severity) - rankOf(was.severity), counts(is) - counts(was)]
    if (rose === 0 && failed === 0) return []
    return [{ ...change, kind: 'changed', worse: grave && (rose > 0 || failed > 0) }]
  })
}

const textOf = (key: JsonObject, name: string): string => {
  const value = key[name]
  return typeof value === 'string' ? value : ''
}

const kindOf = (key: JsonObject): string =>
  ['kty', 'crv', 'alg', 'use']
    .map((name) => textOf(key, name))
    .filter((part) => part !== '')
    .join(' ')

/** A key without a kid is known by what it is. */
const nameOf = (key: JsonObject): string =>
  textOf(key, 'kid') || textOf(key, 'thumbprint') || `without kid (${kindOf(key)})`

const keyed = (keys: readonly JsonObject[]): ReadonlyMap<string, JsonObject> =>
  new Map(keys.map((key) => [nameOf(key), key]))

/** Keys come and go with every rotation. Another key under the same kid is none: it breaks every cache. */
const keyChanges = (before: ComparableReport, after: ComparableReport): Change[] => {
  if (before.keys === null || after.keys === null) return []
  const [old, fresh] = [keyed(before.keys), keyed(after.keys)]
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name): Change[] => {
    const [was, is] = [old.get(name), fresh.get(name)]
    const change = {
      area: 'key' as const,
      name,
      before: was === undefined ? null : kindOf(was),
      after: is === undefined ? null : kindOf(is),
    }
    if (was === undefined) return [{ ...change, kind: 'added', worse: false }]
    if (is === undefined) return [{ ...change, kind: 'removed', worse: false }]
    const [print, reprint] = [textOf(was, 'thumbprint'), textOf(is, 'thumbprint')]
    if (print !== '' && reprint !== '' && print !== reprint) {
      const words = `${kindOf(is)}, another key under the same kid`
      return [{ ...change, kind: 'changed', after: words, worse: true }]
    }
    return same(change.before, change.after) ? [] : [{ ...change, kind: 'changed', worse: false }]
  })
}

const isGrade = (grade: string | null): grade is string => grade !== null && /^[A-F]$/.test(grade)

const wholeChanges = (before: ComparableReport, after: ComparableReport): Change[] => {
  const changed = (area: 'verdict' | 'grade', worse: boolean): Change[] => {
    const [was, is] = [before[area], after[area]]
    return was === is ? [] : [{ area, kind: 'changed', name: area, before: was, after: is, worse }]
  }
  const fell = isGrade(before.grade) && isGrade(after.grade) && after.grade > before.grade
  return [
    // Under another --fail-on the same findings have another verdict.
    ...(before.failOn === after.failOn ? changed('verdict', after.verdict === 'findings') : []),
    ...changed('grade', fell),
  ]
}

/**
 * Times, sizes, dates and the order of lists are no changes, and neither is how a finding is worded. Worse
 * are: a finding of `failOn` or graver that came or grew, a lower grade, an address that credentials go to
 * on another origin, another key under a known kid. Does not ask whether what stayed is good.
 */
export const compareReports = (
  before: ComparableReport,
  after: ComparableReport,
  failOn: Severity,
): Comparison => {
  const changes = [
    ...wholeChanges(before, after),
    ...findingChanges(before, after, failOn),
    ...factChanges(before, after),
    ...memberChanges('challenge', before.challenge, after.challenge),
    ...memberChanges('resource-metadata', before.resource, after.resource),
    ...memberChanges('server-metadata', before.server, after.server),
    ...keyChanges(before, after),
  ]
  return { worse: changes.some(({ worse }) => worse), changes }
}
