// The text/event-stream format: an encoder for our answers and a streaming decoder for those of backends.

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

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return new Uint8Array(Buffer.concat(parts))
}

/** Splits at LF, CRLF and CR across chunks. Answers false when a line grows beyond the limit. */
const lineSplitter = (limit: number, onLine: (line: Uint8Array) => void) => {
  let kept: Uint8Array[] = []
  let keptLength = 0
  let skipLf = false
  const endLine = (part: Uint8Array) => {
    if (kept.length === 0) {
      onLine(part)
      return
    }
    const line = concat([...kept, part])
    kept = []
    keptLength = 0
    onLine(line)
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
    if (start < chunk.length) {
      kept.push(chunk.subarray(start))
      keptLength += chunk.length - start
    }
    return keptLength <= limit
  }
}

interface Field {
  readonly name: string
  readonly value: Uint8Array
}

const readField = (line: Uint8Array): Field => {
  const colon = line.indexOf(0x3a)
  if (colon === -1) return { name: decoder.decode(line), value: new Uint8Array() }
  const start = line[colon + 1] === 0x20 ? colon + 2 : colon + 1
  return { name: decoder.decode(line.subarray(0, colon)), value: line.subarray(start) }
}

const newline = encoder.encode('\n')

const joinData = (lines: readonly Uint8Array[]): Uint8Array =>
  concat(lines.flatMap((line, index) => (index === 0 ? [line] : [newline, line])))

const withoutBom = (line: Uint8Array): Uint8Array =>
  line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line

/** `maxEventBytes` bounds one event. */
export const sseDecoder = (sink: SseSink, maxEventBytes: number): SseDecoder => {
  let data: Uint8Array[] = []
  let dataLength = 0
  let event = ''
  let id: string | undefined
  let first = true
  let tooLarge = false

  const endEvent = () => {
    const lines = data
    const type = event
    data = []
    dataLength = 0
    event = ''
    if (lines.length === 0) return
    sink.onEvent({ data: joinData(lines), event: type === '' ? 'message' : type })
  }
  const onField = ({ name, value }: Field) => {
    if (name === 'data') {
      data.push(value)
      dataLength += value.length + 1
      if (dataLength > maxEventBytes) tooLarge = true
    } else if (name === 'event') event = decoder.decode(value)
    else if (name === 'id' && !value.includes(0)) id = decoder.decode(value)
    else if (name === 'retry') {
      const text = decoder.decode(value)
      if (/^\d{1,9}$/.test(text)) sink.onRetry?.(Number(text))
    }
  }
  const split = lineSplitter(maxEventBytes, (raw) => {
    const line = first ? withoutBom(raw) : raw
    first = false
    if (tooLarge) return
    if (line.length === 0) endEvent()
    else if (line[0] !== 0x3a) onField(readField(line))
  })
  return {
    push: (chunk) => !tooLarge && split(chunk) && !tooLarge,
    lastEventId: () => id,
  }
}
