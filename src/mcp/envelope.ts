// Reads the envelope of a message from its bytes, so that a large result is relayed and never parsed.
import { readJson } from '../base/exact-json.ts'
import { jsonRpcIdOf, type JsonRpcId } from './json-rpc.ts'
import { lazyFromBytes } from './lazy-object.ts'
import { readMessage, type Message } from './message.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Where a member's value begins and ends. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The top-level members that decide what a message is. */
export interface Envelope {
  readonly id?: Span
  readonly method?: Span
  readonly params?: Span
  readonly result?: Span
  readonly error?: Span
}

const known = ['id', 'method', 'params', 'result', 'error', 'jsonrpc'] as const

const isBlank = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const skipBlanks = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (isBlank(bytes[at])) at++
  return at
}

/** Index after the closing quote, or -1. `from` is the index after the opening one. */
const skipString = (bytes: Uint8Array, from: number): number => {
  let at = bytes.indexOf(quote, from)
  while (at !== -1) {
    let slashes = 0
    while (bytes[at - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return at + 1
    at = bytes.indexOf(quote, at + 1)
  }
  return -1
}

/** The deepest message that goes through: what is deeper overflows the stack of whoever writes it out again. */
export const maxDepth = 128

const hasManyBrackets = (bytes: Uint8Array): boolean => {
  let count = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if ((byte === openBrace || byte === openBracket) && ++count > maxDepth) return true
  }
  return false
}

/**
 * Whether brackets nest deeper than a message may. Text that is no JSON is judged too, by its brackets alone.
 */
export const isTooDeep = (bytes: Uint8Array): boolean => {
  // So many levels take at least so many bytes, and so many brackets, whatever stands in strings.
  if (bytes.length <= 2 * maxDepth || !hasManyBrackets(bytes)) return false
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1) - 1
      if (at < 0) return false
    } else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) return true
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return false
}

/** Index after an object or array, or -1, also where it is too deep. Brackets are counted, their kinds are not compared. */
const skipNested = (bytes: Uint8Array, from: number): number => {
  let depth = 0
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1)
      if (at === -1) return -1
      continue
    }
    at++
    if (byte === openBrace || byte === openBracket) {
      // The message around it is a level too.
      if (++depth >= maxDepth) return -1
    } else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at
  }
  return -1
}

const skipScalar = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === comma || byte === closeBrace || byte === closeBracket || isBlank(byte)) break
    at++
  }
  return at === from ? -1 : at
}

const skipValue = (bytes: Uint8Array, from: number): number => {
  const byte = bytes[from]
  if (byte === quote) return skipString(bytes, from + 1)
  if (byte === openBrace || byte === openBracket) return skipNested(bytes, from)
  return skipScalar(bytes, from)
}

const isNamed = (bytes: Uint8Array, start: number, end: number, name: string): boolean => {
  if (name.length !== end - start) return false
  for (let at = 0; at < name.length; at++) {
    if (bytes[start + at] !== name.charCodeAt(at)) return false
  }
  return true
}

const nameAt = (bytes: Uint8Array, start: number, end: number): string | undefined =>
  known.find((name) => isNamed(bytes, start, end, name))

/** Looks no further than the name: a search to the end of the message, for each name in it, takes the square of its length. */
const hasEscape = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (bytes[at] === backslash) return true
  return false
}

/**
 * Finds the members at the top level. Undefined when anything is odd (not an object, an escape in a
 * name, a name twice, a truncated or trailing part): parse the whole then. Values are skipped by their
 * brackets and quotes, so what is inside them is not validated.
 */
