// What a JSON value is, and how untrusted JSON is read.
import { ExactNumber } from './exact-number.ts'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [member: string]: Json | undefined
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ExactNumber)

/** A date of TOML, an infinity or NaN is no JSON value. */
export const isJsonValue = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJsonValue)
  return (
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isJsonValue)
  )
}

export interface JsonLimits {
  readonly maxBytes: number
  readonly maxDepth: number
}

/** Generous for a token or a metadata document, small for an attacker. */
export const defaultJsonLimits: JsonLimits = { maxBytes: 1_048_576, maxDepth: 64 }

export type ParsedJson =
  | {
      readonly ok: true
      readonly value: Json
      /** Member names that an object holds twice, anywhere, after escapes are resolved; at most 8. */
      readonly duplicates: readonly string[]
    }
  | {
      readonly ok: false
      /** Never quotes the text. */
      readonly reason: string
      /** Where the text stops being JSON, in UTF-16 units, as far as known. */
      readonly position?: number
    }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One token of RFC 8259 after white space: punctuation, string, number or literal. */
const lexeme =
  /[ \t\n\r]*(?:([{}[\],:])|("[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

type Expectation = 'value' | 'first-name' | 'name' | 'colon' | 'end' | 'first-value'

interface Level {
  readonly names: Set<string> | undefined
}

interface Scan {
  readonly duplicates: readonly string[]
  readonly depth: number
  /** Where the grammar was left. */
  readonly faultAt: number | undefined
}

/** Walks the grammar without building values: what JSON.parse does not tell. */
const scan = (text: string, maxDepth: number): Scan => {
  const levels: Level[] = []
  const duplicates: string[] = []
  let expected: Expectation = 'value'
  let deepest = 0
  let position = 0
  const fault = () => ({ duplicates, depth: deepest, faultAt: position })

  const name = (start: number, end: number): void => {
    const raw = text.slice(start, end)
    const resolved = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
    const names = levels.at(-1)?.names
    if (names === undefined) return
    if (names.has(resolved) && duplicates.length < 8 && !duplicates.includes(resolved)) {
      duplicates.push(resolved)
    }
    names.add(resolved)
  }

  for (;;) {
    lexeme.lastIndex = position
    const match = lexeme.exec(text)
    if (match === null) {
      while (' \t\n\r'.includes(text.charAt(position)) && position < text.length) position += 1
      const done = position === text.length && expected === 'end' && levels.length === 0
      return done ? { duplicates, depth: deepest, faultAt: undefined } : fault()
    }
    const [whole, mark, string] = match
    const start = position + (whole.length - whole.trimStart().length)
    const within = levels.at(-1)
    const next = step(mark, string !== undefined, expected, within)
    if (next === undefined) {
      position = start
      return fault()
    }
    if (string !== undefined && (expected === 'name' || expected === 'first-name')) {
      name(start, lexeme.lastIndex)
    }
    if (mark === '{' || mark === '[') {
      levels.push({ names: mark === '{' ? new Set() : undefined })
      deepest = Math.max(deepest, levels.length)
      if (deepest > maxDepth) return fault()
    }
    if (mark === '}' || mark === ']') levels.pop()
    expected = next
    position = lexeme.lastIndex
  }
}

/** What may follow, or undefined where this lexeme may not stand. */
const step = (
  mark: string | undefined,
  isString: boolean,
  expected: Expectation,
  within: Level | undefined,
): Expectation | undefined => {
  const inObject = within?.names !== undefined
  if (expected === 'name' || expected === 'first-name') {
    if (isString) return 'colon'
    return mark === '}' && expected === 'first-name' ? 'end' : undefined
  }
  if (expected === 'colon') return mark === ':' ? 'value' : undefined
  if (expected === 'end') {
    if (within === undefined) return undefined
    if (mark === ',') return inObject ? 'name' : 'value'
    return mark === (inObject ? '}' : ']') ? 'end' : undefined
  }
  if (mark === '{') return 'first-name'
  if (mark === '[') return 'first-value'
  if (mark === ']' && expected === 'first-value') return 'end'
  return mark === undefined ? 'end' : undefined
}

const decode = (input: string | Uint8Array): string | undefined => {
  if (typeof input === 'string') return input
  try {
    return utf8.decode(input)
  } catch {
    return undefined
  }
}

const parseNatively = (text: string): { readonly value: Json } | undefined => {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return undefined
  }
}

/**
 * Reads JSON from text or from UTF-8 bytes (RFC 8259), strictly and within limits. A byte order mark,
 * invalid UTF-8 and too deep nesting are refused; duplicate member names are reported, the last one counts.
 */
export const parseJson = (
  input: string | Uint8Array,
  limits: Partial<JsonLimits> = {},
): ParsedJson => {
  const { maxBytes, maxDepth } = { ...defaultJsonLimits, ...limits }
  if (input.length > maxBytes) return { ok: false, reason: `larger than ${maxBytes} bytes` }
  const text = decode(input)
  if (text === undefined) return { ok: false, reason: 'invalid UTF-8' }
  if (text === '') return { ok: false, reason: 'empty', position: 0 }
  const { duplicates, depth, faultAt } = scan(text, maxDepth)
  if (depth > maxDepth) {
    return { ok: false, reason: `nested deeper than ${maxDepth} levels`, position: faultAt ?? 0 }
  }
  if (faultAt !== undefined) {
    const reason = faultAt >= text.length ? 'unexpected end' : 'unexpected character'
    return { ok: false, reason, position: faultAt }
  }
  const parsed = parseNatively(text)
  if (parsed === undefined) return { ok: false, reason: 'not JSON' }
  return { ok: true, value: parsed.value, duplicates }
}
