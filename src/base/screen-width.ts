// How many columns of a terminal a text takes, and the text cut to them.

/** Characters that are drawn over the one before. */
const drawnOver = /^[\p{Mn}\p{Me}\ufe00-\ufe0f]$/u
/** East Asian wide and fullwidth characters, and emoji. */
const wide =
  /^[\u1100-\u115f\u231a-\u231b\u23e9-\u23f3\u25fd-\u25fe\u2614-\u2615\u2648-\u2653\u2705\u2728\u274c\u2753-\u2757\u2795-\u2797\u2b1b-\u2b55\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f004}-\u{1faff}\u{20000}-\u{3fffd}]$/u

const ascii = /^[\x20-\x7e]*$/

const columnsOf = (character: string): number =>
  drawnOver.test(character) ? 0 : wide.test(character) ? 2 : 1

export const screenWidth = (text: string): number => {
  if (ascii.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** At most `width` columns; what is cut off is shown as an ellipsis. The text has no colours. */
export const cutTo = (text: string, width: number): string => {
  if (screenWidth(text) <= width) return text
  let taken = ''
  let left = width - 1
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    taken += character
  }
  return width < 1 ? '' : `${taken}…`
}
