// Writes a configuration as TOML with a comment for each line that wants one.
import { stringify } from 'smol-toml'

export interface TomlLine {
  readonly key: string
  readonly value: string | number | boolean | readonly string[]
  /** Why it is there. */
  readonly why?: string | undefined
}

export interface TomlTable {
  /** With its brackets. */
  readonly header: string
  readonly about?: readonly string[]
  readonly lines: readonly TomlLine[]
}

const widest = 80

/** What goes into a comment may come from elsewhere: it stays on its line and steers no terminal. */
const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]+/gu, ' ')

const commentText = (text: string): string => harmless(text).trim()

const wrapped = (text: string): string[] => {
  const lines: string[] = []
  for (const word of commentText(text).split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > widest) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const lineText = ({ key, value }: TomlLine): string =>
  stringify({ [key]: value })
    .trimEnd()
    .replace(/\[ (.*) \]$/, '[$1]')

const body = (lines: readonly TomlLine[]): string[] => {
  const written = lines.map((line) => ({ text: lineText(line), why: commentText(line.why ?? '') }))
  const beside = (why: string, column: number): boolean => column + why.length + 4 <= widest
  const column = Math.max(
    0,
    ...written
      .filter(({ text, why }) => why !== '' && beside(why, text.length))
      .map(({ text }) => text.length),
  )
  return written.flatMap(({ text, why }) => {
    if (why === '') return [text]
    return text.length <= column && beside(why, column)
      ? [`${text.padEnd(column)}  # ${why}`]
      : [...wrapped(why), text]
  })
}

/** `about` are the first lines, as they are; every table follows after an empty one. */
export const tomlText = (about: readonly string[], tables: readonly TomlTable[]): string => {
  const sections = tables.map(({ header, about: comments = [], lines }) => [
    ...comments.flatMap(wrapped),
    header,
    ...body(lines),
  ])
  return `${[about.map((line) => `# ${harmless(line)}`), ...sections]
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`
}
