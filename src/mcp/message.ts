// JSON-RPC 2.0 as MCP uses it. Parameters and results stay opaque.
import { numberOf } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import {
  jsonRpcIdOf,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from './json-rpc.ts'
import { lazyFromValue, type LazyObject } from './lazy-object.ts'

/** One message, sorted by what it is. */
export type Message =
  | { readonly kind: 'request'; readonly request: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }
  | { readonly kind: 'result'; readonly id: JsonRpcId; readonly result: LazyObject }
  /** Some servers answer what they could not read with `id: null`, or with none. */
  | { readonly kind: 'error'; readonly id: JsonRpcId | undefined; readonly error: JsonRpcError }
  /** `id` as far as it was readable, so that the answer can carry it. */
  | { readonly kind: 'invalid'; readonly why: string; readonly id: JsonRpcId | undefined }

const invalid = (why: string, id?: unknown): Message => ({
  kind: 'invalid',
  why,
  id: jsonRpcIdOf(id),
})

const readCall = (message: JsonObject, method: string): Message => {
  const { params } = message
  const id = jsonRpcIdOf(message['id'])
  if (message['result'] !== undefined || message['error'] !== undefined) {
    return invalid('a method together with a result or an error', id)
  }
  if (params !== undefined && !isJsonObject(params)) return invalid('params is not an object', id)
  const withParams = params === undefined ? {} : { params }
  if (message['id'] === undefined) {
    return { kind: 'notification', notification: { jsonrpc: '2.0', method, ...withParams } }
  }
  if (id === undefined) return invalid('id is neither a string nor an integer')
  return { kind: 'request', request: { jsonrpc: '2.0', id, method, ...withParams } }
}

const readError = (error: Json, id: Json | undefined): Message => {
  if (!isJsonObject(error)) return invalid('error is not an object', id)
  const { message, data } = error
  const code = numberOf(error['code'])
  if (code === undefined || !Number.isInteger(code))
    return invalid('error.code is not an integer', id)
  if (typeof message !== 'string') return invalid('error.message is not a string', id)
  const own = jsonRpcIdOf(id)
  if (id !== undefined && id !== null && own === undefined) {
    return invalid('id is neither a string nor an integer')
  }
  return {
    kind: 'error',
    id: own,
    error: { code, message, ...(data === undefined ? {} : { data }) },
  }
}

/** Sorts one parsed JSON value. A batch (an array) is invalid here: split it first. */
export const readMessage = (value: unknown): Message => {
  if (Array.isArray(value)) return invalid('a batch')
  if (!isJsonObject(value)) return invalid('not an object')
  const { id, method, result, error } = value
  if (value['jsonrpc'] !== '2.0') return invalid('jsonrpc is not "2.0"', id)
  if (typeof method === 'string') return readCall(value, method)
  if (method !== undefined) return invalid('method is not a string', id)
  if (error !== undefined) {
    return result === undefined ? readError(error, id) : invalid('both result and error', id)
  }
  if (result === undefined) return invalid('neither method nor result nor error', id)
  const own = jsonRpcIdOf(id)
  if (own === undefined) return invalid('id is neither a string nor an integer')
  if (!isJsonObject(result)) return invalid('result is not an object', id)
  return { kind: 'result', id: own, result: lazyFromValue(result) }
}
