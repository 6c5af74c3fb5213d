// Whether clients can trust the certificates on their way: authority, names, dates.
import type { ShownByPeer } from '../base/peer-certificate.ts'
import { messageOf, pass, skip, warn, type Check } from './check.ts'

export interface SeenCertificate {
  readonly origin: string
  /** Undefined where no TLS connection could be made. */
  readonly shown: ShownByPeer | undefined
}

const dayMs = 86_400_000
/** Automatic renewal happens before this; what is still there has been forgotten. */
const soonDays = 14

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'is signed by an authority that is not trusted here, or comes without the certificates in between',
  CERT_REVOKED: 'is revoked',
}

interface Flaw {
  readonly why: string
  readonly isNear: boolean
}

const flawOf = (host: string, shown: ShownByPeer, nowMs: number): Flaw | undefined => {
  const { distrust, validFrom, validTo, names, authority } = shown
  const now = (why: string): Flaw => ({ why, isNear: false })
  if (validTo < nowMs) return now(`expired on ${day(validTo)}`)
  if (validFrom > nowMs) return now(`is valid from ${day(validFrom)}`)
  if (distrust === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return now(`is for ${names.slice(0, 4).join(', ') || 'no name'}, not for ${host}`)
  }
  if (distrust !== undefined) {
    return now(
      `${reasons[distrust] ?? 'is not trusted here'} (${distrust}, signed by ${authority})`,
    )
  }
  const days = Math.floor((validTo - nowMs) / dayMs)
  return days < soonDays
    ? { why: `expires on ${day(validTo)}, in ${String(days)} days`, isNear: true }
    : undefined
}

/** Of each server once. Trust is this machine's: other clients may know other authorities. */
export const checkServerCertificates = (seen: readonly SeenCertificate[], nowMs: number): Check => {
  const id = 'tls-certificate'
  if (seen.length === 0) return skip(id, 'nothing was asked over https')
  const looked = seen.flatMap(({ origin, shown }) =>
    shown === undefined ? [] : [{ host: new URL(origin).hostname, shown }],
  )
  if (looked.length === 0) return skip(id, 'no TLS connection could be made', 'answer')
  const flaws = looked.flatMap(({ host, shown }) => {
    const flaw = flawOf(host, shown, nowMs)
    return flaw === undefined ? [] : [{ ...flaw, host }]
  })
  const told = flaws.map(({ host, why }) => messageOf(id, { host, why })).join('; ')
  if (flaws.length > 0) {
    const near = flaws.every(({ isNear }) => isNear)
    return warn(id, told, undefined, near ? 'medium' : undefined)
  }
  const first = looked.toSorted((a, b) => a.shown.validTo - b.shown.validTo)[0]
  return pass(
    id,
    first === undefined ? undefined : `trusted; ${first.host} until ${day(first.shown.validTo)}`,
  )
}
