// Reads the body of an answer under a cap, and undoes a content coding that nobody asked for.
import type { Readable, Transform } from 'node:stream'
import { Gathered } from '../base/gathered.ts'

/** More than the cap, as sent or once decoded. */
export class TooLarge extends Error {}

/** A coding that we cannot undo; the message can be shown. */
export class UnknownEncoding extends Error {}

export interface AnswerBody {
  readonly bytes: Buffer
  /** Undefined when the body came as it is. */
  readonly encoding: string | undefined
}

const decoderOf = async (encoding: string): Promise<Transform | undefined> => {
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib')
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'br') return createBrotliDecompress()
  return encoding === 'deflate' ? createInflate() : undefined
}

const wholeOf = async (body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> => {
  const gathered = new Gathered()
  for await (const chunk of body) {
    if (gathered.length + chunk.length > maxBytes) throw new TooLarge()
    gathered.push(chunk)
  }
  return gathered.take()
}

/**
 * We ask for `identity`. Who sends gzip, deflate or brotli all the same is understood, since every browser
 * and every fetch would; what such a body unpacks to is counted against the same cap while it unpacks, so a
 * small answer cannot become a large one. Two codings, one around the other, are nothing but a trick.
 */
export const readBody = async (
  body: Readable,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<AnswerBody> => {
  const encoding = contentEncoding?.trim().toLowerCase() ?? ''
  const raw = await wholeOf(body as AsyncIterable<Uint8Array>, maxBytes)
  if (encoding === '' || encoding === 'identity' || raw.length === 0) {
    return { bytes: raw, encoding: undefined }
  }
  const decoder = await decoderOf(encoding)
  if (decoder === undefined) {
    const shown = encoding.slice(0, 60)
    throw new UnknownEncoding(`the answer is encoded as ${shown}, which was not requested`)
  }
  // The error, if there is one, reaches the loop that reads.
  decoder.on('error', () => undefined)
  decoder.end(raw)
  try {
    return { bytes: await wholeOf(decoder as AsyncIterable<Uint8Array>, maxBytes), encoding }
  } finally {
    decoder.destroy()
  }
}
