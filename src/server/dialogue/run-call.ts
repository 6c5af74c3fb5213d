// One request carried out: the call with its way back, counted among those in flight, until its reply.
import type { Cancel } from '../../base/cancellation.ts'
import { problemOf } from '../../problems/problem.ts'
import type {
  Call,
  Caller,
  ClientFacts,
  Peer,
  Reply,
  ReportedRule,
  Reuse,
  SessionPeer,
} from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { passesLevel } from '../../mcp/log-level.ts'
import { notAnswered, notOffered } from '../../mcp/questions.ts'
import type { CallTrace } from '../../trace/span.ts'
import { recordCall } from './decision-record.ts'
import { endCall } from './request-trace.ts'
import { brokenCall, type MessageSource } from './speaker.ts'

const logMethod = 'notifications/message'

/** `logLevel`: `none` where the caller did not ask for log messages. */
export const statelessPeer = (way: Pick<Peer, 'notify' | 'drained'>, logLevel: string): Peer => ({
  notify: (notification) => {
    if (notification.method === logMethod) {
      if (logLevel === 'none' || !passesLevel(notification.params?.['level'], logLevel)) return
    }
    way.notify(notification)
  },
  drained: () => way.drained?.(),
  // In this era a question is an answer, and asked further in.
  ask: ({ method }) => Promise.resolve(notOffered(method)),
})

/** Of a batch only the answers get back. */
const muted: Peer = {
  notify: () => undefined,
  ask: () => Promise.resolve(notAnswered),
}

export interface CallOptions {
  readonly client: ClientFacts
  readonly abort: Cancel
  /** Where the request came in one. */
  readonly session?: { readonly standing: SessionPeer; readonly calls: { readonly size: number } }
  /** Stays open by its nature, and is counted among its like. */
  readonly listens?: true
}

const tooMany = (limit: number): Reply => ({
  kind: 'refusal',
  problem: problemOf('limit-calls', 'all', { limit }),
  retryAfterSeconds: 1,
})

/** The limit that leaves no place for one more call; undefined where it has taken its place. */
const enter = (
  { state, principal }: MessageSource,
  { session }: CallOptions,
): number | undefined => {
  const { max_calls_per_caller: most } = state.generation.config.proxy
  // Without authentication a session is all that tells one caller from others. This call is among its own already.
  if (session !== undefined && session.calls.size > most) return most
  return state.calls.enter(principal.key)
}

/** A call that stays open by its nature has no end to wait for: it is not traced. */
const callTrace = (
  { trace, requestId }: MessageSource,
  request: JsonRpcRequest,
  caller: Caller,
): CallTrace | undefined =>
  trace === undefined ? undefined : { span: trace.startCall(request, { caller, requestId }) }

/** Runs the call without writing anything but what comes before its reply. Never rejects. */
export const runCall = (
  speaker: MessageSource,
  request: JsonRpcRequest,
  running: CallOptions,
  peer: Peer = muted,
): Promise<Reply> => {
  const { state, principal, requestId, req, expiresAt } = speaker
  const { client, abort, session, listens } = running
  const reached = listens === true ? undefined : enter(speaker, running)
  const begun = state.ports.clock.now()
  let wouldDeny: ReportedRule[] | undefined
  let reused: Reuse | undefined
  const meant = state.generation.unwrap(request)
  const caller: Caller = {
    principal,
    client,
    session: session?.standing,
    address: speaker.address,
    headers: req?.headers,
    expiresAt,
  }
  const call: Call = {
    request: meant,
    caller,
    peer,
    // What headers repeat is in the request that came.
    headers: session === undefined && meant === request ? req?.headers : undefined,
    paramHeaders: undefined,
    signal: abort.signal,
    head: speaker,
    onReported: (reported) => (wouldDeny ??= []).push(reported),
    onReused: (from) => {
      reused = from
    },
    requestId,
    trace: listens === true ? undefined : callTrace(speaker, meant, caller),
  }
  if (reached !== undefined) {
    const refusal = tooMany(reached)
    recordCall(speaker, call, refusal, { begun, wouldDeny: [] })
    endCall(call, refusal)
    return Promise.resolve(refusal)
  }
  const among = listens === true ? state.listening : state.inFlight
  const underWay = among.enter(abort)
  const leave = (answered: Reply): Reply => {
    among.leave(underWay)
    if (listens !== true) state.calls.leave(principal.key)
    recordCall(speaker, call, answered, { begun, wouldDeny: wouldDeny ?? [], reused })
    endCall(call, answered)
    return answered
  }
  const breaks = (error: unknown): Reply => leave(brokenCall(state, call, error))
  try {
    return state.generation.handle(call).then(leave, breaks)
  } catch (error) {
    return Promise.resolve(breaks(error))
  }
}
