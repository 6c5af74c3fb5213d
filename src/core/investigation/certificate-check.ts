// Whether clients can trust the certificates on their way: authority, names, dates.
import type { PeerLook, ShownByPeer } from '../../net/peer-certificate.ts'
import { type Problem, problemOf, together } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'

export interface SeenCertificate {
  readonly origin: string
  /** Undefined where nobody looked, as nobody can past a forward proxy. */
  readonly seen: PeerLook | undefined
}

const dayMs = 86_400_000
/** Automatic renewal happens before this; what is still there has been forgotten. */
const soonDays = 14

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const daysLeft = ({ validTo }: ShownByPeer, nowMs: number): number =>
  Math.floor((validTo - nowMs) / dayMs)

const days = (n: number): string => `${String(n)} day${n === 1 ? '' : 's'}`

const foreignAuthority = 'the certificate is signed by an authority that is not trusted here'

/** For each code of OpenSSL: the case of net-tls, and its words. */
const reasons: Readonly<Record<string, readonly [Distrust, string]>> = {
  CERT_HAS_EXPIRED: ['expired', 'a certificate in its chain has expired'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['self-signed', 'the certificate is self-signed'],
  SELF_SIGNED_CERT_IN_CHAIN: ['untrusted', foreignAuthority],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['untrusted', foreignAuthority],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'chain',
    `${foreignAuthority}, or comes without its intermediate certificates`,
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['chain', 'the certificate of an authority in its chain is missing'],
  CERT_REVOKED: ['revoked', 'the certificate is revoked'],
  CERT_NOT_YET_VALID: ['early-chain', 'a certificate in its chain is not valid yet'],
  INVALID_PURPOSE: ['purpose', 'the certificate is not for servers'],
  INVALID_CA: ['authority', 'a certificate in its chain may not sign others'],
  PATH_LENGTH_EXCEEDED: ['authority', 'its chain is longer than an authority in it allows'],
  CERT_SIGNATURE_FAILURE: ['signature', 'a signature in its chain does not match'],
}

type Distrust =
  | 'expired'
  | 'self-signed'
  | 'untrusted'
  | 'chain'
  | 'revoked'
  | 'early-chain'
  | 'purpose'
  | 'authority'
  | 'signature'
  | 'other'

interface Looked {
  readonly host: string
  readonly shown: ShownByPeer
}

const distrustOf = ({ host, shown }: Looked, nowMs: number): Problem | undefined => {
  const { distrust, validFrom, names, authority } = shown
  if (distrust === undefined) return undefined
  if (validFrom > nowMs) return problemOf('net-tls', 'early', { host, date: day(validFrom) })
  if (distrust === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const named = names.slice(0, 4).join(', ') || 'no name'
    return problemOf('net-tls', 'name', { host, names: named })
  }
  const [name, why] = reasons[distrust] ?? ['other', 'the certificate is not trusted here']
  return problemOf('net-tls', name, { host, why: `${why} (${distrust}, signed by ${authority})` })
}

const isEnded = ({ shown }: Looked, nowMs: number): boolean => shown.validTo < nowMs

/** That it has ended is the other check's to say. */
const isEndAlone = (looked: Looked, nowMs: number): boolean =>
  isEnded(looked, nowMs) && looked.shown.distrust === 'CERT_HAS_EXPIRED'

const checkTrust = (
  looked: readonly Looked[],
  others: readonly Problem[],
  nowMs: number,
): Check => {
  const id = 'net-tls'
  const rest = looked.filter((one) => !isEndAlone(one, nowMs))
  const distrusted = rest
    .map((one) => distrustOf(one, nowMs))
    .filter((problem) => problem !== undefined)
  const [flaw, ...flaws] = [...distrusted, ...others]
  if (flaw !== undefined) return fail(together(flaw, ...flaws))
  const [first, ...more] = rest
  if (first === undefined) return skip(id, 'the certificate has ended')
  const { protocol, names, authority } = first.shown
  return more.length === 0
    ? pass(id, `${protocol}, ${names[0] ?? 'no name'} by ${authority}`)
    : pass(id, `${String(rest.length)} servers`)
}

const endOf = (looked: Looked, nowMs: number): Problem => {
  const { host, shown } = looked
  const date = day(shown.validTo)
  if (isEnded(looked, nowMs)) return problemOf('net-certificate', 'ended', { host, date })
  return problemOf('net-certificate', 'ending', { host, days: days(daysLeft(shown, nowMs)), date })
}

const checkEnd = (looked: readonly Looked[], nowMs: number): Check => {
  const id = 'net-certificate'
  const inOrder = looked.toSorted((a, b) => a.shown.validTo - b.shown.validTo)
  const near = inOrder.filter(({ shown }) => daysLeft(shown, nowMs) < soonDays)
  const [first] = inOrder
  if (first === undefined) return skip(id, 'no certificate was seen')
  const [ending, ...more] = near.map((one) => endOf(one, nowMs))
  if (ending !== undefined) {
    const found = together(ending, ...more)
    // No client gets any further.
    return isEnded(first, nowMs) ? fail(found, undefined, 'fatal') : warn(found)
  }
  const until = `until ${day(first.shown.validTo)}, ${days(daysLeft(first.shown, nowMs))}`
  return pass(id, looked.length === 1 ? until : `${first.host} ${until}`)
}

/** Of each server once. Trust is this machine's: other clients may know other authorities. */
export const checkServerCertificates = (
  seen: readonly SeenCertificate[],
  nowMs: number,
): readonly Check[] => {
  const both = (because: string, missing?: 'answer'): readonly Check[] => [
    skip('net-tls', because, missing),
    skip('net-certificate', because, missing),
  ]
  if (seen.length === 0) return both('nothing was asked over https')
  const looks = seen.flatMap(({ origin, seen: look }) =>
    look === undefined ? [] : [{ host: new URL(origin).hostname, look }],
  )
  const shown = looks.flatMap(({ host, look }): Looked[] =>
    'why' in look ? [] : [{ host, shown: look }],
  )
  const failed = looks.flatMap(({ host, look }) => ('why' in look ? [{ host, ...look }] : []))
  // Who speaks no TLS has said so; who is not there, or falls silent, may do better next time.
  const others = failed.flatMap(({ host, why, end }) =>
    end === 'other' ? [problemOf('net-tls', 'no-tls', { host, why })] : [],
  )
  if (shown.length + others.length === 0) {
    const [first] = failed
    return first === undefined
      ? both('certificates were not looked at from here')
      : both(first.why, 'answer')
  }
  return [checkTrust(shown, others, nowMs), checkEnd(shown, nowMs)]
}
