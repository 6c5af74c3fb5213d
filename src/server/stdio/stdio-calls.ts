// The calls of a client on a pair of pipes, in either era: how each is run, answered, refused and cancelled.
import { randomUUID } from 'node:crypto'
import { createCancel, reasonText, type Cancel } from '../../base/cancellation.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { writeJson } from '../../base/exact-json.ts'
import type { Principal } from '../../base/principal.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { ClientFacts } from '../../mcp/call.ts'
import {
  jsonRpcIdOf,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../../mcp/json-rpc.ts'
import { metaKeys, metaOf } from '../../mcp/revision.ts'
import { withCall } from '../dialogue/conversation.ts'
import { envelopeFault, statelessFacts } from '../dialogue/modern-envelope.ts'
import { RequestTrace } from '../dialogue/request-trace.ts'
import { recordRefusal } from '../dialogue/decision-record.ts'
import { answerOf, errorOfProblem, type Answered } from '../dialogue/respond.ts'
import { runCall, statelessPeer } from '../dialogue/run-call.ts'
import type { CallState, MessageSource } from '../dialogue/speaker.ts'
import type { LineChannel } from './line-channel.ts'
import { peerOf, type StdioSession } from './stdio-talk.ts'

/** The client at the other end of the pipes. */
export interface PipeClient {
  readonly state: CallState
  /** The user that started the process. */
  readonly principal: Principal
  readonly channel: LineChannel
  /** In flight, of both eras: the ids of one client are of one kind. */
  readonly calls: Map<JsonRpcId, Cancel>
}

const ending: JsonRpcError = { code: errorCodes.internalError, message: 'The proxy is ending' }

/** JSON-RPC 2.0 section 5: an id that could not be read is null. */
const errorLine = (id: JsonRpcId | undefined, error: JsonRpcError): Buffer =>
  Buffer.from(writeJson({ jsonrpc: '2.0', id: id ?? null, error }))

/** Who started the process is its client: its trace is continued. */
export const speakerOf = ({ state, principal }: PipeClient): MessageSource => {
  const { tracer } = state.tracing
  const speaker = { state, principal, requestId: randomUUID() }
  if (tracer === undefined) return speaker
  const { clock } = state.ports
  return { ...speaker, trace: new RequestTrace({ tracer, clock, isTrusted: true }) }
}

export const refuse = (
  client: PipeClient,
  id: JsonRpcId | undefined,
  problem: Problem,
  data = {},
): void => {
  const speaker = speakerOf(client)
  const { requestId } = speaker
  recordRefusal(speaker, problem)
  client.channel.send(errorLine(id, errorOfProblem(problem, { ...data, requestId })))
}

export const refuseAtEnd = ({ channel }: PipeClient, id: JsonRpcId): void => {
  channel.send(errorLine(id, ending))
}

/** MCP, cancellation: what was cancelled gets no answer. */
const answer = ({ calls, channel }: PipeClient, abort: Cancel, answered: Answered): void => {
  if (calls.get(answered.request.id) === abort) channel.send(answerOf(answered).body)
}

/** The one call that is answered whether it was cancelled or not. */
export const initialize = async (
  client: PipeClient,
  request: JsonRpcRequest,
  facts: ClientFacts,
): Promise<void> => {
  const running = { client: facts, abort: createCancel() }
  const speaker = speakerOf(client)
  const reply = await runCall(speaker, request, running)
  const { requestId } = speaker
  client.channel.send(answerOf({ request, reply, era: 'legacy', requestId }).body)
}

export const callInTalk = (
  client: PipeClient,
  request: JsonRpcRequest,
  session: StdioSession,
): Promise<void> => {
  const speaker = speakerOf(client)
  return withCall(speaker, session, request, async (abort) => {
    const over = createCancel()
    const running = { client: session.client, abort, session }
    const reply = await runCall(speaker, request, running, peerOf(session, over.signal))
    over.abort()
    const { requestId } = speaker
    answer(client, abort, { request, reply, era: 'legacy', requestId })
  })
}

export const statelessCall = async (client: PipeClient, request: JsonRpcRequest): Promise<void> => {
  const { calls, channel } = client
  const meta = metaOf(request.params) ?? {}
  const fault = envelopeFault(request, meta)
  if (fault !== undefined) return refuse(client, request.id, fault.problem, fault.data)
  const level = meta[metaKeys.logLevel]
  const abort = createCancel()
  calls.set(request.id, abort)
  const peer = statelessPeer(
    { notify: (notification) => channel.tell(notification) },
    typeof level === 'string' ? level : 'none',
  )
  try {
    const running = { client: statelessFacts(meta), abort }
    const speaker = speakerOf(client)
    const reply = await runCall(speaker, request, running, peer)
    answer(client, abort, { request, reply, era: 'modern', requestId: speaker.requestId })
  } finally {
    if (calls.get(request.id) === abort) calls.delete(request.id)
  }
}

export const cancelCall = ({ calls }: PipeClient, { params }: JsonRpcNotification): void => {
  const id = jsonRpcIdOf(params?.['requestId'])
  const abort = id === undefined ? undefined : calls.get(id)
  if (abort === undefined || id === undefined) return
  calls.delete(id)
  abort.abort(reasonText(params?.['reason']))
}

export const shapeProblem = (why: string): Problem => problemOf('req-shape', { why })
