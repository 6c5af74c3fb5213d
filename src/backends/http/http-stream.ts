// The standing event stream of a session-era HTTP server: opened by GET, opened again when it ends.
import type { Dispatcher } from 'undici'
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import { readMessageBytes } from '../../mcp/envelope.ts'
import type { Message } from '../../mcp/message.ts'
import { sseDecoder } from '../../mcp/sse.ts'
import { createBackoff } from '../../base/backoff.ts'
import type { BodySink } from './body-sink.ts'
import { cancelledBefore, roundTrip, type Ending, type HttpTarget } from './round-trip.ts'

export interface StreamOptions {
  readonly http: Dispatcher
  readonly target: HttpTarget
  /** Asked for each time that the stream is opened; undefined where it cannot be opened now. */
  readonly headers: () => Promise<Readonly<Record<string, string>> | undefined>
  readonly ports: Pick<Ports, 'clock' | 'random'>
  readonly signal: CancelSignal
  readonly maxBytes: number
  onMessage(message: Message): void
  /** The stream stands again after a gap that the server did not fill. */
  onGap(): void
  onSessionLost(): void
  /** The server has no such stream (MCP 2025-11-25 transports, listening for messages). */
  onNone(): void
  onUnreachable(why: string): void
}

const ignoreBody: BodySink = { onChunk: () => false }

/** Ends when the server has no such stream, when the session or the server is gone, or with the signal. */
export const followStream = async (options: StreamOptions): Promise<void> => {
  const { http, target, ports, signal } = options
  const backoff = createBackoff(ports.random)
  let retryMs: number | undefined
  let lastEventId: string | undefined
  let opened = 0

  const open = async (): Promise<{ ending: Ending; status: number | undefined }> => {
    let status: number | undefined
    const own = await options.headers()
    if (own === undefined || signal.aborted) return { ending: cancelledBefore, status }
    const headers = {
      ...own,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    }
    const ending = await roundTrip(http, target, { method: 'GET', headers }, signal, (head) => {
      status = head.status
      if (status !== 200) return ignoreBody
      if (!head.header('content-type')?.toLowerCase().startsWith('text/event-stream')) {
        status = 405
        return ignoreBody
      }
      opened += 1
      if (opened > 1 && lastEventId === undefined) options.onGap()
      const decoder = sseDecoder(
        {
          onEvent: ({ data }) => {
            backoff.reset()
            if (data.length > 0) options.onMessage(readMessageBytes(data))
          },
          onRetry: (ms) => {
            retryMs = ms
          },
        },
        options.maxBytes,
      )
      return {
        onChunk: (chunk) => {
          const goOn = decoder.push(chunk)
          lastEventId = decoder.lastEventId() ?? lastEventId
          return goOn
        },
      }
    })
    return { ending, status }
  }

  while (!signal.aborted) {
    const { ending, status } = await open()
    if (signal.aborted) return
    if (ending.kind === 'broken' && !ending.connected) {
      options.onUnreachable(ending.why)
      return
    }
    // A stream that never stood tells nothing of the session: some servers know no GET and say 404. One that stood
    // before was no bad request: some servers say 400 where a session is unknown.
    if ((status === 404 || status === 400) && opened > 0) options.onSessionLost()
    if (status === 405) options.onNone()
    if (status !== undefined && status >= 400 && status < 500) return
    const waitMs = Math.min(Math.max(retryMs ?? 0, backoff.next()), 60_000)
    await ports.clock.sleep(waitMs, signal).catch(() => undefined)
  }
}
