// One endpoint for both eras: what opens with the envelope of 2026-07-28 is stateless, all else belongs to a session.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server'
import { createSessions } from './sessions.mjs'

/** Listens on loopback and resolves to the port. */
export const listenHttp = async (port, { createServer, changeable }) => {
  const stateless = createMcpHandler(createServer, { legacy: 'reject' })
  changeable.onChange((what) => {
    if (what === 'tools') stateless.notify.toolsChanged()
    else stateless.notify.promptsChanged()
  })
  const sessions = createSessions(() => {
    const server = createServer({ era: 'legacy' })
    return { server, close: changeable.follow(server) }
  })
  const answer = toNodeHandler(
    {
      fetch: async (request) =>
        (await isLegacyRequest(request)) ? sessions.fetch(request) : stateless.fetch(request),
    },
    { onerror: (error) => process.stderr.write(`${error.stack}\n`) },
  )

  // A page of the web whose name was rebound to 127.0.0.1 comes with its own Host and Origin.
  const isLocalHost = localhostHostValidation()
  const isLocalOrigin = localhostOriginValidation()
  const http = createHttpServer((req, res) => {
    if (isLocalHost(req, res) && isLocalOrigin(req, res)) void answer(req, res)
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return http.address().port
}
