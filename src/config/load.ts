// A configuration file becomes a checked configuration, or the list of everything that is wrong with it.
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isReadFault, readFileOrPipe } from '../base/read-file.ts'
import { withoutByteOrderMark } from '../base/byte-order-mark.ts'
import {
  UsageError,
  type Place,
  type UsageProblem,
  usageError,
  usageProblem,
} from '../problems/usage-error.ts'
import { problemOf } from '../problems/problem.ts'
import { crossRules } from './cross-rules.ts'
import { formatOf, readDocument, type Format } from './document.ts'
import { substitute, type UsedVariable } from './env.ts'
import type { Spot } from './excerpt.ts'
import type { ConfigFinding } from './finding.ts'
import { isSecretPath, nodesAt, variantsOf } from './json-schema.ts'
import type { KeyPath } from './key-path.ts'
import { literalSecrets } from './literal-secrets.ts'
import { nearest } from './nearest.ts'
import { patternRules } from './pattern-rules.ts'
import { PathMap, without } from './path-map.ts'
import { configSchema, type Config } from './schema.ts'
import { withVerifyDefaults } from './verify.ts'

export interface LoadedConfig {
  readonly config: Config
  /** As it was named. */
  readonly file: string
  /** What works and should still be known: nothing here keeps the proxy from starting. */
  readonly warnings: readonly UsageProblem[]
  /** Every place of the file that refers to an environment variable. */
  readonly variables: readonly UsedVariable[]
  /** The paths of values that a flag of the command line replaced. */
  readonly flagged?: readonly KeyPath[]
  /** What was read, secrets included: for looking up places, never for showing. */
  readonly written: { readonly text: string; readonly format: Format; readonly tree: unknown }
}

type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigSource {
  /** For messages only; nothing is read from it. */
  readonly file: string
  readonly format: Format
  readonly env: Environment
}

const largestFile = 1_048_576

interface Judgement {
  readonly config: Config | undefined
  readonly problems: readonly ConfigFinding[]
  /** How many problems there are beside these. */
  readonly more: number
  readonly warnings: readonly ConfigFinding[]
}

const pathsOf = (findings: readonly ConfigFinding[]): PathMap<true> =>
  PathMap.of(findings.map(({ path }) => path))

/**
 * Everything that is wrong at once: what the schema refuses is taken out and the rest is judged, so that nobody
 * mends one line only to meet the next. `unusable` are values that have been reported already.
 */
/** CEL is loaded where a configuration has conditions, RE2 where it has regular expressions. */
const compilerProblems = async (config: Config): Promise<readonly ConfigFinding[]> => [
  ...(config.auth.rules === undefined
    ? []
    : (await import('./condition-rules.ts')).conditionRules(config)),
  ...(await patternRules(config)),
]

const judge = async (
  tree: unknown,
  filled: readonly KeyPath[],
  unusable: readonly ConfigFinding[],
): Promise<Judgement> => {
  const reported = pathsOf(unusable)
  const parsed = configSchema.safeParse(withVerifyDefaults(tree))
  if (parsed.success) {
    const found = crossRules(parsed.data)
    const conditions = await compilerProblems(parsed.data)
    const isNews = ({ path }: ConfigFinding) => !reported.reaches(path)
    const problems = [...unusable, ...[...found.problems, ...conditions].filter(isNews)]
    const warnings = [...found.warnings, ...literalSecrets(parsed.data, filled)]
    return { config: parsed.data, problems, more: 0, warnings }
  }
  const { findingsOf } = await import('./value-problems.ts')
  const { findings, more } = findingsOf(parsed.error.issues, tree, filled)
  const issues = findings.filter(({ path }) => reported.nearest(path) === undefined)
  const known = [...unusable, ...issues]
  if (more > 0) return { config: undefined, problems: known, more, warnings: [] }
  const faults = pathsOf(known)
  const rest = configSchema.safeParse(
    withVerifyDefaults(
      without(
        tree,
        known.map(({ path }) => path),
      ),
    ),
  )
  const isSound = ({ path }: ConfigFinding) =>
    faults.nearest(path) === undefined && !faults.reaches(path)
  const rules = rest.success ? crossRules(rest.data).problems.filter(isSound) : []
  return { config: undefined, problems: [...known, ...rules], more: 0, warnings: [] }
}

const linesOf = (text: string): readonly string[] => withoutByteOrderMark(text).split('\n')

/** What only certain words, numbers, true or false may be: no place for a secret. */
const isChoice = (path: KeyPath): boolean => {
  const nodes = nodesAt(path).flatMap(variantsOf)
  const kinds = ['number', 'integer', 'boolean']
  return (
    nodes.length > 0 &&
    nodes.every(
      ({ enum: words, const: word, type = '' }) =>
        words !== undefined || word !== undefined || kinds.includes(type),
    )
  )
}

/** A value is shown where it comes close to one that is allowed: it is no secret in the wrong place. */
const whatMayShow = (
  { at, path }: ConfigFinding,
  { case: name }: Omit<UsageProblem, 'place'>,
): Spot['shows'] => {
  if (at === 'key' || !isChoice(path)) return 'keys'
  return name === 'one-of-similar' ? 'value' : 'numbers'
}

