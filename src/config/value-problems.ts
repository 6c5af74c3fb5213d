// Why a value is not allowed, in words for the person who wrote it. The value itself is never repeated.
import type * as z from 'zod'
import { violation, type Finding } from './finding.ts'
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

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint })

interface Reason {
  readonly why: string
  readonly hint?: string
}

const missing = (path: KeyPath): Reason => {
  const what = nodesAt(path)[0]?.description
  return {
    why: 'is required',
    ...hintOf(what === undefined ? undefined : `add it: ${what}`),
  }
}

const wrongKind = (expected: string, value: unknown, fromVariable: boolean): Reason => {
  const why = `must be ${expected}, not ${kindOf(value)}`
  if (fromVariable) return { why, hint: 'a variable always gives a string; write the value itself' }
  if (typeof value === 'string' && /number|true/.test(expected)) {
    return { why, hint: 'write it without quotes' }
  }
  if (expected === 'a list') return { why, hint: 'put it in [ ]' }
  return { why }
}

const notOneOf = (allowed: readonly string[], path: KeyPath, value: unknown): Reason => {
  const word = typeof value === 'string' ? value : ''
  const near = otherNames[sectionOf(path)]?.[word.toLowerCase()] ?? nearest(word, allowed)
  return {
    why: `must be ${orList(allowed.map(quote))}`,
    ...hintOf(near === undefined ? undefined : `did you mean ${quote(near)}?`),
  }
}

const bound = (issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string => {
  const small = issue.code === 'too_small'
  const limit = small ? issue.minimum : issue.maximum
  const word = small ? 'at least' : 'at most'
  if (issue.origin === 'string') {
    return small && limit === 1 ? 'must not be empty' : `must have ${word} ${limit} characters`
  }
  if (issue.origin === 'array') {
    return `needs ${word} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  }
  if (issue.inclusive === false) return `must be ${small ? 'more' : 'less'} than ${limit}`
  return `must be ${word} ${limit}`
}

const reasonOf = (issue: Issue, path: KeyPath, tree: unknown, fromVariable: boolean): Reason => {
  const value = valueAt(tree, path)
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? missing(path)
        : wrongKind(kinds[issue.expected] ?? 'another value', value, fromVariable)
    case 'invalid_value':
      return value === undefined ? missing(path) : notOneOf(issue.values.map(String), path, value)
    case 'invalid_union': {
      const nodes = nodesAt(path).flatMap(variantsOf)
      const allowed = nodes.flatMap((node) => node.const ?? [])
      if (allowed.length > 0) {
        const reason = notOneOf(allowed, path, value)
        return value === undefined ? { ...reason, why: `is required; it ${reason.why}` } : reason
      }
      return value === undefined
        ? missing(path)
        : { why: `must be ${orList([...new Set(nodes.map(expectation))])}, none of it empty` }
    }
    case 'too_small':
    case 'too_big':
      return { why: bound(issue) }
    case 'invalid_format':
      return issue.format === 'url'
        ? {
            why: 'must be an absolute URL',
            hint: 'begin it with https:// (http:// on this machine)',
          }
        : { why: issue.message }
    case 'custom':
      return value === undefined ? { ...missing(path), why: issue.message } : { why: issue.message }
    case 'unrecognized_keys':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return { why: issue.message }
  }
}

/** More than anybody reads; the rest is counted alone. */
const mostFindings = 1000

export interface SchemaFindings {
  readonly findings: readonly Finding[]
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
  const findings: Finding[] = []
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
    const { why, hint } = reasonOf(issue, path, tree, fromVariable)
    findings.push(violation(path, why, hint))
  }
  return { findings, more }
}
