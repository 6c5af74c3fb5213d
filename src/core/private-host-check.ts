// Whether every endpoint that a document names can be reached by the public (RFC 9728 section 7.7).
import { isIP } from 'node:net'
import { addressKind, hostKind, type Reach } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import type { Resolve } from '../base/resolve.ts'
import { pass, skip, warn, type Check } from './check.ts'
import { urlFields, type AuthServerMetadata } from './metadata.ts'

export interface HostQuestion {
  readonly resolve: Resolve
  readonly clock: Clock
  /** How far an address may lead: those that the operator named may be private. */
  readonly reach: (url: string) => Reach
}

const id = 'asm-private-host'
const limitMs = 3000

type Addresses = readonly string[] | 'unknown' | 'in vain'

const addressesOf = async (
  hostname: string,
  { resolve, clock }: HostQuestion,
): Promise<Addresses> => {
  const literal = hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0) return [literal]
  if (hostKind(hostname) === 'loopback') return ['127.0.0.1']
  const limit = new AbortController()
  const late = clock.sleep(limitMs, limit.signal).then(
    (): Addresses => 'in vain',
    (): Addresses => 'in vain',
  )
  const asked = resolve(hostname).catch(({ code }: NodeJS.ErrnoException): Addresses =>
    code === 'ENOTFOUND' || code === 'ENODATA' ? 'unknown' : 'in vain',
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    limit.abort()
  }
}

/** What a name resolves to here may differ from what others see. */
export const checkHosts = async (
  metadata: AuthServerMetadata,
  question: HostQuestion,
): Promise<Check> => {
  const fields = urlFields(metadata).filter(([, url]) => URL.canParse(url))
  const hosts = [...new Set(fields.map(([, url]) => new URL(url).hostname))].slice(0, 20)
  const known = new Map(
    await Promise.all(
      hosts.map(async (host) => [host, await addressesOf(host, question)] as const),
    ),
  )
  const issuerHost = URL.canParse(metadata.issuer) ? new URL(metadata.issuer).hostname : ''
  // Behind a proxy names may not resolve here at all: then an unknown name says nothing.
  const resolves = known.get(issuerHost) !== 'unknown' && known.get(issuerHost) !== 'in vain'
  const found = fields.flatMap(([field, url]) => {
    const { hostname } = new URL(url)
    const addresses = known.get(hostname) ?? 'in vain'
    if (addresses === 'in vain') return []
    if (addresses === 'unknown') {
      return resolves ? [`${field} names ${hostname}, which does not resolve`] : []
    }
    if (question.reach(url) === 'private') return []
    const hidden = addresses.find((address) => addressKind(address) !== 'public')
    return hidden === undefined ? [] : [`${field} resolves to ${hidden} (${addressKind(hidden)})`]
  })
  if (found.length > 0) return warn(id, found.slice(0, 6).join('; '))
  if (fields.length === 0) return skip(id, 'the metadata names no endpoint')
  return [...known.values()].every((addresses) => typeof addresses === 'string')
    ? skip(id, 'no host name could be resolved here')
    : pass(id, `${String(hosts.length)} hosts`)
}
