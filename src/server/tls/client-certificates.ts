// The certificates that clients show in the TLS handshake with our own listener, and what they are worth.
import type { Server, Socket } from 'node:net'
import { Server as TlsServer, TLSSocket } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { certificateThumbprint } from '../../core/possession/certificate.ts'
import type { ShownCertificate } from '../../core/verdict/presentation.ts'
import type { PlainSockets } from './plain-sockets.ts'

export interface ClientCertificates {
  /** Looks at the connections of a server from now on. */
  watch(server: Server, plain: PlainSockets): void
  /** What counts for possession: a certificate that `client_ca` accepts, where there is one, else any. */
  of(socket: Socket): ShownCertificate
  /** The authorities are other ones now: what earlier connections showed was checked against the old ones. */
  renew(checked: boolean): void
}

/** The codes of X509_verify_cert_error_string, in words that go on from "is not accepted: ". */
const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not in proxy.tls.client_ca',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not in proxy.tls.client_ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not in proxy.tls.client_ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not in proxy.tls.client_ca',
  INVALID_PURPOSE: 'it is not for TLS clients',
}

const notAccepted = (error: unknown): string => {
  // Node says it as a string, its types as an error.
  const code = error instanceof Error ? error.message : String(error)
  return `the client certificate is not accepted: ${words[code] ?? code}`
}

interface Seen {
  readonly shown: ShownCertificate
  /** When it stops to count, in milliseconds since the epoch. */
  readonly until: number
}

const look = (socket: TLSSocket, checked: boolean): Seen => {
  const certificate = socket.getPeerX509Certificate()
  const until = Number.POSITIVE_INFINITY
  if (certificate === undefined) {
    return { shown: { missing: 'the TLS connection brought no certificate' }, until }
  }
  if (checked && !socket.authorized) {
    return { shown: { missing: notAccepted(socket.authorizationError) }, until }
  }
  return {
    shown: { thumbprint: certificateThumbprint(certificate.raw) },
    // Without authorities its dates mean nothing: what counts is that the caller has its key.
    until: checked ? Date.parse(certificate.validTo) : until,
  }
}

export const createClientCertificates = (
  firstChecked: boolean,
  clock: Pick<Clock, 'now'>,
): ClientCertificates => {
  /** One object for each set of authorities. */
  let current = { checked: firstChecked }
  const madeUnder = new WeakMap<Socket, typeof current>()
  const seen = new WeakMap<Socket, Seen>()
  return {
    watch: (server, plain) => {
      if (!(server instanceof TlsServer)) return
      server.on('connection', (socket) => madeUnder.set(socket, current))
      server.on('secureConnection', (socket) => {
        // Another certificate in the middle of a connection would not be noticed.
        socket.disableRenegotiation()
        const then = madeUnder.get(plain.below(socket))
        if (then !== undefined) madeUnder.set(socket, then)
      })
    },
    of: (socket) => {
      if (!(socket instanceof TLSSocket)) return { missing: 'the connection is without TLS' }
      if (madeUnder.get(socket) !== current) {
        return { missing: 'the connection is older than proxy.tls.client_ca: connect again' }
      }
      const { shown, until } = seen.get(socket) ?? look(socket, current.checked)
      seen.set(socket, { shown, until })
      return clock.now() < until ? shown : { missing: notAccepted('CERT_HAS_EXPIRED') }
    },
    renew: (checked) => {
      current = { checked }
    },
  }
}
