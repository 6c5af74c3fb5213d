// A JSON object that is at hand as a value or as bytes, and becomes the other only when asked.
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { LazyObject } from './call.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const lazyFromValue = (value: JsonObject): LazyObject => {
  let bytes: Uint8Array | undefined
  return {
    value: () => value,
    bytes: () => (bytes ??= encoder.encode(JSON.stringify(value))),
  }
}

/** `bytes` and those of `message` are kept, not copied: they must not change afterwards. */
export const lazyFromBytes = (bytes: Uint8Array, message?: LazyObject['message']): LazyObject => {
  let value: JsonObject | undefined
  return {
    ...(message === undefined ? {} : { message }),
    value: () => {
      if (value === undefined) {
        const parsed: unknown = JSON.parse(decoder.decode(bytes))
        if (!isJsonObject(parsed)) throw new TypeError('not a JSON object')
        value = parsed
      }
      return value
    },
    bytes: () => bytes,
  }
}

/** The object, or undefined where the bytes are not one: for answers that nobody has checked yet. */
export const valueIfObject = (object: LazyObject): JsonObject | undefined => {
  try {
    return object.value()
  } catch {
    return undefined
  }
}
