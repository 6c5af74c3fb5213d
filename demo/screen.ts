// How the tour looks: numbered chapters, commands as typed, their output set in, and what was expected of them.
import { stripVTControlCharacters } from 'node:util'
import { Chalk, supportsColor, type ChalkInstance } from 'chalk'

export interface Screen {
  title(text: string, below: string): void
  /** A numbered chapter with the question it answers. */
  chapter(text: string): void
  /** A sentence of the narrator. */
  say(text: string): void
  /** A command as a person would type it. */
  command(line: string): void
  /** What a program printed, set in. */
  output(text: string): void
  /** Rows of cells in columns. */
  table(rows: readonly (readonly string[])[]): void
  /** What was expected, and whether it came. */
  expectation(text: string, met: boolean): void
  blank(): void
}

// Output of programs may hold colours: they take no room.
const widthOf = (text: string): number => stripVTControlCharacters(text).length

const chalkFor = (stream: NodeJS.WriteStream): ChalkInstance => {
  const colour = stream.isTTY && process.env['NO_COLOR'] === undefined && supportsColor !== false
  return new Chalk({ level: colour ? 1 : 0 })
}

export const createScreen = (stream: NodeJS.WriteStream): Screen => {
  const paint = chalkFor(stream)
  let chapters = 0
  let afterBlank = false
  const line = (text = ''): void => {
    afterBlank = text === ''
    stream.write(`${text}\n`)
  }
  const gap = (): void => {
    if (!afterBlank) line()
  }
  return {
    title: (text, below) => {
      line()
      line(`  ${paint.bold(text)}`)
      line(`  ${paint.dim(below)}`)
    },
    chapter: (text) => {
      chapters += 1
      gap()
      line()
      line(`${paint.cyan(String(chapters).padStart(2))}  ${paint.bold(text)}`)
      line()
    },
    say: (text) => line(`    ${text}`),
    command: (text) => {
      gap()
      line(`    ${paint.dim('$')} ${paint.bold(text)}`)
    },
    output: (text) => {
      for (const one of text.trimEnd().split('\n')) line(`    ${paint.dim('│')} ${one}`)
    },
    table: (rows) => {
      const widths: number[] = []
      for (const row of rows) {
        row.forEach((cell, column) => {
          widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
        })
      }
      for (const row of rows) {
        const cells = row.map((cell, column) =>
          column === row.length - 1
            ? cell
            : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
        )
        line(`    ${cells.join('   ')}`)
      }
    },
    expectation: (text, met) =>
      line(
        met ? `    ${paint.green('✓')} ${text}` : `    ${paint.red('✗ not as expected:')} ${text}`,
      ),
    blank: gap,
  }
}
