// Which requests go through a forward proxy, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say it.
import { BlockList, isIP } from 'node:net'
import { isAddressRange, isLoopbackHost } from './address.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'

export interface ForwardProxy {
  /** With its credentials: for the connection alone. */
  readonly url: string
  /** Without them. */
  readonly shown: string
  /** The variable that named it. */
  readonly variable: string
}

/** The proxy for an absolute http or https URL, or undefined when it is asked directly. */
export type ProxyChoice = (url: URL) => ForwardProxy | undefined

type Environment = Readonly<Record<string, string | undefined>>

/** As everywhere, the name in lower case wins, and an empty value is none. */
const read = (env: Environment, name: string) => {
  for (const variable of [name.toLowerCase(), name]) {
    const value = env[variable]?.trim() ?? ''
    if (value !== '') return { variable, value }
  }
  return undefined
}

/** The value itself is never repeated: it may contain a password. */
const proxyIn = (env: Environment, name: string): ForwardProxy | undefined => {
  const found = read(env, name)
  if (found === undefined) return undefined
  const { variable, value } = found
  // curl and others read a bare host so.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined || url.hostname === '') {
    throw usageError(problemOf('usage-flag', 'proxy-form', { variable }))
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const scheme = url.protocol.slice(0, -1)
    throw usageError(problemOf('usage-flag', 'proxy-scheme', { variable, scheme }))
  }
  return { url: url.href, shown: url.origin, variable }
}

interface Exemption {
  readonly matches: (host: string) => boolean
  readonly port: string | undefined
}

const rangeOf = (text: string): Exemption['matches'] => {
  const [address = '', bits] = text.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
}

const exemptionOf = (entry: string): Exemption => {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry)
  const [, host = entry, port] = bracketed ?? /^([^:]*):(\d+)$/.exec(entry) ?? []
  if (host === '*') return { matches: () => true, port }
  if (isAddressRange(host)) return { matches: rangeOf(host), port }
  const name = host.replace(/^\*?\./, '').replace(/\.$/, '')
  return { matches: (asked) => asked === name || asked.endsWith(`.${name}`), port }
}

const portOf = ({ protocol, port }: URL): string =>
  port === '' ? (protocol === 'https:' ? '443' : '80') : port

/**
 * Read once, so that a wrong value is told before anything is asked. Loopback is never asked through a
 * proxy: what listens there is this machine's own. Throws a UsageError for a value that is no proxy.
 */
export const forwardProxies = (env: Environment): ProxyChoice => {
  const secure = proxyIn(env, 'HTTPS_PROXY')
  const plain = proxyIn(env, 'HTTP_PROXY')
  const exemptions = (read(env, 'NO_PROXY')?.value ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exemptionOf)
  return (url) => {
    const proxy = url.protocol === 'https:' ? secure : plain
    if (proxy === undefined || isLoopbackHost(url.hostname)) return undefined
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
    const exempt = exemptions.some(
      ({ matches, port }) => matches(host) && (port === undefined || port === portOf(url)),
    )
    return exempt ? undefined : proxy
  }
}
