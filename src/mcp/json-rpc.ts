// JSON-RPC 2.0 as MCP uses it: parameters and results stay opaque.
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

/** Integers beyond 2^53 would be echoed as another number, which nobody waits for. */
export const isJsonRpcId = (value: unknown): value is JsonRpcId =>
  typeof value === 'string' || Number.isSafeInteger(value)
