// Two strings that are almost the same, one under the other, with carets where they differ.
import { printable } from '../../base/escape.ts'

/** What cannot be seen at an end is made visible by quotes. */
const shownAs = (texts: readonly string[]): readonly string[] =>
  texts.some((text) => text.trim() !== text)
    ? texts.map((text) => `"${printable(text)}"`)
    : texts.map(printable)

const commonStart = (a: string, b: string): number => {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1
  return at
}

const commonEnd = (a: string, b: string, start: number): number => {
  const most = Math.min(a.length, b.length) - start
  let count = 0
  while (count < most && a.at(-1 - count) === b.at(-1 - count)) count += 1
  return count
}

const context = 12
const cut = '…'

/** Of a text that is too long, the part around the difference. */
const windowed = (text: string, from: number, width: number): string => {
  const rest = from === 0 ? text : `${cut}${text.slice(from + 1)}`
  return rest.length <= width ? rest : `${rest.slice(0, width - 1)}${cut}`
}

export interface Difference {
  readonly found: string
  readonly wanted: string
  /** Carets below both, from the first character that differs to the last. */
  readonly carets: string
}

/** In at most `width` columns each; undefined without a width: whole lines. Of equal strings: undefined. */
export const difference = (
  actual: string,
  expected: string,
  width: number | undefined,
): Difference | undefined => {
  if (actual === expected) return undefined
  const [found = '', wanted = ''] = shownAs([actual, expected])
  const start = commonStart(found, wanted)
  const end = commonEnd(found, wanted, start)
  const marked = Math.max(1, Math.max(found.length, wanted.length) - end - start)
  const room = width ?? Infinity
  const isLong = Math.max(found.length, wanted.length) > room
  const from = isLong && start + marked > room ? Math.max(0, start - context) : 0
  const at = start - from
  return {
    found: windowed(found, from, room),
    wanted: windowed(wanted, from, room),
    carets: `${' '.repeat(at)}${'^'.repeat(Math.max(1, Math.min(marked, room - at)))}`,
  }
}
