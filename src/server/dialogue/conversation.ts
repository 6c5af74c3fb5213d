// What is said between the proxy and one client of the session era, whatever carries it.
import { createCancel, reasonText, type Cancel } from '../../base/cancellation.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { ClientFacts, SessionPeer } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { isLogLevel, passesLevel } from '../../mcp/log-level.ts'
import type { Message } from '../../mcp/message.ts'
import { assumedLegacyVersion, negotiateLegacy } from '../../mcp/revision.ts'
import { claimsModern } from './modern-envelope.ts'
import type { Questions } from './questions.ts'
import { answerOf } from './respond.ts'
import { runCall } from './run-call.ts'
import type { MessageSource } from './speaker.ts'

export interface Conversation {
  readonly client: ClientFacts
  /** Calls in flight by the client's id for them. */
  readonly calls: Map<JsonRpcId, Cancel>
  /** Least log level that the client wants; undefined: it never said. */
  logLevel: string | undefined
  /** The client between its calls. */
  readonly standing: SessionPeer
  /** What it was asked. Made when it is asked for the first time. */
  questions: Questions | undefined
}

const logMethod = 'notifications/message'

/** Whether the client wants this log message; other notifications always pass. */
export const wants = (logLevel: string | undefined, { method, params }: JsonRpcNotification) =>
  method !== logMethod || logLevel === undefined || passesLevel(params?.['level'], logLevel)

/** What a client says of itself at initialize. */
export const conversationFacts = (params: JsonObject = {}): ClientFacts => {
  const { capabilities, clientInfo, protocolVersion } = params
  return {
    era: 'legacy',
    protocolVersion: negotiateLegacy(protocolVersion),
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    ...(isJsonObject(clientInfo) ? { clientInfo } : {}),
  }
}

export const onNotification = (
  { state, principal }: MessageSource,
  session: Conversation,
  notification: JsonRpcNotification,
): void => {
  const { method, params } = notification
  const { client } = session
  switch (method) {
    case 'notifications/cancelled': {
      const id = jsonRpcIdOf(params?.['requestId'])
      if (id !== undefined) session.calls.get(id)?.abort(reasonText(params?.['reason']))
      break
    }
    case 'notifications/progress':
      session.questions?.progress(notification)
      break
    case 'notifications/roots/list_changed':
      state.generation.relay({ kind: 'roots-changed' }, { principal, client })
      break
    default:
  }
}

/** What a request changes in its session, once it was answered. */
const afterwards = (
  { state, principal }: MessageSource,
  session: Conversation,
  { method, params }: JsonRpcRequest,
): void => {
  const level = params?.['level']
  if (method !== 'logging/setLevel' || !isLogLevel(level)) return
  session.logLevel = level
  state.generation.relay({ kind: 'log-level', level }, { principal, client: session.client })
}

/** Leaving is not cancelling in a session: the call goes on (transports, streamable HTTP, 2025-11-25). */
export const withCall = async <T>(
  speaker: MessageSource,
  session: Conversation,
  request: JsonRpcRequest,
  work: (abort: Cancel) => Promise<T>,
): Promise<T> => {
  const abort = createCancel()
  session.calls.set(request.id, abort)
  try {
    return await work(abort)
  } finally {
    if (session.calls.get(request.id) === abort) session.calls.delete(request.id)
    afterwards(speaker, session, request)
  }
}

export const maxBatch = 100

/** Batches exist in 2025-03-26 alone. */
export const batchProblem = (
  messages: readonly Message[],
  session: Conversation,
): string | undefined => {
  if (session.client.protocolVersion !== assumedLegacyVersion) return 'a batch'
  if (messages.length === 0) return 'an empty batch'
  if (messages.length > maxBatch) return `more than ${maxBatch} messages in a batch`
  const ids = new Set<unknown>()
  for (const message of messages) {
    if (message.kind === 'invalid') return message.why
    if (message.kind !== 'request') continue
    const { id, method, params } = message.request
    if (method === 'initialize') return 'initialize in a batch'
    if (claimsModern(params)) return 'a stateless request in a batch'
    if (ids.has(id) || session.calls.has(id)) return 'an id twice'
    ids.add(id)
  }
  return undefined
}

/** One array of answers; undefined where nothing in the batch is answered. What comes before an answer is dropped. */
export const answerBatch = async (
  speaker: MessageSource,
  session: Conversation,
  messages: readonly Message[],
): Promise<Buffer | undefined> => {
  const bodies: Promise<Buffer>[] = []
  for (const message of messages) {
    if (message.kind === 'notification') onNotification(speaker, session, message.notification)
    if (message.kind === 'result' || message.kind === 'error') session.questions?.answer(message)
    if (message.kind !== 'request') continue
    const { request } = message
    bodies.push(
      withCall(speaker, session, request, async (abort) => {
        const running = { client: session.client, abort, session }
        const reply = await runCall(speaker, request, running)
        const { requestId } = speaker
        return answerOf({ request, reply, era: 'legacy', requestId }).body
      }),
    )
  }
  if (bodies.length === 0) return undefined
  const texts = (await Promise.all(bodies)).map((body) => body.toString('utf8'))
  return Buffer.from(`[${texts.join(',')}]`)
}
