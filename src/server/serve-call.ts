// One request from its envelope to its answer: the call, its way back, and its end.
import type { Cancel } from '../base/cancellation.ts'
import type { ClientFacts } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import type { Call, Peer, Reply } from '../mcp/call.ts'
import { passesLevel } from '../proxy/aggregate.ts'
import { acceptsStream, openAnswerStream, type AnswerStream } from './answer-stream.ts'
import { answerOf } from './respond.ts'
import { brokenCall, type KnownExchange } from './state.ts'

const noQuestions: Reply = {
  kind: 'error',
  error: { code: -32_601, message: 'This client cannot be asked' },
}

const logMethod = 'notifications/message'

/** `logLevel`: `none` where the caller did not ask for log messages, undefined where it takes all. */
const peerOf = (stream: AnswerStream | undefined, logLevel: string | undefined): Peer => ({
  notify: (notification: JsonRpcNotification) => {
    if (notification.method === logMethod && logLevel !== undefined) {
      if (logLevel === 'none' || !passesLevel(notification.params?.['level'], logLevel)) return
    }
    stream?.notify(notification)
  },
  ask: () => Promise.resolve(noQuestions),
})

export interface Serving {
  readonly client: ClientFacts
  readonly abort: Cancel
  readonly logLevel: string | undefined
}

/** Runs the call without writing anything but what comes before its reply. */
export const reply = async (
  exchange: KnownExchange,
  request: JsonRpcRequest,
  { client, abort, logLevel }: Serving,
  stream?: AnswerStream,
): Promise<Reply> => {
  const { state, principal, requestId } = exchange
  const call: Call = {
    request,
    principal,
    client,
    peer: peerOf(stream, logLevel),
    signal: abort.signal,
    requestId,
  }
  state.inFlight.enter(abort)
  try {
    return await state.generation.handle(call)
  } catch (error) {
    return brokenCall(state, call, error)
  } finally {
    state.inFlight.leave(abort)
  }
}

/** Runs the call and writes its answer. */
export const serveCall = async (
  exchange: KnownExchange,
  request: JsonRpcRequest,
  serving: Serving,
): Promise<void> => {
  const { state, req, res, headers } = exchange
  const stream = openAnswerStream(res, { headers, streams: acceptsStream(req.headers.accept) })
  state.answers.add(stream)
  try {
    const answered = await reply(exchange, request, serving, stream)
    stream.finish(answerOf(request, answered, serving.client.era))
  } finally {
    state.answers.delete(stream)
  }
}
