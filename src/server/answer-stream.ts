// The answer to one POST: JSON when the reply comes first, an event stream once anything comes before it.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { JsonRpcNotification } from '../mcp/message.ts'
import { encodeSse, sseComment } from '../mcp/sse.ts'
import type { Answer } from './respond.ts'

export interface AnswerStream {
  /** Dropped when the caller takes no event stream, has left, or reads too slowly. */
  notify(notification: JsonRpcNotification): void
  finish(answer: Answer): void
  /** Called now and then: keeps intermediaries from giving up on a long call. */
  keepAlive(): void
}

export const streamHeaders: OutgoingHttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/** Beyond this the caller does not keep up: notifications may be lost, memory may not. */
export const maxBuffered = 1_048_576

export const sendJson = (
  res: ServerResponse,
  headers: OutgoingHttpHeaders,
  { status, body, retryAfterSeconds }: Answer,
): void => {
  if (res.headersSent || res.destroyed) return
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  res.writeHead(status, {
    ...headers,
    ...retry,
    'content-type': 'application/json',
    'content-length': body.length,
  })
  res.end(body)
}

export interface AnswerStreamOptions {
  readonly headers: OutgoingHttpHeaders
  /** Whether the caller accepts text/event-stream. */
  readonly streams: boolean
  /** The stream ends rather than leave something out: the caller opens it again and knows that it missed something. */
  readonly lossless?: boolean
}

export const openAnswerStream = (
  res: ServerResponse,
  { headers, streams, lossless = false }: AnswerStreamOptions,
): AnswerStream => {
  let waited = 0

  const begin = () => {
    if (res.headersSent) return
    // The head leaves together with the event that follows at once.
    res.writeHead(200, { ...headers, ...streamHeaders })
  }
  const writable = () => streams && !res.destroyed && !res.writableEnded

  return {
    notify: (notification) => {
      if (!writable()) return
      if (res.writableLength > maxBuffered) {
        if (lossless) res.destroy()
        return
      }
      begin()
      res.write(encodeSse(JSON.stringify(notification)))
    },
    finish: (answer) => {
      if (res.destroyed || res.writableEnded) return
      if (res.headersSent) res.end(encodeSse(answer.body.toString('utf8')))
      else sendJson(res, headers, answer)
    },
    keepAlive: () => {
      waited += 1
      // The first tick may follow the request at once; a quick answer shall stay JSON.
      if (waited < 2 || !writable() || res.writableLength > maxBuffered) return
      begin()
      res.write(sseComment('still working'))
    },
  }
}

/** A media range that covers text/event-stream; its quality does not matter to us. */
export const acceptsStream = (accept: string | undefined): boolean =>
  accept !== undefined && /(?:text\/event-stream|text\/\*|\*\/\*)/i.test(accept)
