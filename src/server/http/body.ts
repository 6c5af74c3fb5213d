// A request body, read whole within a limit.
import type { IncomingMessage } from 'node:http'

/**
 * Tells the body once it is whole, or that it is too large, of which nothing is kept. Tells nothing of a
 * caller who left before the end.
 */
export const readBody = (
  req: IncomingMessage,
  limit: number,
  onBody: (body: Buffer | 'too large') => void,
): void => {
  let first: Buffer | undefined
  let rest: Buffer[] | undefined
  let length = 0
  req.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= limit) {
      if (first === undefined) first = chunk
      else (rest ??= []).push(chunk)
      return
    }
    if (length - chunk.length > limit) return
    first = undefined
    rest = undefined
    req.pause()
    onBody('too large')
  })
  req.on('end', () => {
    if (length > limit) return
    if (first === undefined) onBody(Buffer.alloc(0))
    else onBody(rest === undefined ? first : Buffer.concat([first, ...rest]))
  })
}
