// Text from elsewhere, without the characters that could steer a terminal or the reader of a log.

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and what Unicode says is there without
 * being seen: what turns the direction of writing, zero-width and filler characters, tags. Emoji keep their
 * variation selectors.
 */
export const steering =
  /(?![\ufe00-\ufe0f])[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu

export const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')

const visible = (character: string): string =>
  character === '\n' ? '\\n' : character === '\t' ? '\\t' : escaped(character)

/** One line of printable text: control, bidirectional and zero-width characters become escapes. */
export const printable = (text: string): string => text.replace(steering, visible)
