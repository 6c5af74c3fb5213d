// A command as a person types it, parted as a shell would part it: quotes and backslashes, nothing else.

/** Undefined where a quote is not closed. On Windows a backslash parts folders. */
export const shellWords = (
  line: string,
  platform: NodeJS.Platform = process.platform,
): readonly string[] | undefined => {
  const escape = platform === 'win32' ? '' : '\\'
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === escape && quote !== "'" && at + 1 < line.length) {
      at += 1
      word = (word ?? '') + line.charAt(at)
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character
      word ??= ''
    } else if (character === quote) quote = ''
    else word = (word ?? '') + character
  }
  if (quote !== '') return undefined
  return word === undefined ? words : [...words, word]
}
