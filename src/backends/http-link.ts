// The state of one HTTP link and what is said on it without expecting an answer.
import type { Dispatcher } from 'undici'
import type { Ports } from '../base/ports.ts'
import type { Problem } from '../base/problem.ts'
import type { Peer } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/message.ts'
import type { LinkEvents } from './backend.ts'
import { unavailable } from './failure.ts'
import { postHeaders, sessionHeaders, type Session } from './http-headers.ts'
import type { QuestionDesk } from './question-desk.ts'
import { roundTrip, type BodySink, type Ending, type HttpTarget } from './round-trip.ts'

/** At most one session at a time, and everything that is open on the link. */
export interface HttpLink {
  readonly name: string
  readonly http: Dispatcher
  readonly target: HttpTarget
  readonly credential: Readonly<Record<string, string>>
  readonly ports: Ports
  readonly events: LinkEvents
  readonly open: Set<AbortController>
  readonly questions: QuestionDesk
  session: Session | undefined
  stream: AbortController | undefined
  closing: boolean
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

/** Runs `work` in a scope that ends with the link, with `signal`, and after `limitMs`. */
export const withinLink = async <T>(
  link: HttpLink,
  signal: AbortSignal | undefined,
  limitMs: number | undefined,
  work: (scope: AbortController) => Promise<T>,
): Promise<T> => {
  const scope = new AbortController()
  const timer = limitMs === undefined ? undefined : new AbortController()
  const onAbort = () => scope.abort()
  if (signal?.aborted) scope.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  link.open.add(scope)
  if (limitMs !== undefined) {
    void link.ports.clock.sleep(limitMs, timer?.signal).then(onAbort, () => undefined)
  }
  try {
    return await work(scope)
  } finally {
    timer?.abort()
    link.open.delete(scope)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Sends what expects no answer. */
export const postAside = (
  link: HttpLink,
  body: string,
  headers: Record<string, string>,
): Promise<Ending> =>
  withinLink(link, undefined, sideMessageMs, ({ signal }) =>
    roundTrip(
      link.http,
      link.target,
      { method: 'POST', headers: { ...postHeaders, ...link.credential, ...headers }, body },
      signal,
      () => ignoreBody,
    ),
  )

export const answer = (link: HttpLink, question: JsonRpcRequest, peer: Peer | undefined): void => {
  link.questions.take(question, peer, (text) => {
    void postAside(link, text, sessionHeaders(link.session))
  })
}

/** MCP 2025-11-25 transports: a disconnect is not a cancellation, so a session server is told. */
export const cancel = (link: HttpLink, id: number): void => {
  const notification = {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: id, reason: 'The caller cancelled or left' },
  }
  void postAside(link, JSON.stringify(notification), sessionHeaders(link.session))
}
