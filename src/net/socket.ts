// Connections for what is not HTTP after its first words, under the rules of the HTTP client: the same guard,
// the same authorities, the same forward proxies.
import type { Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'
import { refusedHost } from './address.ts'
import type { ForwardProxy } from './forward-proxy.ts'
import {
  connectMs,
  guardedLookup,
  proxyAnswerMs,
  proxyToken,
  refusal,
  tlsOptions,
  type HttpOptions,
} from './http.ts'
import { explained } from './interceptors/forward-proxy-fault.ts'

type Connector = ReturnType<typeof buildConnector>

const portOf = ({ protocol, port }: URL): string =>
  port === '' ? (protocol === 'https:' ? '443' : '80') : port

const connectBy = (connector: Connector, url: URL, tunnel?: Socket): Promise<Socket> =>
  new Promise((resolve, reject) => {
    connector(
      {
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        host: url.host,
        protocol: url.protocol,
        port: portOf(url),
        ...(tunnel === undefined ? {} : { httpSocket: tunnel }),
      },
      (error, socket) => (error === null ? resolve(socket) : reject(error)),
    )
  })

/** RFC 6455 section 4.1: also what is not encrypted goes through a tunnel. */
const openTunnel = async (
  proxy: ForwardProxy,
  url: URL,
  authorities: string | undefined,
): Promise<Socket> => {
  const address = new URL(proxy.url)
  const { token } = proxyToken(address)
  const client = new Client(address.origin, {
    connect: {
      timeout: connectMs,
      lookup: guardedLookup('private'),
      ...tlsOptions(authorities),
    },
    headersTimeout: proxyAnswerMs,
  })
  let answer: Dispatcher.ConnectData
  try {
    answer = await client.connect({
      path: `${url.hostname}:${portOf(url)}`,
      headers: {
        host: url.host,
        ...(token === undefined ? {} : { 'proxy-authorization': token }),
      },
    })
  } catch (error) {
    await client.destroy()
    throw explained(error as Error, proxy.shown)
  }
  const { socket, statusCode } = answer
  if (statusCode === 200) return socket as Socket
  socket.on('error', () => undefined).destroy()
  throw explained(new Error(`Proxy response (${statusCode})`), proxy.shown)
}

/** Opens a connection to an http or https origin; for the latter TLS stands when it resolves. */
export const createSocketOpener = (options: HttpOptions): ((origin: URL) => Promise<Socket>) => {
  const { authorities, proxyFor, onProxy } = options
  const connector = buildConnector({
    timeout: connectMs,
    lookup: guardedLookup('private'),
    ...tlsOptions(authorities),
  })
  const told = new Set<string>()
  return async (origin) => {
    const refused = refusedHost(origin.hostname, 'private')
    if (refused !== undefined) throw refusal(refused)
    const proxy = proxyFor?.(origin)
    if (proxy === undefined) return connectBy(connector, origin)
    if (!told.has(proxy.url)) onProxy?.(proxy)
    told.add(proxy.url)
    const tunnel = await openTunnel(proxy, origin, authorities)
    // Until somebody else listens, an error of the connection is nobody's.
    tunnel.on('error', () => undefined)
    return origin.protocol === 'https:' ? connectBy(connector, origin, tunnel) : tunnel
  }
}
