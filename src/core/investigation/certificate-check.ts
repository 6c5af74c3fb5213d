// Whether clients can trust the certificates on their way: authority, names, dates.
import { messageOf } from '../../problems/message.ts'
import type { PeerLook, ShownByPeer } from '../../net/peer-certificate.ts'
import type { ProblemCode } from '../../problems/problem.ts'
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

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'a certificate in its chain has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate is signed by an authority that is not trusted here, or comes without the certificates in between',
  CERT_REVOKED: 'the certificate is revoked',
}

interface Looked {
  readonly host: string
  readonly shown: ShownByPeer
}

const distrustOf = ({ shown }: Looked, nowMs: number): string | undefined => {
  const { distrust, validFrom, names, authority } = shown
  if (distrust === undefined) return undefined
  if (validFrom > nowMs) return `the certificate is valid from ${day(validFrom)}`
  if (distrust === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate is for ${names.slice(0, 4).join(', ') || 'no name'}`
  }
  const why = reasons[distrust] ?? 'the certificate is not trusted here'
  return `${why} (${distrust}, signed by ${authority})`
}

const isEnded = ({ shown }: Looked, nowMs: number): boolean => shown.validTo < nowMs

/** That it has ended is the other check's to say. */
const isEndAlone = (looked: Looked, nowMs: number): boolean =>
  isEnded(looked, nowMs) && looked.shown.distrust === 'CERT_HAS_EXPIRED'

type Flaw = readonly [host: string, why: string]

const flawText = (id: ProblemCode, flaws: readonly Flaw[]): string =>
  flaws.map(([host, why]) => messageOf(id, { host, why })).join('; ')

const checkTrust = (looked: readonly Looked[], others: readonly Flaw[], nowMs: number): Check => {
  const id = 'net-tls'
  const rest = looked.filter((one) => !isEndAlone(one, nowMs))
  const distrusted = rest.flatMap((one): Flaw[] => {
    const why = distrustOf(one, nowMs)
    return why === undefined ? [] : [[one.host, why]]
  })
  const flaws = [...distrusted, ...others]
  if (flaws.length > 0) return fail(id, flawText(id, flaws))
  const [first, ...more] = rest
  if (first === undefined) return skip(id, 'the certificate has ended')
  const { protocol, names, authority } = first.shown
  return more.length === 0
    ? pass(id, `${protocol}, ${names[0] ?? 'no name'} by ${authority}`)
    : pass(id, `${String(rest.length)} servers`)
}

const endOf = (looked: Looked, nowMs: number): string => {
  const date = day(looked.shown.validTo)
  if (isEnded(looked, nowMs)) return `ended on ${date}`
  return `ends in ${days(daysLeft(looked.shown, nowMs))} (${date})`
}

const checkEnd = (looked: readonly Looked[], nowMs: number): Check => {
  const id = 'net-certificate'
  const inOrder = looked.toSorted((a, b) => a.shown.validTo - b.shown.validTo)
  const near = inOrder.filter(({ shown }) => daysLeft(shown, nowMs) < soonDays)
  const [first] = inOrder
  if (first === undefined) return skip(id, 'no certificate was seen')
  const told = flawText(
    id,
    near.map((one) => [one.host, endOf(one, nowMs)]),
  )
  // No client gets any further.
  if (isEnded(first, nowMs)) return fail(id, told, undefined, 'fatal')
  if (near.length > 0) return warn(id, told)
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
  const others = failed.flatMap(({ host, why, end }): Flaw[] =>
    end === 'other' ? [[host, why]] : [],
  )
  if (shown.length + others.length === 0) {
    const [first] = failed
    return first === undefined
      ? both('certificates were not looked at from here')
      : both(first.why, 'answer')
  }
  return [checkTrust(shown, others, nowMs), checkEnd(shown, nowMs)]
}
