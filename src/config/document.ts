// Text in one of the three formats becomes a tree, or a list of places where it is not well-formed.
import { parse as parseToml, TomlError } from 'smol-toml'

export type Format = 'toml' | 'yaml' | 'json'

export interface SyntaxFault {
  readonly why: string
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
const tomlFault = (error: unknown): SyntaxFault => {
  if (!(error instanceof TomlError)) return { why: 'not well-formed TOML' }
  const words = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
  const why = /^[a-z ,:.-]+$/.test(words) ? words : 'invalid value'
  return { why: `not well-formed TOML: ${why}`, line: error.line, column: error.column }
}

const readToml = (text: string): Document => {
  try {
    return { tree: parseToml(text), faults: [] }
  } catch (error) {
    return { faults: [tomlFault(error)] }
  }
}

const yamlFaults: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias without its anchor',
  BAD_DQ_ESCAPE: 'an unknown escape in a quoted string',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value that begins with a reserved character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value where a key was expected; look for a missing quote or indentation',
  DUPLICATE_KEY: 'the same key twice',
  MISSING_CHAR: 'a missing character, such as a colon, a comma or a closing quote',
  MULTILINE_IMPLICIT_KEY: 'a key that spans lines; look for a missing colon',
  MULTIPLE_DOCS: 'more than one document',
  NON_STRING_KEY: 'a key that is not a string',
  TAB_AS_INDENT: 'a tab as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag that is not supported',
  UNEXPECTED_TOKEN: 'an unexpected character',
}

const readYaml = async (text: string, name: 'YAML' | 'JSON'): Promise<Document> => {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, schema: 'core' })
  // A tag that nobody knows is only a warning to the parser; here it would change what a value means.
  const [first, ...rest] = [...document.errors, ...document.warnings].map((error) => ({
    why: `not well-formed ${name}: ${yamlFaults[error.code] ?? 'a syntax error'}`,
    ...placeAt(text, error.pos[0]),
  }))
  if (first !== undefined) return { faults: [first, ...rest.slice(0, 9)] }
  try {
    return { tree: document.toJS({ maxAliasCount: 100 }) as unknown, faults: [] }
  } catch {
    return { faults: [{ why: `not well-formed ${name}: aliases that expand too far` }] }
  }
}

const readJson = async (text: string): Promise<Document> => {
  // The YAML reader knows positions and sees doubled keys; JSON is a part of what it reads.
  const document = await readYaml(text, 'JSON')
  if (document.faults.length > 0) return document
  try {
    return { tree: JSON.parse(text) as unknown, faults: [] }
  } catch (error) {
    const offset = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    return {
      faults: [
        {
          why: 'not well-formed JSON: comments, trailing commas and unquoted strings are not allowed',
          ...(offset === undefined ? {} : placeAt(text, Number(offset))),
        },
      ],
    }
  }
}

export const readDocument = (text: string, format: Format): Document | Promise<Document> => {
  const bare = text.replace(/^\uFEFF/, '')
  if (format === 'toml') return readToml(bare)
  return format === 'yaml' ? readYaml(bare, 'YAML') : readJson(bare)
}
