// How a name or a URI travels in an Mcp-* header: as it is, or as =?base64?...?= where it must be.
import { isBlank, trimBlanks } from '../base/trim.ts'

const prefix = '=?base64?'
const suffix = '?='
const plain = /^[\t\x20-\x7e]*$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isSentinel = (value: string) => value.startsWith(prefix) && value.endsWith(suffix)
const isBlankEnded = (value: string) => isBlank(value[0]) || isBlank(value.at(-1))

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

/** Undefined when the value is not a legal one: foreign characters, bad alphabet, padding or UTF-8. */
export const decodeHeaderValue = (header: string): string | undefined => {
  if (isItself(header)) return header
  const value = trimBlanks(header)
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
