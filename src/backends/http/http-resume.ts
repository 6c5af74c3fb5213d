// The rest of a call whose stream ended before its answer: asked for with the last event id, as often as it takes.
import { untilAborted, type CancelSignal } from '../../base/cancellation.ts'
import { within } from '../../base/within.ts'
import { sessionHeaders } from './http-headers.ts'
import { ownCredential, type HttpLink } from './http-link.ts'
import { replyReader, type ReplyReader, type ReplySink, type Resumption } from './http-reply.ts'
import { roundTrip, type Ending, type HttpRequest } from './round-trip.ts'

const maxRetryMs = 60_000
/** Streams in a row that bring nothing new before the answer is given up. */
const maxIdleResumptions = 5

interface Reading {
  readonly ending: Ending
  readonly reader: ReplyReader | undefined
}

const read = async (
  link: HttpLink,
  request: HttpRequest,
  sink: ReplySink,
  signal: CancelSignal,
): Promise<Reading> => {
  let reader: ReplyReader | undefined
  const ending = await roundTrip(link.http, link.target, request, signal, (head) => {
    reader = replyReader(head, sink)
    return reader
  })
  return { ending, reader }
}

/** As long as the server asked for, or until the caller is back, on whose behalf we ask. */
const pause = (
  { clock }: HttpLink['ports'],
  retryMs: number,
  signal: CancelSignal,
  early: CancelSignal | undefined,
): Promise<void> => {
  const ms = Math.min(retryMs, maxRetryMs)
  return early === undefined
    ? clock.sleep(ms, signal).catch(() => undefined)
    : within(untilAborted(early), { ms, clock, signal }, () => undefined)
}

/**
 * A session server may end the stream of a call early and finish it on another one, which the client
 * asks for with the last event id (MCP 2025-11-25 transports, resumability).
 */
export const resume = async (
  link: HttpLink,
  from: Resumption,
  sink: ReplySink,
  signal: CancelSignal,
  early: CancelSignal,
): Promise<Ending> => {
  let at = from
  let idle = 0
  for (;;) {
    await pause(link.ports, at.retryMs, signal, at === from ? early : undefined)
    const headers = {
      ...(link.access.fixed ?? (await ownCredential(link)))?.headers,
      ...sessionHeaders(link.session),
      accept: 'text/event-stream',
      'last-event-id': at.lastEventId,
    }
    const { ending, reader } = await read(link, { method: 'GET', headers }, sink, signal)
    const next = reader?.resumption?.()
    if (sink.replied || signal.aborted || ending.kind === 'stopped') return ending
    if (ending.kind === 'complete' && next === undefined) return ending
    idle = next === undefined || next.lastEventId === at.lastEventId ? idle + 1 : 0
    if (idle >= maxIdleResumptions) return ending
    at = next ?? at
  }
}
