// The table of docs/protocol.md that says what each transport carries.
import { readFileSync } from 'node:fs'

export interface Cell {
  readonly row: string
  readonly column: string
  /** What the document promises there. */
  readonly word: string
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((text) => text.trim())

/** Every cell, row by row. */
export const readTable = (): readonly Cell[] => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const section = page.split('## Transport by transport\n')[1]?.split('\n## ')[0] ?? ''
  const [head = '', , ...body] = section.split('\n').filter((line) => line.startsWith('|'))
  const [, ...columns] = cellsOf(head)
  return body.flatMap((line) => {
    const [row = '', ...words] = cellsOf(line)
    return words.map((word, at) => ({ row, column: columns[at] ?? '', word }))
  })
}
