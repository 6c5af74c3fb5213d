// What a change does to the file of a client, line by line. Such files have secrets: of what is not ours, only the keys,
// the brackets and the bare words of the format are shown.
import { printable } from '../../base/escape.ts'

const literal = /"(?:[^"\\]|\\.)*"?|'[^']*'?|\/\/.*|\/\*.*|#.*|[^\s"'/#{}[\],:=]+|./gs

const plainWord = /^(?:true|false|null|-?\d{1,9})$/

const hidden = '…'

const contentOf = (word: string): string => {
  try {
    return JSON.parse(word) as string
  } catch {
    return word.slice(1, -1)
  }
}

/** `own`: texts that may be shown. */
const shownLine = (line: string, own: ReadonlySet<string>): string => {
  if (/^\s*\[[^"'=]*\]\s*$/.test(line)) return line
  let text = ''
  for (const { 0: word, index } of line.matchAll(literal)) {
    const isKey = /^\s*[:=]/.test(line.slice(index + word.length, index + word.length + 20))
    if (/^["']/.test(word)) {
      const quote = word.charAt(0)
      text += isKey || own.has(contentOf(word)) ? word : `${quote}${hidden}${quote}`
    } else if (/^(?:\/\/|\/\*|#)/.test(word))
      text += `${word.startsWith('#') ? '#' : '//'} ${hidden}`
    else text += word.length === 1 || isKey || plainWord.test(word) ? word : hidden
  }
  return text
}

const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)

const sameAtStart = (a: ArrayLike<string>, b: ArrayLike<string>): number => {
  let count = 0
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1
  return count
}

const widest = 200
const mostLines = 60

/** A file in one line is long: what is shown of it is where the lines begin to differ. */
const cut = (line: string, from: number): string => {
  if (line.length <= widest) return line
  const start = Math.max(0, from - 20)
  const end = start + widest
  return `${start === 0 ? '' : hidden}${line.slice(start, end)}${end < line.length ? hidden : ''}`
}

/** Lines with "-" or "+" before them. `ours` is the entry of the proxy. */
export const shownDifference = (
  before: string,
  after: string,
  ours: unknown,
): readonly string[] => {
  const own = new Set(textsIn(ours))
  const old = linesOf(before)
  const made = linesOf(after)
  const start = sameAtStart(old, made)
  const end = sameAtStart(old.slice(start).toReversed(), made.slice(start).toReversed())
  const removed = old.slice(start, old.length - end).map((line) => shownLine(line, own))
  const added = made.slice(start, made.length - end).map((line) => shownLine(line, own))
  const at = sameAtStart(removed[0] ?? '', added[0] ?? '')
  const lines = [
    ...removed.map((line) => `-${cut(line, at)}`),
    ...added.map((line) => `+${cut(line, at)}`),
  ]
  return [
    `@@ line ${String(start + 1)} @@`,
    ...lines.slice(0, mostLines),
    ...(lines.length > mostLines
      ? [`${hidden} ${String(lines.length - mostLines)} more lines`]
      : []),
  ].map(printable)
}
