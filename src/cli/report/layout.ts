// Lines and columns for a terminal: aligned labels, text that wraps under itself.
import { stripVTControlCharacters } from 'node:util'

const widthOf = (text: string): number => stripVTControlCharacters(text).length

/** Pads to `width` columns whatever colours the text has. */
export const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)))

export const longest = (texts: readonly string[]): number =>
  texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)

const leadingBlanks = (head: string): number => stripVTControlCharacters(head).search(/\S|$/)

/**
 * `head`, then `text` beside it; what does not fit in `columns` goes on below, under the text. A long word,
 * such as a URL, that fits on a line of its own but not beside `head` begins below it. Without `columns`
 * there is one line: a pipe wants lines, not paragraphs.
 */
export const hanging = (head: string, text: string, columns: number | undefined): string => {
  const indent = widthOf(head)
  if (columns === undefined || indent + widthOf(text) <= columns) return `${head}${text}`
  const width = Math.max(20, columns - indent)
  const below = Math.max(4, leadingBlanks(head) + 2)
  const widest = longest(text.split(' '))
  if (below < indent && widest > width && widest <= columns - below) {
    return `${head.trimEnd()}\n${hanging(' '.repeat(below), text, columns)}`
  }
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  lines.push(line)
  return head + lines.join(`\n${' '.repeat(indent)}`)
}
