// How a name or a URI travels in an Mcp-* header: as it is, or as =?base64?...?= where it must be.

const prefix = '=?base64?'
const suffix = '?='
const plain = /^[\t\x20-\x7e]*$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isSentinel = (value: string) => value.startsWith(prefix) && value.endsWith(suffix)
const isBlankEnded = (value: string) => /^[\t ]|[\t ]$/.test(value)

const nothingOdd = /^[\x21-\x7e]+$/

/** Needs no encoding, and is none. */
const isItself = (value: string) => nothingOdd.test(value) && !value.startsWith('=?')

/** Encodes what a header cannot carry, what would be trimmed on the way, and what looks encoded. */
export const encodeHeaderValue = (value: string): string =>
  isItself(value) ? value : encoded(value)

const encoded = (value: string): string =>
  value !== '' && plain.test(value) && !isBlankEnded(value) && !isSentinel(value)
    ? value
    : `${prefix}${Buffer.from(value, 'utf8').toString('base64')}${suffix}`

const isBlank = (char: string) => char === ' ' || char === '\t'

/** By hand: an expression for blanks at the end tries at each blank inside, which takes the square of them. */
const trimmed = (header: string): string => {
  let start = 0
  let end = header.length
  while (start < end && isBlank(header.charAt(start))) start += 1
  while (end > start && isBlank(header.charAt(end - 1))) end -= 1
  return header.slice(start, end)
}

/** Undefined when the value is not a legal one: foreign characters, bad alphabet, padding or UTF-8. */
export const decodeHeaderValue = (header: string): string | undefined => {
  if (isItself(header)) return header
  const value = trimmed(header)
  if (!plain.test(value)) return undefined
  if (!isSentinel(value)) return value
  const text = value.slice(prefix.length, -suffix.length)
  if (!base64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  // Left-over bits in the last digit would let two encodings mean one name.
  if (bytes.toString('base64') !== text) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
