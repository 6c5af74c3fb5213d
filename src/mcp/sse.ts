// The text/event-stream format: an encoder for our answers and a streaming decoder for those of backends.
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

/** Splits at LF, CRLF and CR across chunks. Answers false when a line grows beyond the limit. */
const lineSplitter = (limit: number, onLine: (line: Uint8Array) => void) => {
  const kept = new Gathered()
  let skipLf = false
  const endLine = (part: Uint8Array) => {
    if (kept.length === 0) {
      onLine(part)
      return
    }
    kept.push(part)
    onLine(kept.take())
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
      endLine(chunk.subarray(start, at))
      skipLf = byte === cr
      start = at + 1
    }
    kept.push(chunk.subarray(start))
    return kept.length <= limit
  }
}

/** The names that mean something; all others are ignored. */
const fieldNames = ['data', 'event', 'id', 'retry'] as const

const fields = fieldNames.map((name) => ({ name, bytes: encoder.encode(name) }))

const isField = (line: Uint8Array, bytes: Uint8Array): boolean =>
  (line.length === bytes.length || line[bytes.length] === colon) &&
  bytes.every((byte, at) => line[at] === byte)

const fieldOf = (line: Uint8Array) => fields.find(({ bytes }) => isField(line, bytes))

const valueBehind = (line: Uint8Array, { length }: Uint8Array): Uint8Array =>
  line.subarray(line[length + 1] === 0x20 ? length + 2 : length + 1)

const newline = encoder.encode('\n')

const withoutBom = (line: Uint8Array): Uint8Array =>
  line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line

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
  const onLine = (line: Uint8Array) => {
    const field = fieldOf(line)
    if (field === undefined) return
    const value = valueBehind(line, field.bytes)
    if (field.name === 'data') {
      if (hasData) data.push(newline)
      hasData = true
      data.push(value)
      if (data.length > maxEventBytes) tooLarge = true
    } else if (field.name === 'event') event = decoder.decode(value)
    else if (field.name === 'id') id = value.includes(0) ? id : decoder.decode(value)
    else {
      const text = decoder.decode(value)
      if (/^\d{1,9}$/.test(text)) sink.onRetry?.(Number(text))
    }
  }
  const split = lineSplitter(maxEventBytes, (raw) => {
    const line = first ? withoutBom(raw) : raw
    first = false
    if (tooLarge) return
    if (line.length === 0) endEvent()
    else onLine(line)
  })
  return {
    push: (chunk) => !tooLarge && split(chunk) && !tooLarge,
    lastEventId: () => id,
  }
}
