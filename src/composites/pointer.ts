// JSON Pointer as a string (RFC 6901): unlike in a fragment of a URI, a percent sign is one.
import { isJsonObject, type Json } from '../base/json.ts'

/** The steps of a pointer that begins with a slash. */
export const pointerSteps = (pointer: string): readonly string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const index = /^(?:0|[1-9]\d{0,9})$/

/** Undefined where there is nothing at that place. */
export const valueBelow = (root: Json | undefined, steps: readonly string[]): Json | undefined => {
  let at = root
  for (const step of steps) {
    if (Array.isArray(at)) at = index.test(step) ? (at as readonly Json[])[Number(step)] : undefined
    else if (isJsonObject(at) && Object.hasOwn(at, step)) at = at[step]
    else return undefined
  }
  return at
}
