// The open connections: how many there may be, which of them wait for a request, and which are being answered.
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { PlainSockets } from '../tls/plain-sockets.ts'

export interface Connections {
  /** A request has come, and this is what will be its answer. False where the connection is ending. */
  serve(socket: Socket, answer: ServerResponse): boolean
  /** Whether a text of our own would not get into the middle of an answer. */
  isFree(socket: Socket): boolean
  /** How many were ended, since this was last asked, to make room for others. */
  takeEnded(): number
  /** Bounds the connections that come from now on. */
  resize(max: number): void
}

interface Connection {
  /** Requests without a complete answer. */
  waiting: number
  last: ServerResponse | undefined
}

/**
 * Beyond `max` whoever has waited longest to ask something makes room, who never asked anything included;
 * where everybody is being answered, the newcomer is refused.
 */
export const createConnections = (
  server: Server,
  plain: PlainSockets,
  firstMax: number,
  refuse: (socket: Socket) => void,
): Connections => {
  let max = firstMax
  const known = new Map<Socket, Connection>()
  /** The longest first. */
  const idle = new Set<Socket>()
  let ended = 0

  const forget = (socket: Socket) => {
    known.delete(socket)
    idle.delete(socket)
  }
  const makeRoom = (): boolean => {
    if (known.size < max) return true
    const [longest] = idle
    if (longest === undefined) return false
    forget(longest)
    longest.destroy()
    ended += 1
    return true
  }

  server.on('connection', (socket) => {
    if (!makeRoom()) {
      refuse(socket)
      return
    }
    known.set(socket, { waiting: 0, last: undefined })
    idle.add(socket)
    socket.once('close', () => forget(socket))
  })

  return {
    serve: (served, answer) => {
      const socket = plain.below(served)
      const connection = known.get(socket)
      if (connection === undefined) return false
      connection.waiting += 1
      connection.last = answer
      idle.delete(socket)
      answer.once('close', () => {
        connection.waiting -= 1
        if (connection.waiting === 0 && known.has(socket)) idle.add(socket)
      })
      return true
    },
    isFree: (socket) => {
      const { waiting, last } = known.get(plain.below(socket)) ?? { waiting: 0, last: undefined }
      return waiting === 0 || (waiting === 1 && last?.headersSent === false)
    },
    takeEnded: () => {
      const count = ended
      ended = 0
      return count
    },
    resize: (newMax) => {
      max = newMax
    },
  }
}
