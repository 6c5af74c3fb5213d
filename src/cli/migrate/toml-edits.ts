// Edits of TOML as lines: comments before a key, keys that become comments, keys that are added. All else stays as it was written.
import { PathMap } from '../../config/path-map.ts'
import type { KeyPath } from '../../config/key-path.ts'
import { parseTOML } from '../../config/toml-tree.ts'

type Program = ReturnType<typeof parseTOML>
type Node = Program['body'][0]['body'][number]
type Entry = Extract<Node, { type: 'TOMLKeyValue' }>

/** The lines of a key or a table, from 1; both ends belong to it. */
interface Lines {
  readonly start: number
  readonly end: number
}

/** Where the keys of a text are. */
export interface Places {
  /** Of the key, else of the nearest table around it; undefined where that is not in the text. */
  of(path: KeyPath): Lines | undefined
  /** Of the key itself, where it has lines of its own. */
  exactly(path: KeyPath): Lines | undefined
}

export const placesIn = (text: string): Places => {
  const known = new PathMap<Lines & { readonly isAlone: boolean }>()
  const add = (path: KeyPath, lines: Lines, isAlone: boolean) => {
    known.add(path, { ...lines, isAlone })
  }
  const visitEntry = ({ key, value, loc }: Entry, base: KeyPath, isAlone: boolean): void => {
    const path = [
      ...base,
      ...key.keys.map((one) => (one.type === 'TOMLBare' ? one.name : one.value)),
    ]
    add(path, { start: loc.start.line, end: loc.end.line }, isAlone)
    if (value.type === 'TOMLInlineTable') {
      for (const entry of value.body) visitEntry(entry, path, false)
    }
    if (value.type !== 'TOMLArray') return
    value.elements.forEach((element, index) => {
      const lines = { start: element.loc.start.line, end: element.loc.end.line }
      add([...path, index], lines, false)
      if (element.type !== 'TOMLInlineTable') return
      for (const entry of element.body) visitEntry(entry, [...path, index], false)
    })
  }
  for (const node of parseTOML(text).body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      visitEntry(node, [], true)
      continue
    }
    const { line } = node.key.loc.start
    node.resolvedKey.forEach((_, index) => {
      const path = node.resolvedKey.slice(0, index + 1)
      if (known.nearest(path)?.length !== path.length) add(path, { start: line, end: line }, false)
    })
    for (const entry of node.body) visitEntry(entry, node.resolvedKey, true)
  }
  return {
    of: (path) => known.nearest(path)?.value,
    exactly: (path) => {
      const found = known.nearest(path)
      return found?.value.isAlone === true && found.length === path.length ? found.value : undefined
    },
  }
}

export interface Edit {
  /** Before this line, from 1; one more than there are lines: at the end. */
  readonly at: number
  readonly comments: readonly string[]
  /** Lines that are put behind the comments. */
  readonly added: readonly string[]
  /** The last line that becomes a comment, from `at` on; undefined: none does. */
  readonly commentedTo: number | undefined
}

const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? ''

const asComment = (line: string): string =>
  line.trim() === '' ? '#' : `${indentOf(line)}# ${line.trimStart()}`

/** Several edits of one line come in their order. */
export const withEdits = (text: string, edits: readonly Edit[]): string => {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n')
  const commented = new Set<number>()
  const before = new Map<number, string[]>()
  for (const { at, comments, added, commentedTo } of edits) {
    const indent = indentOf(lines[at - 1] ?? '')
    const known = before.get(at) ?? []
    known.push(...[...comments.map((one) => `# ${one}`), ...added].map((one) => indent + one))
    before.set(at, known)
    for (let line = at; line <= (commentedTo ?? 0); line += 1) commented.add(line)
  }
  const written = lines.flatMap((line, index) => [
    ...(before.get(index + 1) ?? []),
    commented.has(index + 1) ? asComment(line) : line,
  ])
  return `${[...written, ...(before.get(lines.length + 1) ?? [])].join('\n')}\n`
}
