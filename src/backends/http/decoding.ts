// Takes the coding off a response body (RFC 9110 section 8.4), for servers that compress without being asked to.
import { createBrotliDecompress, createGunzip, createInflate, constants } from 'node:zlib'
import type { BodySink } from './body-sink.ts'

/** What decodes a body, chunk by chunk. */
export interface Decoding {
  /** False where nothing more should come for now: `onRoom` says when it may. */
  write(chunk: Buffer): boolean
  end(): void
  destroy(): void
}

export interface DecodingEvents {
  /** The sink has enough. */
  onStopped(): void
  onRoom(): void
  onEnd(): void
  onDamaged(): void
}

/** What is there of an event has to come through before the stream ends. */
const flushing = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }

const creators = {
  gzip: () => createGunzip(flushing),
  'x-gzip': () => createGunzip(flushing),
  deflate: () => createInflate(flushing),
  br: () =>
    createBrotliDecompress({
      flush: constants.BROTLI_OPERATION_FLUSH,
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
    }),
} as const

const isKnown = (coding: string): coding is keyof typeof creators => Object.hasOwn(creators, coding)

/** Undefined for a coding that is not known, and where there is none. */
export const decodingOf = (
  coding: string | undefined,
  sink: BodySink,
  events: DecodingEvents,
): Decoding | undefined => {
  const name = coding?.trim().toLowerCase() ?? ''
  if (!isKnown(name)) return undefined
  const stream = creators[name]()
  stream.on('data', (chunk: Buffer) => {
    if (!sink.onChunk(chunk)) {
      stream.destroy()
      events.onStopped()
      return
    }
    const drained = sink.drained?.()
    if (drained === undefined) return
    stream.pause()
    void drained.then(() => stream.resume())
  })
  stream.on('drain', () => events.onRoom())
  stream.on('end', () => events.onEnd())
  stream.on('error', () => events.onDamaged())
  return {
    write: (chunk) => stream.write(chunk),
    end: () => stream.end(),
    destroy: () => stream.destroy(),
  }
}
