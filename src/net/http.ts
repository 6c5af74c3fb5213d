// The HTTP client of the process: undici with a guard over the addresses that names resolve to, through a
// forward proxy where the environment names one.
import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { createSecureContext } from 'node:tls'
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici'
import { refusedAddress, refusedAddressCode, refusedHost, type Reach } from './address.ts'
import { defaultAuthorities } from './authorities.ts'
import type { ClientCertificate } from './client-certificate.ts'
import type { ForwardProxy, ProxyChoice } from './forward-proxy.ts'
import { namingTheProxy } from './interceptors/forward-proxy-fault.ts'

/** What `exchange` says to the guard with each request; any other dispatcher may ignore it. */
export interface GuardedOptions {
  readonly reach?: Reach
  /** Shown to the server; without one a server that asks gets none. */
  readonly certificate?: ClientCertificate
}

export interface HttpOptions {
  /** PEM of authorities to trust beside those that Node trusts. */
  readonly authorities?: string | undefined
  /** Which requests go through a forward proxy; default: none. */
  readonly proxyFor?: ProxyChoice | undefined
  /** Told once of each proxy, when the first request goes through it. */
  readonly onProxy?: ((proxy: ForwardProxy) => void) | undefined
}

export const refusal = (reason: string): Error =>
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
  /** The proxy resolves the name, so what it may reach is the proxy's to say. */
  readonly through: (proxy: ForwardProxy) => Dispatcher
}

export const connectMs = 2000
/** A proxy that never answers CONNECT would else hold its connection for minutes. */
export const proxyAnswerMs = 10_000

/** What TLS has to know, made once: parsing all authorities anew for each connection would be slow. */
export const tlsOptions = (authorities: string | undefined, shown?: ClientCertificate) => {
  if (authorities === undefined && shown === undefined) return {}
  const secureContext = createSecureContext({
    ...(authorities === undefined ? {} : { ca: [...defaultAuthorities(), authorities] }),
    ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key.reveal() }),
  })
  return { secureContext }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const proxyToken = (url: URL): { token?: string } => {
  if (url.username === '' && url.password === '') return {}
  const credentials = `${decoded(url.username)}:${decoded(url.password)}`
  return { token: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

const openProxy = (
  proxy: ForwardProxy,
  authorities: string | undefined,
  shown?: ClientCertificate,
): ProxyAgent => {
  const url = new URL(proxy.url)
  return new ProxyAgent({
    uri: url.origin,
    ...proxyToken(url),
    // Many a proxy opens tunnels to port 443 alone: plain http goes as RFC 9112 section 3.2.2 has it.
    proxyTunnel: false,
    requestTls: { timeout: connectMs, ...tlsOptions(authorities, shown) },
    proxyTls: {
      timeout: connectMs,
      lookup: guardedLookup('private'),
      ...tlsOptions(authorities),
    },
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, headersTimeout: proxyAnswerMs }),
  })
}

const agentOptions = (reach: Reach, trust: ReturnType<typeof tlsOptions>): Agent.Options => ({
  connect: { timeout: connectMs, lookup: guardedLookup(reach), ...trust },
})

const newAgents = ({ authorities }: HttpOptions, shown?: ClientCertificate): Agents => {
  const trust = tlsOptions(authorities, shown)
  const newAgent = (reach: Reach): Agent => new Agent(agentOptions(reach, trust))
  const proxies = new Map<string, Dispatcher>()
  return {
    anywhere: newAgent('private'),
    publicOnly: newAgent('public'),
    through: (proxy) => {
      const known = proxies.get(proxy.url)
      if (known !== undefined) return known
      const made = openProxy(proxy, authorities, shown)
      proxies.set(proxy.url, made)
      return made
    },
  }
}

interface Way {
  /** An address in the URL is never resolved, so it is looked at here. */
  readonly refused: string | undefined
  readonly proxy: ForwardProxy | undefined
}

const mostWays = 256

/** A proxy that serves asks the same few origins again and again. */
const rememberedWays = ({ proxyFor }: HttpOptions) => {
  const ways = { private: new Map<string, Way>(), public: new Map<string, Way>() }
  return (origin: string, reach: Reach): Way => {
    const known = ways[reach].get(origin)
    if (known !== undefined) return known
    const url = new URL(origin)
    const way = { refused: refusedHost(url.hostname, reach), proxy: proxyFor?.(url) }
    if (ways[reach].size >= mostWays) ways[reach].clear()
    ways[reach].set(origin, way)
    return way
  }
}

/** Dispatches elsewhere, or leaves it to the agent (undefined). Throws for an address that is refused. */
type Diversion = (options: Agent.DispatchOptions, handler: Handler) => boolean | undefined
type Handler = Dispatcher.DispatchHandler

/** What undici composes stands behind a Proxy, for which each request would pay. */
class DivertingAgent extends Agent {
  private readonly divert: Diversion

  constructor(options: Agent.Options, divert: Diversion) {
    super(options)
    this.divert = divert
  }

  override dispatch(options: Agent.DispatchOptions, handler: Handler): boolean {
    return this.divert(options, handler) ?? super.dispatch(options, handler)
  }
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
  const told = new Set<string>()
  const wayTo = rememberedWays(http)
  return new DivertingAgent(
    agentOptions('private', tlsOptions(http.authorities)),
    (options, handler) => {
      const { reach = 'private', certificate } = options as GuardedOptions
      const { refused, proxy } = wayTo(String(options.origin), reach)
      if (refused !== undefined) throw refusal(refused)
      if (proxy !== undefined) {
        if (!told.has(proxy.url)) http.onProxy?.(proxy)
        told.add(proxy.url)
        return agentsFor(certificate)
          .through(proxy)
          .dispatch(options, namingTheProxy(handler, proxy.shown))
      }
      if (reach === 'private' && certificate === undefined) return undefined
      const { anywhere, publicOnly } = agentsFor(certificate)
      return (reach === 'public' ? publicOnly : anywhere).dispatch(options, handler)
    },
  )
}
