// What may go to a terminal: text from elsewhere loses the characters that could steer it.

/* oxlint-disable-next-line no-control-regex -- finding them is the point */
const steering = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

const visible = (character: string): string =>
  character === '\n'
    ? '\\n'
    : character === '\t'
      ? '\\t'
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line of printable text: control, bidirectional and zero-width characters become escapes. */
export const printable = (text: string): string => text.replace(steering, visible)

/** `printable`, cut to at most `length` characters. */
export const shortened = (text: string, length: number): string => {
  const line = printable(text)
  return line.length <= length ? line : `${line.slice(0, Math.max(0, length - 1))}…`
}
