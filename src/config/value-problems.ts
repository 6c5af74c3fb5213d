// Why a value is not allowed, in words for the person who wrote it. The value itself is never repeated.
import type * as z from 'zod'
import { problemOf, type Problem } from '../problems/problem.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import { nodesAt, variantsOf, type SchemaNode } from './json-schema.ts'
import { valueAt, type KeyPath } from './key-path.ts'
import { nearest } from './nearest.ts'
import { otherNames, sectionOf } from './original-keys.ts'
import { PathMap } from './path-map.ts'
import { unknownKey } from './unknown-keys.ts'

type Issue = z.core.$ZodIssue

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
  record: 'a table',
}

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  if (value === null) return 'nothing'
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'nan or inf'
    return Number.isInteger(value) ? 'a whole number' : 'a fraction'
  }
  return kinds[typeof value] ?? 'something else'
}

const orList = (words: readonly string[]): string =>
  words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1] ?? ''}`

const quote = (word: string): string => `"${word}"`

const expectation = (node: SchemaNode): string =>
  node.type === 'array' && node.items?.type !== undefined
    ? `a list of ${node.items.type}s`
    : (kinds[node.type ?? ''] ?? 'another value')

const missing = (key: string, path: KeyPath): Problem => {
  const what = nodesAt(path)[0]?.description
  return what === undefined
    ? problemOf('config-value', 'required', { key })
    : problemOf('config-value', 'required-described', { key, what })
}

const wrongKind = (
  key: string,
  expected: string,
  value: unknown,
  fromVariable: boolean,
): Problem => {
  const found = kindOf(value)
  if (fromVariable) return problemOf('config-value', 'kind-variable', { key, expected, found })
  if (typeof value === 'string' && /number|true/.test(expected)) {
    return problemOf('config-value', 'kind-quotes', { key, expected, found })
  }
  return expected === 'a list'
    ? problemOf('config-value', 'kind-list', { key, found })
    : problemOf('config-value', 'kind', { key, expected, found })
}

const notOneOf = (
  key: string,
  words: readonly string[],
  path: KeyPath,
  value: unknown,
): Problem => {
  const word = typeof value === 'string' ? value : ''
  const near = otherNames[sectionOf(path)]?.[word.toLowerCase()] ?? nearest(word, words)
  const allowed = orList(words.map(quote))
  if (value === undefined) return problemOf('config-value', 'one-of-absent', { key, allowed })
  return near === undefined
    ? problemOf('config-value', 'one-of', { key, allowed })
    : problemOf('config-value', 'one-of-similar', { key, allowed, meant: quote(near) })
}

const outOfBounds = (
  key: string,
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
): Problem => {
  const small = issue.code === 'too_small'
  const limit = Number(small ? issue.minimum : issue.maximum)
  const bound = small ? 'at least' : 'at most'
  if (issue.origin === 'string') {
    return small && limit === 1
      ? problemOf('config-value', 'empty', { key })
      : problemOf('config-value', 'length', { key, bound, limit })
  }
  if (issue.origin === 'array') return problemOf('config-value', 'entries', { key, bound, limit })
  return issue.inclusive === false
    ? problemOf('config-value', 'range-open', { key, bound: small ? 'more' : 'less', limit })
    : problemOf('config-value', 'range', { key, bound, limit })
}

interface Refused {
  readonly key: string
  readonly path: KeyPath
  readonly value: unknown
  readonly fromVariable: boolean
}

const wordsFor = (issue: Issue, { key, path, value, fromVariable }: Refused): Problem => {
  const isAbsent = value === undefined
  switch (issue.code) {
    case 'invalid_type':
      return isAbsent
        ? missing(key, path)
        : wrongKind(key, kinds[issue.expected] ?? 'another value', value, fromVariable)
    case 'invalid_value':
      return isAbsent ? missing(key, path) : notOneOf(key, issue.values.map(String), path, value)
    case 'invalid_union': {
      const nodes = nodesAt(path).flatMap(variantsOf)
      const allowed = nodes.flatMap((node) => node.const ?? [])
      if (allowed.length > 0) return notOneOf(key, allowed, path, value)
      if (isAbsent) return missing(key, path)
      const all = orList([...new Set(nodes.map(expectation))])
      return problemOf('config-value', 'kinds', { key, kinds: all })
    }
    case 'too_small':
    case 'too_big':
      return outOfBounds(key, issue)
    case 'invalid_format':
      return issue.format === 'url'
        ? problemOf('config-value', 'url', { key })
        : problemOf('config-value', 'invalid', { key, why: issue.message })
    case 'custom': {
      const what = isAbsent ? nodesAt(path)[0]?.description : undefined
      const why = issue.message
      return what === undefined
        ? problemOf('config-value', 'invalid', { key, why })
        : problemOf('config-value', 'invalid-absent', { key, why, what })
    }
    case 'unrecognized_keys':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return problemOf('config-value', 'invalid', { key, why: issue.message })
  }
}

/** More than anybody reads; the rest is counted alone. */
const mostFindings = 1000

export interface SchemaFindings {
  readonly findings: readonly ConfigFinding[]
  /** How many more there are. */
  readonly more: number
}

/** `filled` are the values in which a variable stands. */
export const findingsOf = (
  issues: readonly Issue[],
  tree: unknown,
  filled: readonly KeyPath[],
): SchemaFindings => {
  const variables = PathMap.of(filled)
  const findings: ConfigFinding[] = []
  let more = 0
  for (const issue of issues) {
    const path = issue.path as KeyPath
    const room = mostFindings - findings.length
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, room)) findings.push(unknownKey(key, path, tree))
      more += Math.max(0, issue.keys.length - room)
      continue
    }
    if (room === 0) {
      more += 1
      continue
    }
    const fromVariable = variables.get(path) === true
    const value = valueAt(tree, path)
    findings.push(findingAt(path, (key) => wordsFor(issue, { key, path, value, fromVariable })))
  }
  return { findings, more }
}
