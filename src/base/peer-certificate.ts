// The certificate that a server shows, looked at without talking to it further, also where it is not trusted.
import { isIP } from 'node:net'
import { connect, type PeerCertificate } from 'node:tls'
import { refusedAddress, type Reach } from './address.ts'
import { defaultAuthorities } from './authorities.ts'
import { guardedLookup } from './http.ts'

export interface ShownByPeer {
  /** Why this machine does not trust it: the code of the TLS library. */
  readonly distrust: string | undefined
  readonly validFrom: number
  readonly validTo: number
  /** The names it is good for. */
  readonly names: readonly string[]
  /** Who signed it. */
  readonly authority: string
}

/** Undefined where no TLS connection could be made. `origin` is that of an https URL. */
export type LookAtCertificate = (
  origin: string,
  options: {
    readonly reach: Reach
    readonly signal?: AbortSignal
    /** PEM, trusted beside what Node trusts. */
    readonly authorities?: string
  },
) => Promise<ShownByPeer | undefined>

const limitMs = 5000

const namesOf = ({ subjectaltname = '', subject }: PeerCertificate): readonly string[] => {
  const alternatives = subjectaltname
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '')
  const { CN } = subject ?? {}
  return alternatives.length > 0 || CN === undefined ? alternatives : [CN].flat()
}

const authorityOf = ({ issuer }: PeerCertificate): string =>
  [issuer?.CN ?? issuer?.O ?? 'unknown'].flat().join(' ')

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
    const end = (shown: ShownByPeer | undefined): void => {
      socket.destroy()
      signal?.removeEventListener('abort', giveUp)
      resolve(shown)
    }
    const giveUp = (): void => end(undefined)
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted === true) giveUp()
    socket.setTimeout(limitMs, giveUp)
    socket.once('error', giveUp)
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate()
      if (certificate.valid_to === undefined) {
        giveUp()
        return
      }
      const { authorized, authorizationError } = socket
      end({
        distrust: authorized ? undefined : String(authorizationError),
        validFrom: Date.parse(certificate.valid_from),
        validTo: Date.parse(certificate.valid_to),
        names: namesOf(certificate),
        authority: authorityOf(certificate),
      })
    })
  })
