// Occurrences of the words that docs/glossary.md leaves out: in comments and strings of src, and in the pages.
//   node scripts/run-ts.mjs scripts/words.ts            prints each with its place
//   node scripts/run-ts.mjs scripts/words.ts --shrink   lowers the allowed counts to what is there; never raises one
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export const root = join(import.meta.dirname, '..')
const allowedFile = join(root, 'test', 'docs', 'words-allowed.json')

export const words = (glossary: string): readonly string[] => {
  const [, table = ''] = glossary.split('## Words we leave out')
  const rows = [...table.matchAll(/^\| ([a-z, ]+?) *\|/gm)].map(([, cell = '']) => cell)
  return rows.flatMap((cell) => cell.split(', ')).filter((word) => word !== '')
}

const pattern = (list: readonly string[]): RegExp => new RegExp(`\\b(?:${list.join('|')})\\b`, 'gi')

interface Occurrence {
  readonly file: string
  readonly line: number
  readonly word: string
}

/** The text that people read: comments, and strings and templates that are no import paths. */
const prose = (text: string): readonly { readonly at: number; readonly text: string }[] => {
  const pieces: { at: number; text: string }[] = []
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  const comments = new Set<number>()
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(text, node.pos) ?? []) {
      if (comments.has(pos)) continue
      comments.add(pos)
      pieces.push({ at: pos, text: text.slice(pos, end) })
    }
    const isText =
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node)
    // One word is a name in code: a member, a method, a value.
    if (isText && /\s/.test(node.text.trim()))
      pieces.push({ at: node.getStart(source), text: node.getText(source) })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return pieces
}

/** A page without its code. */
const pageText = (text: string): string =>
  text
    .replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

const inFile = (file: string, find: RegExp): readonly Occurrence[] => {
  const text = readFileSync(join(root, file), 'utf8')
  const pieces = file.endsWith('.ts') ? prose(text) : [{ at: 0, text: pageText(text) }]
  return pieces.flatMap((piece) =>
    [...piece.text.matchAll(find)].map((match) => ({
      file,
      line: lineAt(text, piece.at + match.index),
      word: match[0],
    })),
  )
}

const filesBelow = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith(ending))
    .sort()

export const occurrences = (): readonly Occurrence[] => {
  const find = pattern(words(readFileSync(join(root, 'docs', 'glossary.md'), 'utf8')))
  const pages = [...filesBelow('docs', '.md'), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md']
  return [
    ...filesBelow('src', '.ts'),
    ...pages.filter((page) => page !== 'docs/glossary.md'),
  ].flatMap((file) => inFile(file, find))
}

export type Counts = Readonly<Record<string, number>>

export const countsOf = (found: readonly Occurrence[]): Counts => {
  const counts: Record<string, number> = {}
  for (const { file } of found) counts[file] = (counts[file] ?? 0) + 1
  return counts
}

export const allowedCounts = (): Counts => JSON.parse(readFileSync(allowedFile, 'utf8')) as Counts

const main = (): void => {
  const found = occurrences()
  if (!process.argv.includes('--shrink')) {
    for (const { file, line, word } of found) console.log(`${file}:${line} ${word}`)
    return
  }
  const counts = countsOf(found)
  const lowered = Object.entries(allowedCounts())
    .map(([file, allowed]) => [file, Math.min(allowed, counts[file] ?? 0)] as const)
    .filter(([, count]) => count > 0)
  writeFileSync(allowedFile, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`)
}

if (process.argv[1]?.endsWith('words.ts') === true) main()
