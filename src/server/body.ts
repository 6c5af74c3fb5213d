// A request body, read whole within a limit.
import type { IncomingMessage } from 'node:http'

/** `gone`: the caller left before the end. Past the limit nothing more is kept. */
export const readBody = (
  req: IncomingMessage,
  limit: number,
): Promise<Buffer | 'too large' | 'gone'> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    req.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      req.pause()
      resolve('too large')
    })
    req.on('end', () => {
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks))
    })
    req.on('error', () => resolve('gone'))
    req.on('close', () => resolve('gone'))
  })
