// What may be shown to a person, on a terminal or in a log: text from elsewhere loses the characters that could steer it.

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and what Unicode says is there without
 * being seen: what turns the direction of writing, zero-width and filler characters, tags. Emoji keep their
 * variation selectors.
 */
const steering =
  /(?![\ufe00-\ufe0f])[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')

const visible = (character: string): string =>
  character === '\n' ? '\\n' : character === '\t' ? '\\t' : escaped(character)

/** Most lines: nothing to look for. */
const plain = /^[\x20-\x7e]*$/

/** One line of printable text: control, bidirectional and zero-width characters become escapes. */
export const printable = (text: string): string =>
  plain.test(text) ? text : text.replace(steering, visible)

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
