// The values of a claim that roles are mapped from: a name or a path, a text or a list.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'

/** Names of claims may have dots themselves, as URLs do: the longest name that is there counts. */
const find = (claims: JsonObject, steps: readonly string[]): Json | undefined => {
  for (let taken = steps.length; taken > 0; taken -= 1) {
    const name = steps.slice(0, taken).join('.')
    if (!Object.hasOwn(claims, name)) continue
    const value = claims[name]
    if (taken === steps.length) return value
    const deeper = isJsonObject(value) ? find(value, steps.slice(taken)) : undefined
    if (deeper !== undefined) return deeper
  }
  return undefined
}

/** The value of a claim by its name or its path; undefined where it is not there. */
export const claimAt = (claims: JsonObject, path: string): Json | undefined =>
  find(claims, path.split('.'))

const textOf = (value: Json): readonly string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []
}

/** An element of a list is one value; a text is one value and the words in it, as in `scope` (RFC 8693 section 4.2). */
export const claimReader = (path: string): ((principal: Principal) => readonly string[]) => {
  const steps = path.split('.')
  return ({ claims, scopes }) => {
    const value = find(claims, steps)
    const own = path === 'scope' ? scopes : []
    if (value === undefined) return own
    if (Array.isArray(value)) {
      const values = [...own]
      for (const one of value as readonly Json[]) values.push(...textOf(one))
      return values
    }
    const texts = textOf(value)
    return [...own, ...texts, ...texts.flatMap((text) => text.split(' '))]
  }
}
