// The text/event-stream format: an encoder for our answers and a streaming decoder for those of backends.
import { hasByteOrderMark } from '../base/byte-order-mark.ts'
import { Gathered } from '../base/gathered.ts'

export interface SseEvent {
  /** The joined `data` lines; empty in a priming event. */
  readonly data: Uint8Array
  /** `message` unless the stream says otherwise. */
  readonly event: string
}

export interface SseDecoder {
  /** `chunk` is kept, not copied. Calls back for each complete event in it; false when an event is larger than the limit. */
  push(chunk: Uint8Array): boolean
  /** Where to resume: the last event id that the stream set, also by an event without data. */
  lastEventId(): string | undefined
}

export interface SseSink {
  onEvent(event: SseEvent): void
  /** A new reconnection time in milliseconds. */
  onRetry?(ms: number): void
}

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const encoder = new TextEncoder()
const decoder = new TextDecoder()

const splitLines = (data: string): string[] => data.split(/\r\n|\n|\r/)

/** One event. Line breaks inside `data` become further data lines, as the format asks. */
export const encodeSse = (data: string, options: { event?: string; id?: string } = {}): string => {
  const event = options.event === undefined ? '' : `event: ${options.event}\n`
  const id = options.id === undefined ? '' : `id: ${options.id}\n`
  const lines = splitLines(data)
  return `${event}${id}${lines.map((line) => `data: ${line}\n`).join('')}\n`
}

/** A comment keeps the connection alive and means nothing. */
export const sseComment = (text: string): string => `: ${text.replace(/[\r\n]+/g, ' ')}\n\n`

/** Gets a line as a part of `bytes`: an object for each of millions of short ones would take most of the time. */
type OnLine = (bytes: Uint8Array, start: number, end: number) => void

/** Splits at LF, CRLF and CR across chunks. Answers false when a line grows beyond the limit. */
const lineSplitter = (limit: number, onLine: OnLine) => {
  const kept = new Gathered()
  let skipLf = false
  const endLine = (chunk: Uint8Array, start: number, end: number) => {
    if (kept.length === 0) {
      onLine(chunk, start, end)
      return
    }
    kept.push(chunk.subarray(start, end))
    const line = kept.take()
    onLine(line, 0, line.length)
  }
  return (chunk: Uint8Array): boolean => {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (skipLf) {
        skipLf = false
        if (byte === lf) {
          start = at + 1
          continue
        }
      }
      if (byte !== lf && byte !== cr) continue
      endLine(chunk, start, at)
      skipLf = byte === cr
      start = at + 1
    }
    if (start < chunk.length) kept.push(chunk.subarray(start))
    return kept.length <= limit
  }
}

/** The names that mean something; all others are ignored. */
const fieldNames = ['data', 'event', 'id', 'retry'] as const

/** Whether the line has this name, with a value or without. */
const isNamed = (bytes: Uint8Array, start: number, end: number, name: string): boolean => {
  const after = start + name.length
  if (after > end || (after < end && bytes[after] !== colon)) return false
  for (let at = 0; at < name.length; at++) {
    if (bytes[start + at] !== name.charCodeAt(at)) return false
  }
  return true
}

/** Where the value begins, behind a name of that length. */
const valueStart = (bytes: Uint8Array, after: number, end: number): number =>
  Math.min(bytes[after + 1] === 0x20 ? after + 2 : after + 1, end)

const newline = encoder.encode('\n')

/** `maxEventBytes` bounds one event. */
export const sseDecoder = (sink: SseSink, maxEventBytes: number): SseDecoder => {
  const data = new Gathered()
  let hasData = false
  let event = ''
  let id: string | undefined
  let first = true
  let tooLarge = false

  const endEvent = () => {
    const type = event
    event = ''
    if (!hasData) return
    hasData = false
    sink.onEvent({ data: data.take(), event: type === '' ? 'message' : type })
  }
  const onData = (bytes: Uint8Array, start: number, end: number) => {
    if (hasData) data.push(newline)
    hasData = true
    if (start < end) data.push(bytes.subarray(start, end))
    if (data.length > maxEventBytes) tooLarge = true
  }
  const onField: OnLine = (bytes, start, end) => {
    const name = fieldNames.find((one) => isNamed(bytes, start, end, one))
    if (name === undefined) return
    const from = valueStart(bytes, start + name.length, end)
    if (name === 'data') {
      onData(bytes, from, end)
      return
    }
    const value = bytes.subarray(from, end)
    if (name === 'event') event = decoder.decode(value)
    else if (name === 'id') id = value.includes(0) ? id : decoder.decode(value)
    else {
      const text = decoder.decode(value)
      if (/^\d{1,9}$/.test(text)) sink.onRetry?.(Number(text))
    }
  }
  const split = lineSplitter(maxEventBytes, (bytes, start, end) => {
    const from = first && hasByteOrderMark(bytes, start, end) ? start + 3 : start
    first = false
    if (tooLarge) return
    if (from === end) endEvent()
    else onField(bytes, from, end)
  })
  return {
    push: (chunk) => !tooLarge && split(chunk) && !tooLarge,
    lastEventId: () => id,
  }
}
