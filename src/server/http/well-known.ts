// The protected resource metadata of an endpoint.
import { metadataAnswer } from '../../core/challenge/metadata-answer.ts'
import { sendJson } from './answer-stream.ts'
import type { WellKnown } from './metadata-document.ts'
import type { HttpExchange } from './state.ts'

export const serveWellKnown = (
  { req, res, headers }: HttpExchange,
  { document }: WellKnown,
): void => {
  const answer = metadataAnswer(req.method, document)
  const { status, body } = answer
  if (body === undefined) {
    res.writeHead(status, { ...headers, ...answer.headers })
    res.end()
    return
  }
  sendJson(res, { ...headers, ...answer.headers }, { status, body })
}
