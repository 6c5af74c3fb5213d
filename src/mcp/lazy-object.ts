// A JSON object that is at hand as a value or as bytes, and becomes the other only when asked.
import { readJson, writeJson } from '../base/exact-json.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { JsonRpcId } from './json-rpc.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const lazyFromValue = (value: JsonObject): LazyObject => {
  let bytes: Uint8Array | undefined
  return {
    value: () => value,
    bytes: () => (bytes ??= encoder.encode(writeJson(value))),
  }
}

class LazyBytes implements LazyObject {
  readonly message: LazyObject['message']
  private readonly text: Uint8Array
  private parsed: JsonObject | undefined

  constructor(text: Uint8Array, message: LazyObject['message']) {
    this.text = text
    this.message = message
  }

  value(): JsonObject {
    if (this.parsed !== undefined) return this.parsed
    const value: unknown = readJson(decoder.decode(this.text))
    if (!isJsonObject(value)) throw new TypeError('not a JSON object')
    this.parsed = value
    return value
  }

  bytes(): Uint8Array {
    return this.text
  }
}

/** `bytes` and those of `message` are kept, not copied: they must not change afterwards. */
export const lazyFromBytes = (bytes: Uint8Array, message?: LazyObject['message']): LazyObject =>
  new LazyBytes(bytes, message)

/** The object, or undefined where the bytes are not one: for answers that nobody has checked yet. */
export const valueIfObject = (object: LazyObject): JsonObject | undefined => {
  try {
    return object.value()
  } catch {
    return undefined
  }
}

/** A JSON object that may have come as bytes: reading parses it once, relaying never does. */
export interface LazyObject {
  /** The object. Parsed on first use; throws when the bytes are not a JSON object. */
  value(): JsonObject
  /** The UTF-8 JSON text. Serialised on first use. */
  bytes(): Uint8Array
  /** The message that it came in as its result, for those who may pass that on as it is. */
  readonly message?: { readonly id: JsonRpcId; readonly bytes: Uint8Array } | undefined
}
