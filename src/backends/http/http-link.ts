// The state of one HTTP link and what is said on it without expecting an answer.
import type { Dispatcher } from 'undici'
import { createCancel, type Cancel, type CancelSignal } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Roster } from '../../base/roster.ts'
import type { Caller, Peer, Reply } from '../../mcp/call.ts'
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { isTaken, type Access, type Shown } from '../access.ts'
import type { Credential } from '../credential.ts'
import { isRefused, notSent, unavailable } from '../failure.ts'
import { postHeaders, type HttpSession } from './http-headers.ts'
import { cancelNotice } from '../channel/outgoing.ts'
import type { QuestionDesk } from '../channel/question-desk.ts'
import type { BodySink } from './body-sink.ts'
import { cancelledBefore, roundTrip, type Ending, type HttpTarget } from './round-trip.ts'
import type { LinkEvents } from '../transport.ts'

/** What ends when the link does. */
export type Abortable = Pick<Cancel, 'abort'>

/** At most one session at a time, and everything that is open on the link. */
export interface HttpLink {
  readonly name: string
  readonly http: Dispatcher
  readonly target: HttpTarget
  readonly access: Access
  /** For whom alone it is; as its last request showed it. */
  owner: Caller | undefined
  readonly maxBytes: number
  readonly ports: Ports
  readonly events: LinkEvents
  readonly open: Roster<Abortable>
  readonly questions: QuestionDesk
  session: HttpSession | undefined
  stream: AbortController | undefined
  closing: boolean
  /** It has been logged that events came which are no messages. */
  hasStray: boolean
}

export const sideMessageMs = 5000

export const ignoreBody: BodySink = { onChunk: () => true }

/** Nobody listens at the address: the link is over. */
export const unreachable = (link: HttpLink, why: string): Problem => {
  const problem = unavailable(link.name, why)
  link.stream?.abort()
  if (!link.closing) link.events.onEnd(problem)
  return problem
}

/** Work on the link that ends with it: `end` belongs behind the work, however it ended. */
interface Scope extends Cancel {
  end(): void
}

/** A scope that also ends with `signal`. */
const openScope = (link: Pick<HttpLink, 'open'>, signal: CancelSignal): Scope => {
  const scope = createCancel()
  const onAbort = () => scope.abort()
  if (signal.aborted) scope.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  const ticket = link.open.add(scope)
  return {
    signal: scope.signal,
    abort: onAbort,
    end: () => {
      link.open.remove(ticket)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

/** Runs `work` in a scope that ends after `limitMs`. */
export const withinTime = async <T>(
  link: Pick<HttpLink, 'open' | 'ports'>,
  limitMs: number,
  work: (signal: CancelSignal) => Promise<T>,
): Promise<T> => {
  const done = createCancel()
  const scope = openScope(link, done.signal)
  void link.ports.clock.sleep(limitMs, done.signal).then(
    () => scope.abort(),
    () => undefined,
  )
  try {
    return await work(scope.signal)
  } finally {
    scope.end()
    done.abort()
  }
}

/** What goes with a request for the one that the link is for. Undefined where nothing can be had. */
export const ownCredential = async ({
  access,
  owner,
}: Pick<HttpLink, 'access' | 'owner'>): Promise<Credential | undefined> => {
  const taken = access.fixed ?? (await access.take(owner))
  return isTaken(taken) ? taken : undefined
}

/** What a signal does not wait for; undefined where it came first. */
export const unlessAborted = async <Result>(
  work: Promise<Result>,
  signal: CancelSignal,
): Promise<Result | undefined> => {
  if (signal.aborted) return undefined
  let onAbort = (): void => undefined
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const isUnauthorized = (reply: Reply | undefined): boolean =>
  reply?.kind === 'failure' && isRefused(reply.problem) && reply.problem.status === 401

/**
 * Sends with what the caller has to show, and once more where the backend refused just that: a request that is answered
 * with 401 was not carried out.
 */
export const withAccess = async <Answer extends Reply | undefined>(
  { name, access }: Pick<HttpLink, 'name' | 'access'>,
  caller: Caller | undefined,
  signal: CancelSignal,
  send: (credential: Shown) => Promise<Answer>,
): Promise<Answer | Reply> => {
  const cancelled = () => notSent(unavailable(name, 'the call was cancelled', 'cancelled'))
  const first = await unlessAborted(Promise.resolve(access.take(caller)), signal)
  if (first === undefined) return cancelled()
  if (!isTaken(first)) return notSent(first.problem)
  const reply = await send(first)
  if (!isUnauthorized(reply)) return reply
  const second = await unlessAborted(access.again(first, caller), signal)
  if (second === undefined) return reply
  return isTaken(second) ? send(second) : notSent(second.problem)
}

/** Sends what expects no answer. `about`: the notification that it is, for its headers. */
export const postAside = (
  link: HttpLink,
  body: string,
  about?: JsonRpcNotification,
): Promise<Ending> =>
  withinTime(link, sideMessageMs, async (signal) => {
    const credential = link.access.fixed ?? (await ownCredential(link))
    if (credential === undefined || signal.aborted) return cancelledBefore
    return roundTrip(
      link.http,
      link.target,
      { method: 'POST', headers: postHeaders(credential, about, link.session), body },
      signal,
      () => ignoreBody,
    )
  })

export const answer = (link: HttpLink, question: JsonRpcRequest, peer: Peer | undefined): void => {
  link.questions.take(question, peer, (text) => void postAside(link, text))
}

/** MCP 2025-11-25 transports: a disconnect is not a cancellation, so a session server is told. */
export const cancel = (link: HttpLink, id: JsonRpcId, reason: unknown): void => {
  void postAside(link, JSON.stringify(cancelNotice(id, reason)))
}
