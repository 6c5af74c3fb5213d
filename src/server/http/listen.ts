// The socket: node:http with limits that suit long streams, and an end that waits for what is under way.
import { problemOf } from '../../problems/problem.ts'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { constants } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { usageError } from '../../problems/usage-error.ts'
import type { Config } from '../../config/schema.ts'
import { tlsMaterialOf } from '../tls/tls-files.ts'
import { endpointPath, schemeOf } from '../../config/public-url.ts'

/** What a request may take before it is a message. */
export const httpLimits = {
  headersTimeout: 30_000,
  requestTimeout: 120_000,
  /** Of TLS. */
  handshakeTimeout: 10_000,
  maxHeaderSize: 16_384,
  /** How often the times are looked at, and so how much longer they may last. */
  connectionsCheckingInterval: 5_000,
}

/** What makes a listener speak TLS. */
export interface ListenerTls {
  readonly context: SecureContextOptions
  readonly asksForCertificates: boolean
}

/**
 * A resumed session would bring the certificate of an earlier connection, or none at all and still count as checked: who
 * is asked for a certificate shows it with each connection.
 */
export const contextOf = ({ context, asksForCertificates }: ListenerTls): SecureContextOptions =>
  asksForCertificates ? { ...context, secureOptions: constants.SSL_OP_NO_TICKET } : context

export type HttpLimits = Readonly<typeof httpLimits>

export interface Listener {
  readonly server: Server
  readonly host: string
  readonly port: number
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'the port needs more rights',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
}

export const listenTrouble = (error: NodeJS.ErrnoException): string =>
  reasons[error.code ?? ''] ?? error.message

/** As the system takes it: an IPv6 address without its brackets. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

/** How this machine calls a listener, also one that takes all addresses. */
export const urlOf = (host: string, port: number, scheme: 'http' | 'https'): string => {
  const bare = bareHost(host)
  const own = bare === '0.0.0.0' || bare === '::' ? '127.0.0.1' : bare
  return `${scheme}://${own.includes(':') ? `[${own}]` : own}:${port}${endpointPath}`
}

/**
 * Where this machine reaches the proxy of a configuration: with TLS under a name that its certificate is for, which the
 * public one is only as long as nothing else answers there.
 */
export const ownOrigin = (config: Pick<Config, 'proxy' | 'security'>, nowMs: number): string => {
  const { listen: at, public_url: publicUrl } = config.proxy
  const tls = tlsMaterialOf(config, nowMs)
  const host = at.host === '::' ? '::1' : at.host
  const { origin, hostname } = new URL(urlOf(host, at.port, schemeOf(config)))
  if (tls === undefined || tls.isFor(hostname)) return origin
  if (tls.isFor('localhost')) return `https://localhost:${at.port}`
  return publicUrl === undefined || config.security.trusted_proxies.length > 0
    ? origin
    : new URL(publicUrl).origin
}

/** A UsageError when the address cannot be had: only the person can mend that. */
export const listen = (
  host: string,
  port: number,
  handle: RequestListener,
  limits: HttpLimits = httpLimits,
  tls?: ListenerTls,
): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const options = {
      // Above the 60 s after which common intermediaries drop an idle connection.
      keepAliveTimeout: 75_000,
      // What is wrong with a head is said by us, in words.
      requireHostHeader: false,
      // Whatever NODE_OPTIONS say.
      insecureHTTPParser: false,
      ...limits,
    }
    const server =
      tls === undefined
        ? createServer(options, handle)
        : createTlsServer(
            {
              ...options,
              ...contextOf(tls),
              requestCert: tls.asksForCertificates,
              // A refusal by us says why; one by the TLS library is a broken connection.
              rejectUnauthorized: false,
              ALPNProtocols: ['http/1.1'],
            },
            handle,
          )
    // All headers are read: what is left out here is hidden from every guard.
    server.maxHeadersCount = 0
    // RFC 9110 section 10.1.1: an expectation that is not known may be left alone.
    server.on('checkExpectation', handle)
    // A stream may be silent for long; the ticker and the peer decide when it ends.
    server.timeout = 0
    const onError = (error: NodeJS.ErrnoException) => {
      const why = listenTrouble(error)
      reject(usageError(problemOf('config-value', 'listen', { address: `${host}:${port}`, why })))
    }
    server.once('error', onError)
    server.listen({ host: bareHost(host), port }, () => {
      server.off('error', onError)
      const bound = server.address() as AddressInfo
      resolve({ server, host: bound.address, port: bound.port })
    })
  })
