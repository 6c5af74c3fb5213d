// The answer to one POST: JSON when the reply comes first, an event stream once anything comes before it.
import { writeJson } from '../../base/exact-json.ts'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { encodeSse, sseComment } from '../../mcp/sse.ts'
import { drainedOf, maxBuffered } from '../dialogue/flow.ts'
import type { Answer } from '../dialogue/respond.ts'

export interface AnswerStream {
  /** Dropped when the caller takes no event stream, has left, or reads too slowly. */
  notify(notification: JsonRpcNotification): void
  finish(answer: Answer): void
  /** Resolves when the caller has read what was written, or has left; undefined while it keeps up. */
  drained(): Promise<void> | undefined
  /** Called now and then: keeps intermediaries from giving up on a long call. */
  keepAlive(): void
}

export const streamHeaders: OutgoingHttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

export const sendJson = (
  res: ServerResponse,
  headers: OutgoingHttpHeaders,
  { status, body, retryAfterSeconds, challenge }: Answer,
): void => {
  if (res.headersSent || res.destroyed) return
  // Name after value, as node:http takes them quickest.
  const flat = ['content-type', 'application/json', 'content-length', String(body.length)]
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined) flat.push(name, value as string)
  }
  if (retryAfterSeconds !== undefined) flat.push('retry-after', String(retryAfterSeconds))
  if (challenge !== undefined) flat.push('www-authenticate', challenge)
  res.writeHead(status, flat)
  res.end(body)
}

export interface AnswerStreamOptions {
  readonly headers: OutgoingHttpHeaders
  /** Whether the caller accepts text/event-stream. */
  readonly streams: boolean
  /** The stream ends rather than leave something out: the caller opens it again and knows that it missed something. */
  readonly lossless?: boolean
}

/** One object, since each call has one. */
class ResponseStream implements AnswerStream {
  private readonly res: ServerResponse
  private readonly options: AnswerStreamOptions
  private waited = 0

  constructor(res: ServerResponse, options: AnswerStreamOptions) {
    this.res = res
    this.options = options
  }

  private begin(): void {
    // The head leaves together with the event that follows at once.
    if (!this.res.headersSent) {
      this.res.writeHead(200, { ...this.options.headers, ...streamHeaders })
    }
  }

  private isWritable(): boolean {
    return this.options.streams && !this.res.destroyed && !this.res.writableEnded
  }

  notify(notification: JsonRpcNotification): void {
    if (!this.isWritable()) return
    if (this.res.writableLength > maxBuffered) {
      if (this.options.lossless === true) this.res.destroy()
      return
    }
    this.begin()
    this.res.write(encodeSse(writeJson(notification)))
  }

  finish(answer: Answer): void {
    const { res } = this
    if (res.destroyed || res.writableEnded) return
    if (res.headersSent) res.end(encodeSse(answer.body.toString('utf8')))
    else sendJson(res, this.options.headers, answer)
  }

  drained(): Promise<void> | undefined {
    return drainedOf(this.res)
  }

  keepAlive(): void {
    this.waited += 1
    // The first tick may follow the request at once; a quick answer shall stay JSON.
    if (this.waited < 2 || !this.isWritable() || this.res.writableLength > maxBuffered) return
    this.begin()
    this.res.write(sseComment('still working'))
  }
}

export const openAnswerStream = (res: ServerResponse, options: AnswerStreamOptions): AnswerStream =>
  new ResponseStream(res, options)

/** What both eras ask of every client, word for word. */
const usualAccept = 'application/json, text/event-stream'

interface Range {
  readonly at: number
  readonly quality: number
}

/** Where the type is named in the header, and with which quality. */
const rangeOf = (ranges: readonly string[], type: string): Range | undefined => {
  const at = ranges.findIndex((range) => range.split(';')[0]?.trim() === type)
  const quality = /;\s*q=([\d.]+)/.exec(ranges[at] ?? '')?.[1]
  return at === -1 ? undefined : { at, quality: quality === undefined ? 1 : Number(quality) }
}

/** Whether the caller would rather have text/event-stream than JSON: by quality, else by what it names first. */
export const prefersStream = (accept: string | undefined): boolean => {
  if (accept === undefined || accept === usualAccept) return false
  const ranges = accept.toLowerCase().split(',')
  const stream = rangeOf(ranges, 'text/event-stream')
  if (stream === undefined || stream.quality === 0) return false
  const json = rangeOf(ranges, 'application/json')
  return (
    json === undefined ||
    stream.quality > json.quality ||
    (stream.quality === json.quality && stream.at < json.at)
  )
}

/** A media range that covers text/event-stream; its quality does not matter to us. */
export const acceptsStream = (accept: string | undefined): boolean =>
  accept === usualAccept ||
  (accept !== undefined && /(?:text\/event-stream|text\/\*|\*\/\*)/i.test(accept))
