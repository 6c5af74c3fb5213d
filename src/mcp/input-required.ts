// Results that ask instead of answering (MCP 2026-07-28, multi round-trip requests): what they want, and how they look.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Reply } from './call.ts'
import { lazyFromValue, valueIfObject, type LazyObject } from './lazy-object.ts'

export interface InputRequest {
  readonly method: string
  readonly params?: JsonObject
}

export interface InputRequired {
  /** By the server's keys. */
  readonly inputRequests: ReadonlyMap<string, InputRequest>
  readonly requestState: string | undefined
  /** The whole result. */
  readonly result: JsonObject
  /** Why nobody can be asked by it; undefined: nothing is wrong. */
  readonly fault: string | undefined
}

const marker = Buffer.from('"input_required"')

const readRequest = (value: Json | undefined): InputRequest | undefined => {
  if (!isJsonObject(value) || typeof value['method'] !== 'string') return undefined
  const { method, params } = value
  return { method, ...(isJsonObject(params) ? { params } : {}) }
}

/** The bytes are scanned before anything is parsed: nearly every result is an answer. */
const looksLikeIt = (result: LazyObject): boolean => {
  const bytes = result.bytes()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(marker)
}

const faultIn = (inputRequests: Json | undefined, requestState: Json | undefined) => {
  if (inputRequests !== undefined && !isJsonObject(inputRequests)) {
    return 'inputRequests is not an object'
  }
  if (requestState !== undefined && typeof requestState !== 'string') {
    return 'requestState is not a string'
  }
  return inputRequests === undefined && requestState === undefined
    ? 'input_required without inputRequests'
    : undefined
}

/** Undefined for every other reply. */
export const inputRequiredIn = (reply: Reply): InputRequired | undefined => {
  if (reply.kind !== 'result' || !looksLikeIt(reply.result)) return undefined
  const result = valueIfObject(reply.result)
  if (result?.['resultType'] !== 'input_required') return undefined
  const { inputRequests, requestState } = result
  const wanted = new Map<string, InputRequest>()
  let fault = faultIn(inputRequests, requestState)
  for (const [key, value] of Object.entries(isJsonObject(inputRequests) ? inputRequests : {})) {
    const request = readRequest(value)
    if (request === undefined) fault ??= 'an entry of inputRequests is no request'
    else wanted.set(key, request)
  }
  return {
    inputRequests: wanted,
    requestState: typeof requestState === 'string' ? requestState : undefined,
    result,
    fault,
  }
}

export const inputRequired = (
  inputRequests: ReadonlyMap<string, InputRequest>,
  requestState: string,
): Reply => ({
  kind: 'result',
  result: lazyFromValue({
    resultType: 'input_required',
    inputRequests: Object.fromEntries(
      [...inputRequests].map(([key, { method, params }]) => [
        key,
        params === undefined ? { method } : { method, params },
      ]),
    ),
    requestState,
  }),
})
