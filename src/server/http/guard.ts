// Which Host and Origin may speak to the endpoint: the defence against DNS rebinding and foreign pages.
import type { IncomingHttpHeaders } from 'node:http'
import { isLoopbackHost } from '../../net/address.ts'
import { originPatterns } from '../../net/origin-pattern.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Config } from '../../config/schema.ts'

export interface Guard {
  /** Undefined: go on. */
  check(headers: IncomingHttpHeaders): Problem | undefined
}

/** `host:port`, `[v6]:port` or either alone, without the port. */
const withoutPort = (host: string): string => host.replace(/:\d*$/, '')

const longestShown = 256

const shown = (value: string): string => JSON.stringify(value.slice(0, longestShown))

const hostnameOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).hostname : undefined

export const createGuard = (
  { proxy, security }: Pick<Config, 'proxy' | 'security'>,
  publicUrl: string | undefined,
): Guard => {
  const loopback = isLoopbackHost(proxy.listen.host)
  const hosts = new Set(security.allowed_hosts.map((host) => host.toLowerCase()))
  const origins = new Set<string>()
  const patterns = originPatterns(security.allowed_origins)
  if (publicUrl !== undefined) {
    hosts.add(new URL(publicUrl).host)
    origins.add(new URL(publicUrl).origin)
  }
  // Beyond loopback the names under which a listener is known are the operator's to list.
  const checksHost = loopback || security.allowed_hosts.length > 0

  const hostAllowed = (host: string): boolean =>
    hosts.has(host) ||
    hosts.has(withoutPort(host)) ||
    (loopback && isLoopbackHost(withoutPort(host)))

  const originAllowed = (origin: string): boolean => {
    if (origins.has(origin) || patterns.some((pattern) => pattern.matches(origin))) return true
    const hostname = hostnameOf(origin)
    return loopback && hostname !== undefined && isLoopbackHost(hostname)
  }

  // Requests come by one name, or by few.
  let lastAllowed: string | undefined

  return {
    check: (headers) => {
      // Without one the request says nothing of whom it was meant for.
      if (checksHost && (headers.host === undefined || headers.host !== lastAllowed)) {
        const host = (headers.host ?? '').toLowerCase()
        if (!hostAllowed(host)) {
          return problemOf('req-host', { host: shown(host) })
        }
        lastAllowed = headers.host
      }
      const origin = headers.origin?.toLowerCase()
      if (origin !== undefined && !originAllowed(origin)) {
        return problemOf('req-origin', { origin: shown(origin) })
      }
      return undefined
    },
  }
}

/** What a page of an allowed origin may read. */
export const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers':
    'Mcp-Session-Id, WWW-Authenticate, Retry-After, RateLimit-Policy, RateLimit, X-Request-Id, DPoP-Nonce',
  vary: 'Origin',
})

const allowedHeaders =
  'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name'

/** As many arguments of one tool as a list may ask to repeat. */
const mostParams = 1000

/** The headers in which tools want arguments repeated have names of their own: those that the page asks for. */
const paramHeadersIn = (asked: string | undefined): readonly string[] =>
  (asked ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^mcp-param-[\w!#$%&'*+.^`|~-]+$/i.test(name))
    .slice(0, mostParams)

/** `asked`: Access-Control-Request-Headers. */
export const preflightHeaders = (asked: string | undefined): Readonly<Record<string, string>> => ({
  'access-control-allow-methods': 'POST, GET, DELETE, OPTIONS',
  'access-control-allow-headers': [allowedHeaders, ...paramHeadersIn(asked)].join(', '),
  'access-control-max-age': '600',
  vary: 'Origin, Access-Control-Request-Headers',
})
