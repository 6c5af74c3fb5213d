// The headers of a request to a backend: made from the message and our own credential, never copied from the caller.
import type { Secret } from '../base/secret.ts'
import { encodeHeaderValue } from '../mcp/header-value.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import { targetName } from '../mcp/methods.ts'
import { metaKeys, metaOf } from '../mcp/revision.ts'

/** What a session-era server keeps of us between requests. */
export interface Session {
  /** Undefined for a server without sessions. */
  readonly id: string | undefined
  readonly protocolVersion: string
}

const modernVersionOf = (message: JsonRpcRequest | JsonRpcNotification): string | undefined => {
  const version = metaOf(message.params)?.[metaKeys.protocolVersion]
  return typeof version === 'string' ? version : undefined
}

export const sessionHeaders = (session: Session | undefined): Record<string, string> => ({
  ...(session === undefined ? {} : { 'mcp-protocol-version': session.protocolVersion }),
  ...(session?.id === undefined ? {} : { 'mcp-session-id': session.id }),
})

/** A message that carries the modern envelope gets the standard headers, any other those of the session. */
export const messageHeaders = (
  message: JsonRpcRequest | JsonRpcNotification,
  session: Session | undefined,
): Record<string, string> => {
  const version = modernVersionOf(message)
  if (version === undefined) return sessionHeaders(session)
  const name = targetName(message.method, message.params)
  return {
    'mcp-protocol-version': version,
    'mcp-method': encodeHeaderValue(message.method),
    ...(name === undefined ? {} : { 'mcp-name': encodeHeaderValue(name) }),
  }
}

export const isModernMessage = (message: JsonRpcRequest | JsonRpcNotification): boolean =>
  modernVersionOf(message) !== undefined

export const credentialHeaders = (token: Secret | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }

export const postHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
} as const
