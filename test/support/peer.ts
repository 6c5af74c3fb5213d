// The caller's side of a call, for tests: a peer that records, and a factory of calls.
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import type { Call, Caller, ClientFacts, Peer, Reply } from '../../src/mcp/call.ts'
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from '../../src/mcp/json-rpc.ts'

export interface RecordingPeer extends Peer {
  readonly notifications: readonly JsonRpcNotification[]
  readonly questions: readonly JsonRpcRequest[]
}

const noAnswer: Reply = {
  kind: 'error',
  error: { code: -32601, message: 'This client answers no questions' },
}

export const recordingPeer = (
  answer: (question: JsonRpcRequest) => Reply = () => noAnswer,
): RecordingPeer => {
  const notifications: JsonRpcNotification[] = []
  const questions: JsonRpcRequest[] = []
  return {
    notifications,
    questions,
    notify: (notification) => {
      notifications.push(notification)
    },
    ask: async (question) => {
      questions.push(question)
      return answer(question)
    },
  }
}

export const anonymous: Principal = {
  method: 'none',
  key: 'anonymous',
  scopes: [],
  audience: [],
  claims: {},
}

export const legacyClient: ClientFacts = {
  era: 'legacy',
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test-client', version: '1.0.0' },
}

export const modernClient: ClientFacts = {
  era: 'modern',
  protocolVersion: '2026-07-28',
  capabilities: {},
  clientInfo: { name: 'test-client', version: '1.0.0' },
}

export type CallOptions = Partial<Omit<Call, 'request' | 'caller'> & Caller> & {
  readonly id?: JsonRpcId
}

/** One call as the server would make it. */
export const call = (
  method: string,
  params?: JsonObject,
  {
    id = 1,
    principal = anonymous,
    client = legacyClient,
    session,
    address,
    ...rest
  }: CallOptions = {},
): Call => ({
  request: { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) },
  caller: { principal, client, session, ...(address === undefined ? {} : { address }) },
  peer: recordingPeer(),
  signal: new AbortController().signal,
  requestId: 'test-request',
  ...rest,
})

export const toolCall = (
  name: string,
  args: JsonObject = {},
  options: CallOptions = {},
  meta?: JsonObject,
): Call =>
  call(
    'tools/call',
    { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
    options,
  )

/** The text of a tool result; throws with the whole reply when it is none. */
export const textOf = (reply: Reply): string => {
  if (reply.kind !== 'result') throw new Error(`no result: ${JSON.stringify(reply)}`)
  const content = reply.result.value()['content'] as readonly { text?: string }[] | undefined
  const text = content?.[0]?.text
  if (text === undefined) throw new Error(`no text: ${JSON.stringify(reply.result.value())}`)
  return text
}