/** As many as a person reads before the next attempt. */
const mostShown = 50

const placed = async (
  findings: readonly ConfigFinding[],
  uncounted: number,
  text: string,
  { file, format }: ConfigSource,
): Promise<UsageProblem[]> => {
  if (findings.length === 0) return []
  const { locator } = await import('./locate.ts')
  const { excerptOf } = await import('./excerpt.ts')
  const lines = linesOf(text)
  const locate = await locator(text, format)
  const found = findings.map((finding) => ({
    finding,
    place: { file, ...locate(finding.path, finding.at) },
  }))
  const line = ({ place }: (typeof found)[number]): number => place.line ?? 0
  const shown = found
    .toSorted((a, b) => line(a) - line(b))
    .slice(0, mostShown)
    .map(({ finding, place }): UsageProblem => {
      const { line, column } = place
      const words = finding.words()
      const shows = whatMayShow(finding, words)
      const excerpt =
        line === undefined || column === undefined
          ? undefined
          : excerptOf(lines, { line, column, shows })
      return { ...words, place, ...(excerpt === undefined ? {} : { excerpt }) }
    })
  const n = found.length - shown.length + uncounted
  return n === 0
    ? shown
    : [...shown, usageProblem(problemOf('config-more', { n }), { place: { file } })]
}

/** The tree of a well-formed text; of any other, throws a `UsageError` with every place where it is not. */
export const wellFormed = async (
  text: string,
  { file, format }: Pick<ConfigSource, 'file' | 'format'>,
): Promise<unknown> => {
  const document = await readDocument(text, format)
  if (document.tree !== undefined) return document.tree
  const { excerptOf } = await import('./excerpt.ts')
  const lines = linesOf(text)
  throw new UsageError(
    document.faults.map(({ problem, line, column }) =>
      line === undefined || column === undefined
        ? usageProblem(problem, { place: { file } })
        : usageProblem(problem, {
            place: { file, line, column },
            excerpt: excerptOf(lines, { line, column }),
          }),
    ),
  )
}

/** Reads no file and no environment but those given. Throws a `UsageError` with every problem found. */
export const parseConfig = async (text: string, source: ConfigSource): Promise<LoadedConfig> => {
  const { file, format, env } = source
  const tree = await wellFormed(text, source)
  const resolved = substitute(tree, env, isSecretPath)
  const { config, problems, more, warnings } = await judge(
    resolved.tree,
    resolved.filled,
    resolved.problems,
  )
  if (config === undefined || problems.length > 0) {
    throw new UsageError(await placed(problems, more, text, source))
  }
  const advice = await placed([...resolved.warnings, ...warnings], 0, text, source)
  const written = { text, format, tree }
  return { config, file, warnings: advice, variables: resolved.variables, written }
}

/** Where a value is in the file that was loaded. */
export const placeIn = async ({ file, written }: LoadedConfig, path: KeyPath): Promise<Place> => {
  const { locator } = await import('./locate.ts')
  const locate = await locator(written.text, written.format)
  return { file, ...locate(path, 'value') }
}

const unreadable = (file: string, why: string, meant?: string): UsageError =>
  usageError(
    meant === undefined
      ? problemOf('config-file', 'unreadable', { file, why })
      : problemOf('config-file', 'similar', { file, why, meant }),
    { place: { file } },
  )

/** A file beside it whose name comes close, or that holds a configuration under another extension. */
const neighbour = async (file: string): Promise<string | undefined> => {
  const folder = dirname(file)
  const names = await readdir(folder).catch(() => [])
  const candidates = names.filter((name) => /\.(?:toml|ya?ml|json)$/i.test(name))
  const stem = basename(file).replace(/\.[^.]*$/, '')
  const name =
    nearest(basename(file), candidates) ??
    candidates.find((candidate) => candidate.replace(/\.[^.]*$/, '') === stem)
  return name === undefined ? undefined : join(folder, name)
}

/** The text of a configuration file and its mode. Throws a `UsageError` where it cannot be read. */
export const readConfigFile = async (
  file: string,
): Promise<{ readonly text: string; readonly mode: number }> => {
  const read = await readFileOrPipe(file, { maxBytes: largestFile })
  if (isReadFault(read)) {
    const other = read.code === 'ENOENT' ? await neighbour(file) : undefined
    throw unreadable(file, read.why, other)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes)
    return { text, mode: read.mode ?? 0 }
  } catch {
    throw unreadable(file, 'it is not UTF-8 text')
  }
}

const othersMayRead = 0o044

/** Reads the file and judges it. Throws a `UsageError`; whatever else it throws is a bug. */
export const loadConfig = async (file: string, env: Environment): Promise<LoadedConfig> => {
  const { text, mode } = await readConfigFile(file)
  const loaded = await parseConfig(text, { file, format: formatOf(file), env })
  const holdsSecret = loaded.warnings.some(({ code }) => code === 'config-secret-literal')
  if (!holdsSecret || (mode & othersMayRead) === 0) return loaded
  const warning = usageProblem(problemOf('config-file-mode', 'secrets', { file }), {
    place: { file },
  })
  return { ...loaded, warnings: [...loaded.warnings, warning] }
}
