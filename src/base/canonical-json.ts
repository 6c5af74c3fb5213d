// JSON text with the members of objects in one order.
import { digitsOf } from './exact-json.ts'
import type { JsonObject } from './json.ts'

/** Texts that JSON writes as they are; all others are left to it. */
const plain = /^[ !#-[\]-~]*$/

export const quoted = (text: string): string =>
  plain.test(text) ? `"${text}"` : JSON.stringify(text)

export const isSorted = (names: readonly string[]): boolean => {
  for (let n = 1; n < names.length; n += 1) {
    if ((names[n - 1] as string) > (names[n] as string)) return false
  }
  return true
}

const canonicalObject = (object: JsonObject): string => {
  const names = Object.keys(object)
  if (!isSorted(names)) names.sort()
  let text = '{'
  for (const name of names) {
    text += `${text === '{' ? '' : ','}${quoted(name)}:${canonical(object[name])}`
  }
  return `${text}}`
}

/** JSON text with the members of objects in one order; numbers as they came. */
export const canonical = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  return digitsOf(value) ?? canonicalObject(value as JsonObject)
}
