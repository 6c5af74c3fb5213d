// Peers for whom there is no request to answer: what they sent is not HTTP, never ends, or is not wanted at all.
import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Duplex } from 'node:stream'
import { problemOf, problemSpec, type Problem } from '../../problems/problem.ts'
import type { PlainSockets } from '../tls/plain-sockets.ts'
import type { Connections } from './connections.ts'
import { recordRefusal } from '../dialogue/decision-record.ts'
import { errorMessage, errorOfProblem } from '../dialogue/respond.ts'
import type { CallState } from '../dialogue/speaker.ts'

/** Where it came from is all that is known. */
const sourceOf = (state: CallState, socket: Duplex, requestId: string) => ({
  state,
  requestId,
  address: (socket as Socket).remoteAddress,
})

/** For a peer that waits for the answer of a TLS handshake: no text of ours could be read. */
export const dropPeer = (state: CallState, socket: Duplex, problem: Problem): void => {
  recordRefusal(sourceOf(state, socket, randomUUID()), problem)
  socket.destroy()
}

/** The whole answer as text, and the end of the connection. */
export const refusePeer = (state: CallState, socket: Duplex, problem: Problem): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const requestId = randomUUID()
  const status = problemSpec(problem.code).http ?? 400
  recordRefusal(sourceOf(state, socket, requestId), problem, { status })
  const body = errorMessage(undefined, errorOfProblem(problem, { requestId }))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.length}`,
    `x-request-id: ${requestId}`,
    ...(status === 503 ? ['retry-after: 1'] : []),
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
  if (socket instanceof Socket) socket.destroySoon()
}

interface ParserError extends Error {
  readonly code?: string
  /** The parser's own words, one of a fixed set. */
  readonly reason?: string
  /** What it could not read. */
  readonly rawPacket?: Buffer
}

/** RFC 8446 section 5.1: a record that begins a handshake. */
const isHandshake = (packet: Buffer | undefined): boolean => packet?.[0] === 22 && packet[1] === 3

/** Undefined for a peer that has gone. */
const faultOf = ({ code = '', reason = code, rawPacket }: ParserError): Problem | undefined => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problemOf('req-timeout')
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problemOf('req-head-size', { why: 'it has too many bytes' })
  }
  if (!code.startsWith('HPE_')) return undefined
  return isHandshake(rawPacket)
    ? problemOf('req-tls', 'unexpected')
    : problemOf('req-http', { why: reason })
}

/** Before there is TLS. Undefined for a peer that has gone, as health checks do that only open a connection. */
const handshakeFault = ({ code = '', reason = code }: ParserError): Problem | undefined => {
  if (code === 'ERR_SSL_HTTP_REQUEST') return problemOf('req-tls', 'plain')
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return problemOf('req-tls', 'slow')
  return code.startsWith('ERR_SSL_') ? problemOf('req-tls', 'failed', { why: reason }) : undefined
}

/** Instead of the bare answers of node:http. */
export const refuseUnreadable = (
  server: Server,
  plain: PlainSockets,
  connections: Pick<Connections, 'isFree'>,
  current: () => CallState | undefined,
): void => {
  const refuse = (socket: Duplex, problem: Problem): void => {
    const state = current()
    if (state === undefined) socket.destroy()
    else refusePeer(state, socket, problem)
  }
  const refuseHandshake = (error: ParserError, socket: Socket): void => {
    const state = current()
    const problem = handshakeFault(error)
    const below = plain.below(socket)
    // Who connects and says nothing, as browsers do beforehand, has asked for nothing.
    const isSilent = problem?.case === 'slow' && below.bytesRead === 0
    if (state === undefined || problem === undefined || isSilent) below.destroy()
    else if (problem.case === 'plain') refusePeer(state, below, problem)
    else dropPeer(state, below, problem)
  }
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    if (socket instanceof TLSSocket && plain.isShaking(socket)) {
      refuseHandshake(error, socket)
      return
    }
    const problem = faultOf(error)
    const known = socket as Socket
    // Who connects and says nothing, as browsers do beforehand, has asked for nothing.
    if (problem === undefined || known.bytesRead === 0 || !connections.isFree(known)) {
      socket.destroy()
      return
    }
    refuse(socket, problem)
  })
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    refuse(socket, problemOf('req-http', { why: 'there are no tunnels here' }))
  })
}
