// A request body, read whole within a limit.
import type { IncomingMessage } from 'node:http'
import { Gathered } from '../../base/gathered.ts'

/**
 * Tells the body once it is whole, or that it is too large, of which nothing is kept. Tells nothing of a
 * caller who left before the end.
 */
export const readBody = (
  req: IncomingMessage,
  limit: number,
  onBody: (body: Buffer | 'too large') => void,
): void => {
  const gathered = new Gathered()
  let isTooLarge = false
  req.on('data', (chunk: Buffer) => {
    if (isTooLarge) return
    if (gathered.length + chunk.length <= limit) {
      gathered.push(chunk)
      return
    }
    isTooLarge = true
    gathered.clear()
    req.pause()
    onBody('too large')
  })
  req.on('end', () => {
    if (!isTooLarge) onBody(gathered.take())
  })
}
