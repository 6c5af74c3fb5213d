// The session era over HTTP: a transport and a server for each session, and streams that can be resumed.
import { randomUUID } from 'node:crypto'
import {
  WebStandardStreamableHTTPServerTransport,
  isInitializeRequest,
} from '@modelcontextprotocol/server'
import { createEventStore } from './event-store.mjs'

const refuse = (status, code, message) =>
  Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status })

const opensSession = async (request) =>
  request.method === 'POST' &&
  isInitializeRequest(
    await request
      .clone()
      .json()
      .catch(() => undefined),
  )

/** `open()` gives `{ server, close }` for one new session. */
export const createSessions = (open) => {
  const sessions = new Map()

  const start = async () => {
    const { server, close } = open()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
      eventStore: createEventStore(),
      retryInterval: 100,
    })
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
    transport.onclose = () => {
      sessions.delete(transport.sessionId)
      close()
    }
    await server.connect(transport)
    return transport
  }

  return {
    fetch: async (request) => {
      const id = request.headers.get('mcp-session-id')
      if (id === null) {
        if (await opensSession(request)) return (await start()).handleRequest(request)
        return refuse(400, -32600, 'Outside of a session only initialize is answered')
      }
      const transport = sessions.get(id)
      if (transport === undefined) return refuse(404, -32600, 'This session has ended')
      return transport.handleRequest(request)
    },
  }
}
