// What may go to a terminal: text from elsewhere loses the characters that could steer it.

import { escaped, printable, steering } from '../../base/printable.ts'

export { printable }

/** The same for a text whose own line breaks are meant: a terminal shows it, a pipe gets it as it is. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** `printable`, cut to at most `length` characters. */
export const shortened = (text: string, length: number): string => {
  const line = printable(text)
  return line.length <= length ? line : `${line.slice(0, Math.max(0, length - 1))}…`
}

/**
 * JSON that says the same and steers nothing: JSON.stringify leaves C1, DEL, directional and invisible
 * characters as they are. Outside of strings only its own line breaks are in the set.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(steering, (character) =>
    character === '\n' ? character : escaped(character),
  )
