// The headers of a request to a backend: made from the message and our own credential, never copied from the caller.
import { encodeHeaderValue } from '../../mcp/header-value.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { targetName } from '../../mcp/methods.ts'
import { metaKeys, metaOf } from '../../mcp/revision.ts'
import type { Access } from '../access.ts'
import type { Credential } from '../credential.ts'

/** What a session-era server keeps of us between requests. */
export interface HttpSession {
  /** Undefined for a server without sessions. */
  readonly id: string | undefined
  readonly protocolVersion: string
}

const modernVersionOf = (message: JsonRpcRequest | JsonRpcNotification): string | undefined => {
  const version = metaOf(message.params)?.[metaKeys.protocolVersion]
  return typeof version === 'string' ? version : undefined
}

export const sessionHeaders = (session: HttpSession | undefined): Record<string, string> => ({
  ...(session === undefined ? {} : { 'mcp-protocol-version': session.protocolVersion }),
  ...(session?.id === undefined ? {} : { 'mcp-session-id': session.id }),
})

export const isModernMessage = (message: JsonRpcRequest | JsonRpcNotification): boolean =>
  modernVersionOf(message) !== undefined

const standardHeaders = [
  'content-type',
  'application/json',
  'accept',
  'application/json, text/event-stream',
] as const

/** All headers of a POST, name after value as the client library takes them quickest. */
export const postHeaders = (
  credential: Credential,
  message: JsonRpcRequest | JsonRpcNotification | undefined,
  session: HttpSession | undefined,
  extra?: Readonly<Record<string, string>>,
): string[] => {
  const headers: string[] = [...standardHeaders]
  if (extra !== undefined) headers.push(...Object.entries(extra).flat())
  headers.push(...credential.list)
  const version = message === undefined ? undefined : modernVersionOf(message)
  if (message === undefined || version === undefined) {
    if (session === undefined) return headers
    headers.push('mcp-protocol-version', session.protocolVersion)
    if (session.id !== undefined) headers.push('mcp-session-id', session.id)
    return headers
  }
  headers.push('mcp-protocol-version', version, 'mcp-method', encodeHeaderValue(message.method))
  const name = targetName(message.method, message.params)
  if (name !== undefined) headers.push('mcp-name', encodeHeaderValue(name))
  return headers
}

export interface HttpConfig {
  readonly name: string
  readonly url: string
  readonly access: Access
  /** How long its start may take, until its first answer. */
  readonly startMs: number
  readonly maxBytes: number
}
