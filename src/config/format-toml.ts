// Lays out a configuration in TOML: one form of spaces and blank lines; comments, order and values stay as they are.
import { isDeepStrictEqual } from 'node:util'
import { parse as parseToml } from 'smol-toml'
import { parseTOML } from './toml-tree.ts'

type Program = ReturnType<typeof parseTOML>
type Node = Program['body'][0]['body'][number]
type Entry = Extract<Node, { type: 'TOMLKeyValue' }>
type Value = Entry['value']

/** One line of the result, or several of a value that spans them. */
interface Piece {
  readonly start: number
  readonly end: number
  readonly kind: 'comment' | 'header' | 'entry'
  readonly text: string
}

const keyText = (key: Entry['key'], source: string): string =>
  key.keys.map(({ range: [start, end] }) => source.slice(start, end)).join('.')

const isOneLine = (text: string): boolean => !text.includes('\n')

/** A value on one line gets one form of spaces; one on several, and one with comments in it, stays as it is. */
const valueText = (value: Value, source: string): string => {
  const [start, end] = value.range
  const written = source.slice(start, end)
  if (!isOneLine(written)) return written
  if (value.type === 'TOMLArray') {
    return `[${value.elements.map((element) => valueText(element, source)).join(', ')}]`
  }
  if (value.type === 'TOMLInlineTable') {
    const members = value.body.map(
      (entry) => `${keyText(entry.key, source)} = ${valueText(entry.value, source)}`,
    )
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
  }
  return written
}

const piecesOf = (source: string): readonly Piece[] => {
  const program = parseTOML(source)
  const pieces: Piece[] = program.comments.map(({ range: [start, end], value }) => ({
    start,
    end,
    kind: 'comment',
    text: `#${value}`.trimEnd(),
  }))
  const add = (entry: Entry) => {
    const [start, end] = entry.range
    const text = `${keyText(entry.key, source)} = ${valueText(entry.value, source)}`
    pieces.push({ start, end, kind: 'entry', text })
  }
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      add(node)
      continue
    }
    const [start] = node.range
    const [open, close] = node.kind === 'array' ? ['[[', ']]'] : ['[', ']']
    const end = source.indexOf(']', node.key.range[1]) + close.length
    pieces.push({ start, end, kind: 'header', text: `${open}${keyText(node.key, source)}${close}` })
    for (const entry of node.body) add(entry)
  }
  return pieces.toSorted((a, b) => a.start - b.start)
}

const layOut = (source: string): string => {
  const lines: string[] = []
  let end = 0
  /** Where the comments begin that end at the line before; the number of lines where there are none. */
  let comments = 0
  for (const piece of piecesOf(source)) {
    // A comment within a value that spans lines has been written with it.
    if (piece.start < end) continue
    const breaks = source.slice(end, piece.start).split('\n').length - 1
    end = piece.end
    const last = lines.length - 1
    if (piece.kind === 'comment' && breaks === 0 && last >= 0) {
      lines[last] = `${lines[last] ?? ''} ${piece.text}`
      continue
    }
    if (breaks > 1 && lines.length > 0) {
      lines.push('')
      comments = lines.length
    }
    const isApart = comments === 0 || lines[comments - 1] === ''
    if (piece.kind === 'header' && !isApart) lines.splice(comments, 0, '')
    lines.push(piece.text)
    if (piece.kind !== 'comment') comments = lines.length
  }
  return `${lines.join('\n')}\n`
}

/**
 * The text laid out, or undefined where that would change what it says. The text must be well-formed TOML. Line ends
 * become `\n`.
 */
export const formatToml = (text: string): string | undefined => {
  const source = text.replaceAll('\r\n', '\n')
  const result = layOut(source)
  return isDeepStrictEqual(parseToml(result), parseToml(source)) ? result : undefined
}
