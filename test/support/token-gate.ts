// An OAuth resource server in front of a real MCP server: it lets pass what brings a token of the right issuer and audience,
// which it verifies with jose and the keys that the issuer publishes, and remembers whose requests came in which session.
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'

export interface GatedRequest {
  /** Whom the token names. */
  readonly subject: string
  readonly token: string
  readonly headers: IncomingMessage['headers']
  readonly session: string | undefined
  readonly body: string
}

export interface TokenGate {
  /** The MCP endpoint, and the resource that tokens have to be for. */
  readonly url: string
  readonly passed: readonly GatedRequest[]
  /** Refused with 401. */
  readonly refused: number
  /** Tokens of these are refused from now on. */
  readonly revoked: Set<string>
  close(): Promise<void>
}

export const startTokenGate = async (
  upstreamPort: number,
  { issuer, jwksUri }: { readonly issuer: string; readonly jwksUri: string },
): Promise<TokenGate> => {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const passed: GatedRequest[] = []
  const revoked = new Set<string>()
  let refused = 0
  const subjectOf = async (token: string): Promise<string | undefined> => {
    if (revoked.has(token)) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: gate.url })
      return payload.sub
    } catch {
      return undefined
    }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { headers, method, url } = request
    const token = (headers.authorization ?? '').replace(/^Bearer /, '')
    const subject = await subjectOf(token)
    if (subject === undefined) {
      refused += 1
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
      return
    }
    const id = headers['mcp-session-id']
    const session = typeof id === 'string' ? id : undefined
    passed.push({ subject, token, headers, session, body: body.toString('utf8') })
    const onward = send(
      { host: '127.0.0.1', port: upstreamPort, path: url, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.flushHeaders()
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    onward.end(body)
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const gate: TokenGate = {
    url: `http://127.0.0.1:${port}/mcp`,
    passed,
    get refused() {
      return refused
    },
    revoked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return gate
}
