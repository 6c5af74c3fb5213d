// Whether every endpoint that a document names can be reached by the public (RFC 9728 section 7.7).
import { problemOf, together } from '../../problems/problem.ts'
import { hostKind, refusedHost, type Reach } from '../../net/address.ts'
import type { Clock } from '../../base/clock.ts'
import { resolveHost, type Resolution, type Resolve } from '../../net/resolve.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'
import { urlFields, type AuthServerMetadata } from '../metadata/metadata.ts'

export interface HostQuestion {
  readonly resolve: Resolve
  readonly clock: Clock
  /** How far an address may lead: those that the operator named may be private. */
  readonly reach: (url: string) => Reach
}

const id = 'asm-private-host'

const here: Resolution = { addresses: [{ address: '127.0.0.1', kind: 'loopback' }] }

/** What a name resolves to here may differ from what others see. */
export const checkHosts = async (
  metadata: AuthServerMetadata,
  question: HostQuestion,
): Promise<Check> => {
  const fields = urlFields(metadata).filter(([, url]) => URL.canParse(url))
  const hosts = [...new Set(fields.map(([, url]) => new URL(url).hostname))].slice(0, 20)
  const known = new Map(
    await Promise.all(
      hosts.map(async (host) => {
        const found = hostKind(host) === 'loopback' ? here : await resolveHost(host, question)
        return [host, found] as const
      }),
    ),
  )
  const issuerHost = URL.canParse(metadata.issuer) ? new URL(metadata.issuer).hostname : ''
  // Behind a proxy names may not resolve here at all: then an unknown name says nothing.
  const issuers = known.get(issuerHost)
  const resolves = issuers === undefined || !('why' in issuers)
  const [first, ...others] = fields.flatMap(([field, url]) => {
    const { hostname } = new URL(url)
    // RFC 9728 section 7.7: these need no name server to be wrong.
    const refused = refusedHost(hostname, 'private')
    if (refused !== undefined) return [problemOf(id, 'refused', { field, why: refused })]
    const resolution = known.get(hostname)
    if (resolution === undefined) return []
    if ('why' in resolution) {
      return resolution.missing && resolves
        ? [problemOf(id, 'unresolved', { field, host: hostname })]
        : []
    }
    if (question.reach(url) === 'private') return []
    const hidden = resolution.addresses.find(({ kind }) => kind !== 'public')
    return hidden === undefined
      ? []
      : [problemOf(id, 'private', { field, address: `${hidden.address} (${hidden.kind})` })]
  })
  if (first !== undefined) return warn(together(first, ...others.slice(0, 5)))
  if (fields.length === 0) return skip(id, 'the metadata names no endpoint')
  return [...known.values()].every((resolution) => 'why' in resolution)
    ? skip(id, 'no host name could be resolved here')
    : pass(id, `${String(hosts.length)} hosts`)
}
