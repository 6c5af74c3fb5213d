// The certificate that a server shows, looked at without talking to it further, also where it is not trusted.
import { reachWords } from '../base/system-errors.ts'
import { isIP } from 'node:net'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { refusedAddress, refusedAddressCode, type Reach } from './address.ts'
import { defaultAuthorities } from './authorities.ts'
import { guardedLookup } from './http.ts'

export interface ShownByPeer {
  /** The version of TLS that was agreed on. */
  readonly protocol: string
  /** Why this machine does not trust it: the code of the TLS library. */
  readonly distrust: string | undefined
  readonly validFrom: number
  readonly validTo: number
  /** The names it is good for. */
  readonly names: readonly string[]
  /** Who signed it. */
  readonly authority: string
}

/** No TLS connection came about. */
export interface NoHandshake {
  readonly why: string
  /** `nobody` is there; somebody `fell silent`; somebody `speaks` something else, and said so. */
  readonly end: 'nobody' | 'silent' | 'other'
}

export type PeerLook = ShownByPeer | NoHandshake

/** Undefined where nobody looked: not everything may be reached, and past a proxy nothing can be seen. */
export type LookAtCertificate = (
  origin: string,
  options: {
    readonly reach: Reach
    readonly signal?: AbortSignal
    /** PEM, trusted beside what Node trusts. */
    readonly authorities?: string
  },
) => Promise<PeerLook | undefined>

const limitMs = 5000

const namesOf = ({ subjectaltname = '', subject }: PeerCertificate): readonly string[] => {
  const alternatives = subjectaltname
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '')
  const { CN } = subject ?? {}
  return alternatives.length > 0 || CN === undefined ? [...new Set(alternatives)] : [CN].flat()
}

const authorityOf = ({ issuer }: PeerCertificate): string =>
  [issuer?.CN ?? issuer?.O ?? 'unknown'].flat().join(' ')

const failureOf = ({ code = '' }: NodeJS.ErrnoException, reached: boolean): NoHandshake => {
  const why = reachWords(code) ?? (reached ? 'no TLS handshake' : 'no connection')
  const spoke = code === 'EPROTO' || code.startsWith('ERR_SSL')
  return {
    why: code === '' ? why : `${why} (${code})`,
    end: !reached ? 'nobody' : spoke ? 'other' : 'silent',
  }
}

const readPeer = (socket: TLSSocket): PeerLook => {
  const certificate = socket.getPeerCertificate()
  if (certificate.valid_to === undefined) return { why: 'no certificate is shown', end: 'other' }
  const { authorized, authorizationError } = socket
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    distrust: authorized ? undefined : String(authorizationError),
    validFrom: Date.parse(certificate.valid_from),
    validTo: Date.parse(certificate.valid_to),
    names: namesOf(certificate),
    authority: authorityOf(certificate),
  }
}

/** Shakes hands and hangs up; nothing is sent that a stranger must not see. Never rejects. */
export const lookAtCertificate: LookAtCertificate = (origin, { reach, signal, authorities }) =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin)
    const host = hostname.replace(/^\[|\]$/g, '')
    // An address in the URL is never resolved, so the lookup does not see it.
    if (isIP(host) !== 0 && refusedAddress(host, reach) !== undefined) {
      resolve(undefined)
      return
    }
    const socket = connect({
      host,
      port: Number(port || '443'),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      // What is wrong with it is the answer.
      rejectUnauthorized: false,
      ...(authorities === undefined ? {} : { ca: [...defaultAuthorities(), authorities] }),
      lookup: guardedLookup(reach),
      ALPNProtocols: ['http/1.1'],
    })
    let reached = false
    const end = (look: PeerLook | undefined): void => {
      socket.destroy()
      signal?.removeEventListener('abort', giveUp)
      resolve(look)
    }
    const giveUp = (): void =>
      end({ why: 'no TLS handshake in time', end: reached ? 'silent' : 'nobody' })
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted === true) giveUp()
    socket.setTimeout(limitMs, giveUp)
    socket.once('connect', () => {
      reached = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === refusedAddressCode ? undefined : failureOf(error, reached)),
    )
    socket.once('secureConnect', () => end(readPeer(socket)))
  })
