// The HTTP client of the process: undici with a guard over the addresses that names resolve to.
import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { refusedAddress, type Reach } from './address.ts'
import type { ClientCertificate } from './client-certificate.ts'

/** What `exchange` says to the guard with each request; any other dispatcher may ignore it. */
export interface GuardedOptions {
  readonly reach?: Reach
  /** Shown to the server; without one a server that asks gets none. */
  readonly certificate?: ClientCertificate
}

export interface HttpOptions {
  /** PEM of the authorities to trust instead of those that Node trusts. */
  readonly authorities?: string
}

/** The `code` of the error when an address is refused. */
export const refusedAddressCode = 'MCP_PROXY_ADDRESS'

const refusal = (reason: string): Error =>
  Object.assign(new Error(reason), { code: refusedAddressCode })

type Resolved = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/** The check stands between resolution and connection, so a name cannot change its mind in between. */
export const guardedLookup =
  (reach: Reach) =>
  (hostname: string, options: LookupOptions, callback: Resolved): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, [])
        return
      }
      const allowed = addresses.filter(({ address }) => !refusedAddress(address, reach))
      const [first] = allowed
      if (first === undefined) {
        const reasons = addresses.map(({ address }) => refusedAddress(address, reach))
        callback(refusal(`${hostname}: ${reasons.join('; ')}`), [])
      } else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }

interface Agents {
  readonly anywhere: Agent
  readonly publicOnly: Agent
}

const newAgents = ({ authorities }: HttpOptions, shown?: ClientCertificate): Agents => {
  const newAgent = (reach: Reach): Agent =>
    new Agent({
      connect: {
        timeout: 2000,
        lookup: guardedLookup(reach),
        ...(authorities === undefined ? {} : { ca: authorities }),
        ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key.reveal() }),
      },
    })
  return { anywhere: newAgent('private'), publicOnly: newAgent('public') }
}

/** An address in the URL is never resolved, so it is looked at here. */
const refusedLiteral = (options: Dispatcher.DispatchOptions, reach: Reach): string | undefined => {
  const { hostname } = new URL(String(options.origin))
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) === 0 ? undefined : refusedAddress(literal, reach)
}

/**
 * One pool of connections for each reach and each certificate, since a connection speaks for whoever
 * opened it; requests that say nothing may reach private addresses and show no certificate.
 */
export const openHttp = (http: HttpOptions = {}): Dispatcher => {
  const nameless = newAgents(http)
  const showing = new WeakMap<ClientCertificate, Agents>()
  const agentsFor = (certificate: ClientCertificate | undefined): Agents => {
    if (certificate === undefined) return nameless
    const known = showing.get(certificate)
    if (known !== undefined) return known
    const made = newAgents(http, certificate)
    showing.set(certificate, made)
    return made
  }
  return nameless.anywhere.compose((dispatch) => (options, handler) => {
    const { reach = 'private', certificate } = options as GuardedOptions
    const refused = refusedLiteral(options, reach)
    if (refused !== undefined) throw refusal(refused)
    if (reach === 'private' && certificate === undefined) return dispatch(options, handler)
    const { anywhere, publicOnly } = agentsFor(certificate)
    return (reach === 'public' ? publicOnly : anywhere).dispatch(options, handler)
  })
}
