// The HTTP client of the process: undici with a guard over the addresses that names resolve to.
import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { refusedAddress, type Reach } from './address.ts'

/** What `exchange` says to the guard with each request; any other dispatcher may ignore it. */
export interface GuardedOptions {
  readonly reach?: Reach
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
const guardedLookup =
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

const newAgent = (reach: Reach): Agent =>
  new Agent({ connect: { timeout: 2000, lookup: guardedLookup(reach) } })

/** An address in the URL is never resolved, so it is looked at here. */
const refusedLiteral = (options: Dispatcher.DispatchOptions, reach: Reach): string | undefined => {
  const { hostname } = new URL(String(options.origin))
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) === 0 ? undefined : refusedAddress(literal, reach)
}

/** One pool of connections for each reach; requests that say nothing may reach private addresses. */
export const openHttp = (): Dispatcher => {
  const anywhere = newAgent('private')
  const publicOnly = newAgent('public')
  return anywhere.compose((dispatch) => (options, handler) => {
    const { reach = 'private' } = options as GuardedOptions
    const refused = refusedLiteral(options, reach)
    if (refused !== undefined) throw refusal(refused)
    return reach === 'public' ? publicOnly.dispatch(options, handler) : dispatch(options, handler)
  })
}
