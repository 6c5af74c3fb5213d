// JSON-RPC 2.0 as MCP uses it: parameters and results stay opaque.
import { numberOf } from '../base/exact-json.ts'
import type { Json, JsonObject } from '../base/json.ts'

export type JsonRpcId = string | number

export interface JsonRpcRequest {
  readonly jsonrpc: '2.0'
  readonly id: JsonRpcId
  readonly method: string
  readonly params?: JsonObject
}

export interface JsonRpcNotification {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params?: JsonObject
}

export interface JsonRpcError {
  readonly code: number
  readonly message: string
  readonly data?: Json
}

/**
 * An id, or what else is one by its kind; undefined for everything else. Integers beyond 2^53 would be echoed as another
 * number, which nobody waits for; 1.0 and 1e2 are the same integers in another spelling.
 */
export const jsonRpcIdOf = (value: unknown): JsonRpcId | undefined => {
  if (typeof value === 'string') return value
  const number = numberOf(value)
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * Whether an answer with the id `came` belongs to the request `asked`. Some servers write back a number as a string, or
 * the other way round; the official clients accept that.
 */
export const isIdOf = (came: JsonRpcId | undefined, asked: JsonRpcId): boolean =>
  came === asked || (came !== undefined && String(came) === String(asked))
