// A client of the matrix that is no library: it sees the very bytes of an answer, and need not read them.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { modernMeta, modernVersion, sendTo, type Received } from '../proxy.ts'
import { tokenOf, type GuestName } from './guests.ts'

export interface Wire {
  call(name: string, args: object, progressToken?: string | number): Promise<Received>
  /** Resolves with the head of the answer, nothing of which has been read. */
  open(name: string, args: object, progressToken?: string | number): Promise<IncomingMessage>
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

const accept = 'application/json, text/event-stream'

const sessionOf = async (origin: string, revision: string, token: string) => {
  const opened = await sendTo(origin, {
    token,
    body: {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: revision,
        capabilities: {},
        clientInfo: { name: 'wire', version: '1' },
      },
    },
  })
  return {
    'mcp-session-id': String(opened.headers['mcp-session-id']),
    'mcp-protocol-version': revision,
  }
}

const headersFor = (method: string, name: string) => ({
  'mcp-protocol-version': modernVersion,
  'mcp-method': method,
  'mcp-name': name,
})

export const openWire = async (url: string, guest: GuestName): Promise<Wire> => {
  const { origin } = new URL(url)
  const token = tokenOf(guest)
  const [era = '', revision = ''] = guest.split(' ')
  const session = era === 'session' ? await sessionOf(origin, revision, token) : undefined
  let lastId = 0

  const compose = (name: string, args: object, progressToken?: string | number): Sent => {
    const method = 'tools/call'
    const asked = progressToken === undefined ? {} : { progressToken }
    const meta = session === undefined ? modernMeta(asked) : asked
    const params = { name, arguments: args, _meta: meta }
    return {
      headers: session ?? headersFor(method, name),
      body: { jsonrpc: '2.0', id: `wire-${++lastId}`, method, params },
    }
  }
  return {
    call: (...what) => sendTo(origin, { token, ...compose(...what) }),
    open: (...what) =>
      new Promise((resolve, reject) => {
        const { headers, body } = compose(...what)
        const req = httpRequest(url, {
          method: 'POST',
          agent: false,
          headers: {
            accept,
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
            ...headers,
          },
        })
        req.on('error', reject)
        req.on('response', resolve)
        req.end(JSON.stringify(body))
      }),
  }
}
