// What one look at a host tells: its addresses, and the certificate that it shows. Nothing is said to it but hello.
import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { addressKind, type AddressKind } from './address.ts'

export interface HostAddress {
  readonly address: string
  readonly kind: AddressKind
}

export type Resolution =
  | { readonly addresses: readonly HostAddress[] }
  /** `missing`: the name does not exist, as opposed to a name server that does not say. */
  | { readonly why: string; readonly missing: boolean }

/** As every connection of this process would resolve it. */
export const resolveHost = async (host: string): Promise<Resolution> => {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0) return { addresses: [{ address: bare, kind: addressKind(bare) }] }
  try {
    const found = await dns.lookup(bare, { all: true })
    return { addresses: found.map(({ address }) => ({ address, kind: addressKind(address) })) }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const missing = code === 'ENOTFOUND'
    const why = missing ? 'there is no such host' : 'the name server does not answer'
    return { why: `${why} (${code})`, missing }
  }
}

export type TlsLook =
  | {
      readonly kind: 'connected'
      /** Why the certificate is not trusted; undefined: it is. */
      readonly distrust: string | undefined
      readonly protocol: string
      readonly subject: string
      readonly issuer: string
      /** Milliseconds since the epoch; undefined where the certificate does not say. */
      readonly endsAt: number | undefined
    }
  /** No TLS came about. `reached`: somebody was there, and spoke something else. */
  | { readonly kind: 'failed'; readonly why: string; readonly reached: boolean }

const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the chain ends in an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the chain ends in an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the chain is incomplete: the server does not send the certificate that signed its own',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no connection in time',
}

const namesOf = (name: DetailedPeerCertificate['subject'] | undefined): string => {
  const common = name?.CN ?? name?.O
  return Array.isArray(common) ? (common[0] ?? '') : (common ?? '')
}

const readCertificate = (socket: TLSSocket): TlsLook => {
  const certificate = socket.getPeerCertificate()
  const ends = Date.parse(certificate.valid_to ?? '')
  const code = socket.authorized ? undefined : String(socket.authorizationError)
  return {
    kind: 'connected',
    distrust: code === undefined ? undefined : `${words[code] ?? 'not trusted'} (${code})`,
    protocol: socket.getProtocol() ?? '',
    subject: namesOf(certificate.subject),
    issuer: namesOf(certificate.issuer),
    endsAt: Number.isNaN(ends) ? undefined : ends,
  }
}

export interface TlsTarget {
  /** For the name in the certificate. */
  readonly host: string
  readonly port: number
  /** Where to connect: already resolved and allowed. */
  readonly address: string
}

const patienceMs = 5000

/** Shakes hands and hangs up. Never rejects. Nothing is sent that a stranger must not see. */
export const lookAtTls = ({ host, port, address }: TlsTarget, signal: AbortSignal) =>
  new Promise<TlsLook>((resolve) => {
    const servername = isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0 ? { servername: host } : {}
    // Looking is the point: what is not trusted is told, and nothing is exchanged.
    const socket = connect({ host: address, port, rejectUnauthorized: false, ...servername })
    let reached = false
    const end = (look: TlsLook) => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(look)
    }
    const onAbort = () => end({ kind: 'failed', why: 'no answer in time', reached: false })
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.setTimeout(patienceMs, () =>
      end({ kind: 'failed', why: 'no TLS handshake in time', reached }),
    )
    socket.once('connect', () => {
      reached = true
    })
    socket.once('secureConnect', () => end(readCertificate(socket)))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? ''
      const why = words[code] ?? (reached ? 'no TLS handshake' : 'no connection')
      end({ kind: 'failed', why: code === '' ? why : `${why} (${code})`, reached })
    })
  })
