// JSON that is read to be written again: numbers keep their spelling, since other languages know 1 from 1.0.
import { ExactNumber } from './exact-number.ts'

const exactNumber = (source: string): number => new ExactNumber(source) as unknown as number

/** The number that came, as near as there is one; undefined for everything else. */
export const numberOf = (value: unknown): number | undefined =>
  value instanceof ExactNumber
    ? Number(value.source)
    : typeof value === 'number'
      ? value
      : undefined

/** A number as it came: the text of what `numberOf` rounds. */
export const digitsOf = (value: unknown): string | undefined =>
  value instanceof ExactNumber
    ? value.source
    : typeof value === 'number'
      ? String(value)
      : undefined

/** What a text must have in it for a number to lose anything. Strings may have it too. */
const suspicious = /\d[.eE]|\d{16}|-0/

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
/** Digits, signs, the point and the exponent. */
const isNumeric = (code: number): boolean =>
  isDigit(code) || code === minus || code === 0x2b || code === 0x2e || (code | 0x20) === 0x65

/** Index behind the closing quote. `from`: behind the opening one. */
const stringEnd = (text: string, from: number): number => {
  let at = text.indexOf('"', from)
  for (;;) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1
    if (slashes % 2 === 0) return at + 1
    at = text.indexOf('"', at + 1)
  }
}

const numberEnd = (text: string, from: number): number => {
  let at = from + 1
  while (isNumeric(text.charCodeAt(at))) at += 1
  return at
}

const isKept = (source: string): boolean => String(Number(source)) === source

/** Whether a number outside of strings would be written otherwise than it came. `text` is JSON. */
const losesNumbers = (text: string): boolean => {
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) at = stringEnd(text, at + 1)
    else if (code === minus || isDigit(code)) {
      const end = numberEnd(text, at)
      if (!isKept(text.slice(at, end))) return true
      at = end
    } else at += 1
  }
  return false
}

/** Builds the values of a text that `JSON.parse` took: nothing is checked here again. */
class Reader {
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  value(): unknown {
    const start = this.skipBlanks()
    const mark = this.text.charCodeAt(start)
    if (mark === quote) return this.string()
    if (mark === 0x7b) return this.object()
    if (mark === 0x5b) return this.array()
    if (mark === minus || isDigit(mark)) {
      this.at = numberEnd(this.text, start)
      const source = this.text.slice(start, this.at)
      return isKept(source) ? Number(source) : exactNumber(source)
    }
    // null and true have four letters, false has five.
    this.at = start + (mark === 0x66 ? 5 : 4)
    return mark === 0x6e ? null : mark === 0x74
  }

  private skipBlanks(): number {
    while (' \t\n\r'.includes(this.text.charAt(this.at))) this.at += 1
    return this.at
  }

  /** Whether the next character is this one, which is passed then. */
  private passes(mark: string): boolean {
    if (this.text.charAt(this.skipBlanks()) !== mark) return false
    this.at += 1
    return true
  }

  private string(): string {
    const start = this.skipBlanks()
    this.at = stringEnd(this.text, start + 1)
    return JSON.parse(this.text.slice(start, this.at)) as string
  }

  private array(): unknown[] {
    const items: unknown[] = []
    this.at += 1
    if (this.passes(']')) return items
    do items.push(this.value())
    while (this.passes(','))
    this.at += 1
    return items
  }

  private object(): object {
    const members = new Map<string, unknown>()
    this.at += 1
    if (this.passes('}')) return {}
    do {
      const name = this.string()
      this.passes(':')
      members.set(name, this.value())
    } while (this.passes(','))
    this.at += 1
    // Makes a member even of `__proto__`, as JSON.parse does.
    return Object.fromEntries(members)
  }
}

/** As JSON.parse, but for numbers that would be written otherwise than they came. */
export const readJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  return suspicious.test(text) && losesNumbers(text) ? new Reader(text).value() : value
}

const exactText = (value: unknown): string => {
  if (value instanceof ExactNumber) return value.source
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? 'null' : exactText(item))).join()}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${exactText(member)}`)
  }
  return `{${members.join()}}`
}

/** As JSON.stringify for what JSON can say, with the numbers as they came. */
export const writeJson = (value: unknown): string => {
  const before = ExactNumber.rounded
  const text = JSON.stringify(value)
  return ExactNumber.rounded === before ? text : exactText(value)
}
