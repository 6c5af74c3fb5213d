// Patterns on the names of one backend: globs, and regular expressions behind `re:`.
import { compilePatterns, type Patterns } from '../policy/glob.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import type { CompiledRegex, LinearRegex } from './linear-regex.ts'

const marker = 're:'

/** The regular expression of a pattern; undefined: it is a glob. */
export const regexIn = (pattern: string): string | undefined =>
  pattern.startsWith(marker) ? pattern.slice(marker.length) : undefined

export type RegexCompiler = (source: string) => CompiledRegex

const withoutRegexes: RegexCompiler = () => {
  throw new Error('the compiler of regular expressions is not loaded')
}

/** Loaded where one of the patterns is a regular expression. */
export const regexCompilerFor = async (patterns: readonly string[]): Promise<RegexCompiler> =>
  patterns.some((pattern) => regexIn(pattern) !== undefined)
    ? (await import('./linear-regex.ts')).compileRegex
    : withoutRegexes

/** Throws a UsageError for an expression that cannot be compiled. */
const regexOf = (source: string, key: string, compile: RegexCompiler): LinearRegex => {
  const compiled = compile(source)
  if ('regex' in compiled) return compiled.regex
  throw usageError(problemOf('config-value', 'pattern', { key, why: compiled.why }))
}

/** `key` names the list in the configuration. Throws a UsageError for an expression that cannot be compiled. */
export const compileNames = (
  patterns: readonly string[],
  key: string,
  compile: RegexCompiler,
): Patterns => {
  const globs = compilePatterns(patterns.filter((pattern) => regexIn(pattern) === undefined))
  const regexes = patterns.flatMap((pattern) => {
    const source = regexIn(pattern)
    return source === undefined ? [] : [{ pattern, regex: regexOf(source, key, compile) }]
  })
  return {
    match: (name) => globs.match(name) ?? regexes.find(({ regex }) => regex.test(name))?.pattern,
  }
}
