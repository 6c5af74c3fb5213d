// Text in one of the three formats becomes a tree, or a list of places where it is not well-formed.
import { parse as parseToml, TomlError } from 'smol-toml'
import { parseJson } from '../base/json.ts'
import { withoutByteOrderMark } from '../base/byte-order-mark.ts'
import { showKey } from './key-path.ts'
import { problemOf, type Problem } from '../problems/problem.ts'

const malformed = (why: string): Problem => problemOf('config-syntax', 'malformed', { why })

export type Format = 'toml' | 'yaml' | 'json'

interface SyntaxFault {
  readonly problem: Problem
  readonly line?: number
  readonly column?: number
}

export type Document =
  | { readonly tree: unknown; readonly faults: readonly [] }
  | { readonly tree?: undefined; readonly faults: readonly [SyntaxFault, ...SyntaxFault[]] }

/** Anything that is not named otherwise is TOML. */
export const formatOf = (file: string): Format => {
  const extension = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase()
  if (extension === 'yaml' || extension === 'yml') return 'yaml'
  return extension === 'json' ? 'json' : 'toml'
}

const placeAt = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
}

// The parsers quote the source in their messages, and the source may hold a secret: their own words are not used
// where they can carry it.
const tomlFault = async (error: unknown, text: string): Promise<SyntaxFault> => {
  if (!(error instanceof TomlError)) return { problem: malformed('not well-formed TOML') }
  const { line, column } = error
  const { tomlSlip } = await import('./toml-slips.ts')
  const slip = tomlSlip({ lines: text.split('\n'), line, column })
  if (slip !== undefined) return { problem: slip, line, column }
  const words = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
  const why = /^[a-z ,:.-]+$/.test(words) ? words : 'invalid value'
  return { problem: malformed(`not well-formed TOML: ${why}`), line, column }
}

const readToml = async (text: string): Promise<Document> => {
  try {
    return { tree: parseToml(text), faults: [] }
  } catch (error) {
    return { faults: [await tomlFault(error, text)] }
  }
}

const yamlFaults: Readonly<Record<string, string>> = {
  ALIAS_OF_ITSELF: 'an alias within its own anchor',
  BAD_ALIAS: 'an alias without its anchor',
  BAD_DQ_ESCAPE: 'an unknown escape in a quoted string',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value that begins with a reserved character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value where a key was expected; look for a missing quote or indentation',
  DUPLICATE_KEY: 'the same key twice',
  EXPANDS: 'aliases that expand too far',
  MISSING_CHAR: 'a missing character, such as a colon, a comma or a closing quote',
  MULTILINE_IMPLICIT_KEY: 'a key that spans lines; look for a missing colon',
  MULTIPLE_DOCS: 'more than one document',
  NON_STRING_KEY: 'a key that is not a string',
  TAB_AS_INDENT: 'a tab as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag that is not supported',
  UNEXPECTED_TOKEN: 'an unexpected character',
}

const mostFaults = 10

const readYaml = async (text: string): Promise<Document> => {
  const { mostTokens, parseYaml, yamlTree } = await import('./yaml-text.ts')
  const document = await parseYaml(text)
  if (document === undefined) return refused(`more than ${mostTokens} tokens of YAML`)
  // A tag that nobody knows is only a warning to the parser; here it would change what a value means.
  const given = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    code: code as string,
    offset: pos[0],
  }))
  const read = given.length > 0 ? { faults: [] } : await yamlTree(document)
  const [first, ...rest] = [...given, ...read.faults]
    .slice(0, mostFaults)
    .map(({ code, offset }): SyntaxFault => ({
      problem: malformed(`not well-formed YAML: ${yamlFaults[code] ?? 'a syntax error'}`),
      ...placeAt(text, offset),
    }))
  if (first !== undefined) return { faults: [first, ...rest] }
  return { tree: 'tree' in read ? read.tree : null, faults: [] }
}

const readJson = (text: string): Document => {
  const parsed = parseJson(text)
  if (!parsed.ok) {
    const place = parsed.position === undefined ? {} : placeAt(text, parsed.position)
    const problem = malformed(`not well-formed JSON: ${parsed.reason}`)
    return { faults: [{ problem, ...place }] }
  }
  const [twice] = parsed.duplicates
  if (twice === undefined) return { tree: parsed.value, faults: [] }
  const why = `not well-formed JSON: ${showKey(twice)} stands twice in one object`
  return { faults: [{ problem: malformed(why) }] }
}

const deepest = 100

/**
 * Whether a reader would have to descend too far. Counts brackets wherever they stand, also in strings: near the end
 * of its stack the engine may end the process instead of throwing, so this is asked before anything is read.
 */
const descendsTooFar = (text: string): boolean => {
  let depth = 0
  for (const [character] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (character === '[' || character === '{' ? 1 : -1))
    if (depth > deepest) return true
  }
  // YAML nests without brackets too: by indentation and by "- - -" on one line.
  return /^[ \t?-]{200}/m.test(text)
}

/** The schema gathers its issues as the arguments of calls, and for more of them there is no room on the stack. */
const mostValues = 30_000

const refused = (why: string): Document => ({ faults: [{ problem: malformed(why) }] })

const tooDeep = refused(`nested more than ${deepest} levels deep`)

/** Dotted keys of TOML nest without a sign that could be counted in the text. */
const boundsFault = (tree: unknown): Document | undefined => {
  let level: unknown[] = [tree]
  let values = 0
  for (let depth = 0; depth <= deepest; depth += 1) {
    values += level.length
    if (values > mostValues) return refused(`more than ${mostValues} values`)
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
    if (level.length === 0) return undefined
  }
  return tooDeep
}

const readers = {
  toml: readToml,
  yaml: readYaml,
  json: readJson,
} as const

export const readDocument = async (text: string, format: Format): Promise<Document> => {
  const bare = withoutByteOrderMark(text)
  if (descendsTooFar(bare)) return tooDeep
  const document = await readers[format](bare)
  return (document.tree === undefined ? undefined : boundsFault(document.tree)) ?? document
}
