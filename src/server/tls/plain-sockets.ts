// The TCP connections below TLS connections: those are what is counted, from before the handshake on.
import type { Server, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

export interface PlainSockets {
  /** The connection itself where there is no TLS. */
  below(socket: Socket): Socket
  /** A TLS connection whose handshake has not ended, or has failed. */
  isShaking(secure: Socket): boolean
  /** Ends the connections whose handshake is under way: they are not of HTTP yet, and no HTTP server ends them. */
  endHandshakes(): void
}

/** Of two open connections to one listener never the same. */
const addressOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`

/** Has to be made before anybody else listens to the connections of the server. */
export const createPlainSockets = (server: Server): PlainSockets => {
  if (!(server instanceof TlsServer)) {
    return { below: (socket) => socket, isShaking: () => false, endHandshakes: () => undefined }
  }
  const byAddress = new Map<string, Socket>()
  const bySecure = new WeakMap<Socket, Socket>()
  const shaking = new Set<Socket>()
  server.on('connection', (plain) => {
    const address = addressOf(plain)
    byAddress.set(address, plain)
    shaking.add(plain)
    plain.once('close', () => {
      if (byAddress.get(address) === plain) byAddress.delete(address)
      shaking.delete(plain)
    })
  })
  server.on('secureConnection', (secure) => {
    const plain = byAddress.get(addressOf(secure))
    if (plain === undefined) return
    bySecure.set(secure, plain)
    shaking.delete(plain)
  })
  return {
    below: (socket) => bySecure.get(socket) ?? byAddress.get(addressOf(socket)) ?? socket,
    isShaking: (secure) => !bySecure.has(secure),
    endHandshakes: () => {
      for (const plain of shaking) plain.destroy()
    },
  }
}
