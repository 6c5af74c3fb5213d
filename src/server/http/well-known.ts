// The protected resource metadata: open to everybody, from any page, without a token (RFC 9728 section 3).
import { sendJson } from './answer-stream.ts'
import type { WellKnown } from './metadata-document.ts'
import type { HttpExchange } from './state.ts'

const open = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
}

export const serveWellKnown = (
  { req, res, headers }: HttpExchange,
  { document }: WellKnown,
): void => {
  if (req.method === 'OPTIONS') {
    res.writeHead(204, { ...headers, ...open })
    res.end()
    return
  }
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.writeHead(405, { ...headers, ...open, allow: 'GET, HEAD, OPTIONS', 'content-length': 0 })
    res.end()
    return
  }
  sendJson(
    res,
    { ...headers, ...open, 'cache-control': 'max-age=3600' },
    { status: 200, body: Buffer.from(JSON.stringify(document)) },
  )
}
