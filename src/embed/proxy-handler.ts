// A whole proxy in the server of another program: its requests come through a function instead of a socket.
import type { ProxyConfig, ProxyHandler, ProxyHandlerOptions } from './handler-types.ts'

export type {
  ProxyConfig,
  ProxyHandler,
  ProxyHandlerOptions,
  ProxyReadiness,
} from './handler-types.ts'

/**
 * Builds a proxy without a listener. `config`: the name of a file, or what it would say. Starts although an issuer or a
 * backend is down. Rejects with a UsageError that has everything that is wrong with the configuration.
 */
export const createProxyHandler = async (
  config: string | ProxyConfig,
  options: ProxyHandlerOptions = {},
): Promise<ProxyHandler> => {
  // Programs that only judge tokens do without it.
  const { mountProxy } = await import('./mount-proxy.ts')
  return mountProxy(config, options)
}
