// Connections whose clients have stopped reading: what waits for them is bounded, and for how long.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Less than this is nobody's burden. */
const burden = 65_536
/** Times that somebody may be found not to have read anything. */
export const patientTicks = 4

interface Reader {
  /** What had left us when we looked last. */
  taken: number
  ticks: number
}

/** Returns what is called every now and then, and ends the connections that took nothing meanwhile. */
export const endSlowReaders = (server: Server, onEnd: (unread: number) => void): (() => void) => {
  const readers = new Map<Socket, Reader>()
  const arrival = server instanceof TlsServer ? 'secureConnection' : 'connection'
  server.on(arrival, (socket: Socket) => {
    readers.set(socket, { taken: 0, ticks: 0 })
    socket.once('close', () => readers.delete(socket))
  })
  return () => {
    for (const [socket, reader] of readers) {
      const { writableLength: unread } = socket
      const taken = socket.bytesWritten - unread
      const stands = unread > burden && taken === reader.taken
      reader.taken = taken
      reader.ticks = stands ? reader.ticks + 1 : 0
      if (reader.ticks < patientTicks) continue
      onEnd(unread)
      socket.destroy()
    }
  }
}
