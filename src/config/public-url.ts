// The one address behind `resource`, the challenge and the default audience.
import { isLoopbackHost } from '../net/address.ts'
import type { Config } from './schema.ts'

/** Where the proxy answers MCP. */
export const endpointPath = '/mcp'

export const schemeOf = ({ proxy }: Pick<Config, 'proxy'>): 'http' | 'https' =>
  proxy.tls === undefined ? 'http' : 'https'

/** Whether our own listener asks clients for certificates. */
export const asksForCertificates = ({ proxy }: Pick<Config, 'proxy'>): boolean =>
  proxy.tls !== undefined && proxy.tls.client_auth !== 'none'

/**
 * `proxy.public_url` as it is written, else, on a loopback listener, that listener's own URL. Undefined where
 * neither names an address that callers could know. `boundPort` counts when the configured port is 0.
 */
export const publicUrlOf = (
  config: Pick<Config, 'proxy'>,
  boundPort?: number,
): string | undefined => {
  const { public_url, listen } = config.proxy
  if (public_url !== undefined) return public_url
  if (!isLoopbackHost(listen.host)) return undefined
  const bare = listen.host.replace(/^\[(.*)\]$/, '$1')
  const host = bare.includes(':') ? `[${bare}]` : bare
  return `${schemeOf(config)}://${host}:${boundPort ?? listen.port}${endpointPath}`
}
