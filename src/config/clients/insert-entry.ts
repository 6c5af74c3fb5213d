// Adds one server to the text of a client's file; comments, format and all other bytes stay as they are.
import type { Node } from 'jsonc-parser'
import { withoutByteOrderMark } from '../../base/byte-order-mark.ts'
import { valueAt } from '../key-path.ts'
import { readTree } from './document.ts'
import { entryText, nestedEntry, type ProxyEntry } from './proxy-entry.ts'
import { isEntry, type Entry } from './reading.ts'

export type Insertion =
  | { readonly kind: 'inserted'; readonly text: string }
  /** The file does not parse. */
  | { readonly kind: 'syntax'; readonly why: string }
  /** The name is another server's. */
  | { readonly kind: 'taken' }
  /** It parses, and has no place for the entry. */
  | { readonly kind: 'shape'; readonly why: string }

type Path = ProxyEntry['path']

/** What the tree has to be afterwards. */
const withValue = (tree: unknown, [key = '', ...rest]: Path, value: unknown): Entry => {
  const table = isEntry(tree) ? tree : {}
  return { ...table, [key]: rest.length === 0 ? value : withValue(table[key], rest, value) }
}

const lineEnd = (text: string): string => (/\r\n/.test(text) ? '\r\n' : '\n')

const indentOf = (text: string): string => {
  const [, blanks = '  '] = /^([ \t]+)\S/m.exec(text) ?? []
  return blanks.startsWith('\t') ? '\t' : blanks.length > 8 ? '  ' : blanks
}

/** Where the line of `offset` begins, and what is on it before `offset`. */
const before = (text: string, offset: number): string =>
  text.slice(
    Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1,
    offset,
  )

/** Behind the last member: its comma, if there is one, and the comments on the same line. */
const behind = async (
  text: string,
  offset: number,
): Promise<{ readonly end: number; readonly hasComma: boolean }> => {
  const { createScanner } = await import('jsonc-parser')
  const scanner = createScanner(text, false)
  scanner.setPosition(offset)
  let end = offset
  let hasComma = false
  let isComment = false
  for (;;) {
    scanner.scan()
    const word = text.slice(scanner.getTokenOffset(), scanner.getPosition())
    isComment = word.startsWith('//') || word.startsWith('/*')
    if (word === ',') hasComma = true
    else if (!isComment && (word === '' || /[\r\n]/.test(word) || /\S/.test(word))) break
    if (word === ',' || isComment) end = scanner.getPosition()
    if (isComment && /[\r\n]/.test(word)) break
  }
  return { end, hasComma }
}

/** Into an object that has members: after the last of them, in the manner of that one. */
const insertBehind = async (
  text: string,
  last: Node,
  key: string,
  value: unknown,
): Promise<string> => {
  const lead = before(text, last.offset)
  const offset = last.offset + last.length
  if (/\S/.test(lead)) {
    const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`
    return `${text.slice(0, offset)}, ${member}${text.slice(offset)}`
  }
  const { end, hasComma } = await behind(text, offset)
  const member = `${lead}${JSON.stringify(key)}: ${JSON.stringify(value, null, indentOf(text)).replaceAll('\n', `\n${lead}`)}`
  const written = member.replaceAll('\n', lineEnd(text))
  return [
    text.slice(0, offset),
    ...(hasComma ? [] : [',']),
    text.slice(offset, end),
    lineEnd(text),
    written,
    ...(hasComma ? [','] : []),
    text.slice(end),
  ].join('')
}

const insertJson = async (text: string, { path, value }: ProxyEntry): Promise<string> => {
  const { applyEdits, findNodeAtLocation, modify, parseTree } = await import('jsonc-parser')
  const eol = lineEnd(text)
  const unit = indentOf(text)
  if (text.trim() === '') {
    return `${JSON.stringify(nestedEntry(path, value), null, unit).replaceAll('\n', eol)}${eol}`
  }
  const root = parseTree(text, [], { allowTrailingComma: true })
  const nodeAt = (depth: number): Node | undefined =>
    root === undefined ? undefined : findNodeAtLocation(root, path.slice(0, depth))
  let depth = path.length - 1
  while (depth > 0 && nodeAt(depth) === undefined) depth -= 1
  const parent = nodeAt(depth)
  const last = parent?.children?.at(-1)
  if (last !== undefined) {
    return insertBehind(text, last, path[depth] ?? '', nestedEntry(path.slice(depth + 1), value))
  }
  const formattingOptions = {
    eol,
    insertSpaces: unit !== '\t',
    tabSize: unit === '\t' ? 1 : unit.length,
  }
  return applyEdits(text, modify(text, [...path], value, { formattingOptions }))
}

const insertToml = (text: string, file: string, entry: ProxyEntry): string => {
  const eol = lineEnd(text)
  const table = entryText(file, entry).replaceAll('\n', eol)
  const head = text === '' || text.endsWith('\n') ? text : `${text}${eol}`
  return `${head}${head.trim() === '' ? '' : eol}${table}${eol}`
}

const sameTree = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** `file`: its name says the format. What comes back reads as before, with the entry and nothing else. */
export const insertEntry = async (
  given: string,
  file: string,
  entry: ProxyEntry,
): Promise<Insertion> => {
  const text = withoutByteOrderMark(given)
  const mark = given.slice(0, given.length - text.length)
  const read = text.trim() === '' ? { tree: {} } : await readTree(text, file)
  if ('fault' in read) return { kind: 'syntax', why: read.fault }
  const { tree } = read
  const [list = ''] = entry.path
  if (!isEntry(tree)) return { kind: 'shape', why: 'it is no object' }
  if (tree[list] !== undefined && !isEntry(tree[list])) {
    return { kind: 'shape', why: `"${list}" is no object` }
  }
  if (valueAt(tree, entry.path) !== undefined) return { kind: 'taken' }
  const isToml = /\.toml$/i.test(file)
  const made = isToml ? insertToml(text, file, entry) : await insertJson(text, entry)
  const again = await readTree(made, file)
  const wanted = withValue(tree, entry.path, entry.value)
  if ('fault' in again || !sameTree(again.tree, wanted)) {
    return { kind: 'shape', why: `"${list}" is written in a form that cannot be added to` }
  }
  return { kind: 'inserted', text: `${mark}${made}` }
}