export const scanEnvelope = (bytes: Uint8Array): Envelope | undefined => {
  const spans: Record<string, Span> = {}
  let at = skipBlanks(bytes, 0)
  if (bytes[at] !== openBrace) return undefined
  at = skipBlanks(bytes, at + 1)
  while (bytes[at] === quote) {
    const nameStart = at + 1
    const nameEnd = skipString(bytes, nameStart)
    if (nameEnd === -1 || hasEscape(bytes, nameStart, nameEnd)) return undefined
    at = skipBlanks(bytes, nameEnd)
    if (bytes[at] !== colon) return undefined
    const start = skipBlanks(bytes, at + 1)
    const end = skipValue(bytes, start)
    if (end === -1) return undefined
    const name = nameAt(bytes, nameStart, nameEnd - 1)
    if (name !== undefined) {
      if (spans[name] !== undefined) return undefined
      spans[name] = { start, end }
    }
    at = skipBlanks(bytes, end)
    if (bytes[at] === closeBrace) {
      return skipBlanks(bytes, at + 1) === bytes.length && isVersionTwo(bytes, spans['jsonrpc'])
        ? spans
        : undefined
    }
    if (bytes[at] !== comma) return undefined
    at = skipBlanks(bytes, at + 1)
  }
  return undefined
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array, span: Span): string =>
  decoder.decode(bytes.subarray(span.start, span.end))

const versionTwo = [quote, 0x32, 0x2e, 0x30, quote] as const

const isVersionTwo = (bytes: Uint8Array, span: Span | undefined): boolean =>
  span !== undefined &&
  span.end - span.start === versionTwo.length &&
  versionTwo.every((byte, index) => bytes[span.start + index] === byte)

/** Where the value of a member begins that an object has at its top; -1 also where anything is odd: see `scanEnvelope`. */
const startOf = (bytes: Uint8Array, name: string): number => {
  let at = skipBlanks(bytes, 0)
  if (bytes[at] !== openBrace) return -1
  at = skipBlanks(bytes, at + 1)
  while (bytes[at] === quote) {
    const nameStart = at + 1
    const nameEnd = skipString(bytes, nameStart)
    if (nameEnd === -1) return -1
    at = skipBlanks(bytes, nameEnd)
    if (bytes[at] !== colon) return -1
    const start = skipBlanks(bytes, at + 1)
    if (isNamed(bytes, nameStart, nameEnd - 1, name)) return start
    at = skipValue(bytes, start)
    if (at === -1) return -1
    at = skipBlanks(bytes, at)
    if (bytes[at] !== comma) return -1
    at = skipBlanks(bytes, at + 1)
  }
  return -1
}

/** Whether an object has a member of this name, plain ASCII, at its top. */
export const hasMember = (bytes: Uint8Array, name: string): boolean => startOf(bytes, name) !== -1

/** What the value of a member begins with, which tells its kind; undefined where there is none. */
export const firstByteOf = (bytes: Uint8Array, name: string): number | undefined => {
  const seen = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(`"${name}"`)
  const at = seen ? startOf(bytes, name) : -1
  return at === -1 ? undefined : bytes[at]
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Ids of most clients are small integers. */
const readDigits = (bytes: Uint8Array, { start, end }: Span): number | undefined => {
  if (end - start > 15) return undefined
  let id = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9 || (at > start && id === 0)) return undefined
    id = id * 10 + digit
  }
  return id
}

const readId = (bytes: Uint8Array, span: Span): JsonRpcId | undefined => {
  const digits = readDigits(bytes, span)
  if (digits !== undefined) return digits
  return jsonRpcIdOf(parse(textOf(bytes, span)))
}

const tooDeep: Message = {
  kind: 'invalid',
  why: `nested deeper than ${maxDepth} levels`,
  id: undefined,
}

/**
 * Sorts one message from its UTF-8 bytes. A result is handed on as the bytes that came; every other
 * message is parsed. Bytes that are no JSON are `invalid`.
 */
export const readMessageBytes = (bytes: Uint8Array): Message => {
  try {
    const envelope = scanEnvelope(bytes)
    if (
      envelope?.result !== undefined &&
      envelope.id !== undefined &&
      envelope.error === undefined &&
      envelope.method === undefined &&
      bytes[envelope.result.start] === openBrace
    ) {
      const id = readId(bytes, envelope.id)
      if (id !== undefined) {
        const { start, end } = envelope.result
        const result = lazyFromBytes(bytes.subarray(start, end), { id, bytes })
        return { kind: 'result', id, result }
      }
    }
    if (isTooDeep(bytes)) return tooDeep
    return readMessage(readJson(decoder.decode(bytes)))
  } catch {
    return { kind: 'invalid', why: 'not JSON', id: undefined }
  }
}
