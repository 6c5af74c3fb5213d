// Adds, replaces or removes one backend in the text of a configuration; everything else stays as it is written.
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'smol-toml'
import { readDocument, type Format } from './document.ts'

export type BackendSection = Readonly<Record<string, unknown>> & { readonly name: string }

export type BackendEdit =
  | { readonly kind: 'add'; readonly section: BackendSection }
  | { readonly kind: 'replace'; readonly section: BackendSection }
  | { readonly kind: 'remove'; readonly name: string }

type Tree = Readonly<Record<string, unknown>>

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const backendsIn = (tree: Tree): readonly unknown[] =>
  Array.isArray(tree['backends']) ? (tree['backends'] as readonly unknown[]) : []

const nameIn = (entry: unknown): unknown => (isTree(entry) ? entry['name'] : undefined)

/** Where it is in the list; -1 where it is not. */
const placeOf = (tree: Tree, name: string): number =>
  backendsIn(tree).findIndex((entry) => nameIn(entry) === name)

const nameOf = (edit: BackendEdit): string =>
  edit.kind === 'remove' ? edit.name : edit.section.name

const edited = (tree: Tree, edit: BackendEdit, at: number): Tree => {
  const backends = [...backendsIn(tree)]
  if (edit.kind === 'add') backends.push(edit.section)
  else backends.splice(at, 1, ...(edit.kind === 'replace' ? [edit.section] : []))
  return { ...tree, backends }
}

const tomlSection = (section: BackendSection): string =>
  stringify({ backends: [section] }).trimEnd()

/** Without the types of a parser, such as dates. */
const plain = (tree: unknown): unknown => JSON.parse(JSON.stringify(tree))

interface Span {
  readonly start: number
  readonly end: number
}

/** The tables of the backend at that place, those below it included. */
const tomlSpans = async (text: string, at: number): Promise<readonly Span[]> => {
  const { parseTOML } = await import('./toml-tree.ts')
  const [{ body }] = parseTOML(text).body
  return body.flatMap((node) =>
    node.type === 'TOMLTable' && node.resolvedKey[0] === 'backends' && node.resolvedKey[1] === at
      ? [{ start: node.range[0], end: node.range[1] }]
      : [],
  )
}

const editToml = async (text: string, edit: BackendEdit, at: number): Promise<string> => {
  if (edit.kind === 'add') return `${text.trimEnd()}\n\n${tomlSection(edit.section)}\n`
  const spans = await tomlSpans(text, at)
  let result = text
  for (const [index, { start, end }] of [...spans.entries()].toReversed()) {
    const put = index === 0 && edit.kind === 'replace' ? tomlSection(edit.section) : ''
    result = `${result.slice(0, start)}${put}${result.slice(end)}`
  }
  return result
}

const editYaml = async (text: string, edit: BackendEdit, at: number): Promise<string> => {
  const { parseYaml } = await import('./yaml-text.ts')
  const document = await parseYaml(text)
  if (document === undefined) return text
  if (edit.kind === 'remove') document.deleteIn(['backends', at])
  else if (edit.kind === 'replace') {
    document.setIn(['backends', at], document.createNode(edit.section))
  } else document.addIn(['backends'], document.createNode(edit.section))
  return document.toString()
}

const editJson = (tree: Tree, edit: BackendEdit, at: number): string =>
  `${JSON.stringify(edited(tree, edit, at), null, 2)}\n`

/**
 * `taken`, `unknown`: by the name of the backend. `layout`: the list is written in a way that is not edited, such as an
 * inline array of TOML. Judges nothing else.
 */
export const editBackends = async (
  text: string,
  format: Format,
  edit: BackendEdit,
): Promise<{ readonly text: string } | 'taken' | 'unknown' | 'layout'> => {
  const { tree } = await readDocument(text, format)
  if (!isTree(tree)) return 'layout'
  const at = placeOf(tree, nameOf(edit))
  if (edit.kind === 'add' && at !== -1) return 'taken'
  if (edit.kind !== 'add' && at === -1) return 'unknown'
  const result =
    format === 'toml'
      ? await editToml(text, edit, at)
      : format === 'yaml'
        ? await editYaml(text, edit, at)
        : editJson(tree, edit, at)
  // The text says what was meant, or it is not used.
  const after = await readDocument(result, format)
  const wanted = edited(tree, edit, at)
  const isSame = isDeepStrictEqual(
    // The last table takes the list with it.
    plain(isTree(after.tree) ? { ...after.tree, backends: backendsIn(after.tree) } : null),
    plain(wanted),
  )
  return isSame ? { text: result } : 'layout'
}
