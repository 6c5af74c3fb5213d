// What addresses a host name has, or why nobody can say. The resolver is a port: tests bring their own answers.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { within } from '../base/within.ts'
import { addressKind, type AddressKind } from './address.ts'
import type { Clock } from '../base/clock.ts'

/** The addresses of a host; rejects with the code of the resolver when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)

export interface HostAddress {
  readonly address: string
  readonly kind: AddressKind
}

export type Resolution =
  | { readonly addresses: readonly HostAddress[] }
  /** `missing`: the name does not exist, as opposed to a name server that does not say. */
  | { readonly why: string; readonly missing: boolean }

const limitMs = 3000

const unresolved = ({ code = '' }: NodeJS.ErrnoException): Resolution => {
  const missing = code === 'ENOTFOUND' || code === 'ENODATA'
  const why = missing ? 'there is no such host' : 'the name server does not answer'
  return { why: `${why} (${code})`, missing }
}

/** Of the hostname of a URL. Never rejects, and waits no longer than a connection would. */
export const resolveHost = async (
  hostname: string,
  { clock, resolve = systemResolve }: { readonly clock: Clock; readonly resolve?: Resolve },
): Promise<Resolution> => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0) return { addresses: [{ address: bare, kind: addressKind(bare) }] }
  const late = (): Resolution => ({
    why: 'the name server does not answer in time',
    missing: false,
  })
  const asked = resolve(bare).then(
    (found): Resolution => ({
      addresses: found.map((address) => ({ address, kind: addressKind(address) })),
    }),
    unresolved,
  )
  return within(asked, { ms: limitMs, clock }, late)
}
