// One bounded HTTP request and what came of it, as a fact: network trouble is a value here, never a throw.
import type { Dispatcher } from 'undici'
import { hostKind, isLoopbackHost, refusedAddress, type Reach } from './address.ts'
import type { ClientCertificate } from './client-certificate.ts'
import type { GuardedOptions } from './http.ts'
import type { Ports } from './ports.ts'

export type FaultKind =
  | 'url' // not https, no URL at all
  | 'address' // an address that must not be asked
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset' // the connection ended before the answer did
  | 'too-large'
  | 'redirect' // not followed: other origin, too many, or after a POST
  | 'aborted' // by the caller
  | 'protocol' // the peer does not speak HTTP

export interface Fault {
  readonly kind: FaultKind
  /** The code of the system or library error, where there is one: `ECONNREFUSED`. */
  readonly code: string | undefined
  /** Names the cause in words. */
  readonly detail: string
}

export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly startedAt: number
  readonly ms: number
  /** Undefined when no answer came. */
  readonly status: number | undefined
  /** The media type in lower case, without parameters. */
  readonly contentType: string | undefined
  /** Lower-case names; repeated fields joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  /** Undefined when it could not be read to its end. */
  readonly body: string | undefined
  readonly fault: Fault | undefined
  /** The redirects that led here, each a request of its own. */
  readonly redirects: readonly Exchange[]
}

export interface ExchangeRequest {
  readonly method?: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Shown where the server asks for one. */
  readonly certificate?: ClientCertificate
  readonly signal?: AbortSignal
}

export interface ExchangeLimits {
  /** For each request, redirects counted separately. Default: 5 s. */
  readonly timeoutMs?: number
  /** Of the answer's body. Default: 256 KiB. */
  readonly maxBytes?: number
  /** Allow http beyond loopback. */
  readonly allowHttp?: boolean
  /** Default: `private`, for hosts that the operator named. */
  readonly reach?: Reach
}

export type ExchangePorts = Pick<Ports, 'http' | 'clock'>

const defaultLimits = {
  timeoutMs: 5000,
  maxBytes: 262_144,
  allowHttp: false,
  reach: 'private' as Reach,
}
const maxRedirects = 3

/** Why a URL must not be asked at all, or undefined when it may be. Resolves no names. */
export const refusedUrl = (url: string, allowHttp: boolean): string | undefined => {
  if (!URL.canParse(url)) return 'not an absolute URL'
  const { protocol, hostname, username, password } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return `${protocol} is neither https nor http`
  if (username !== '' || password !== '') return 'a URL must not carry credentials'
  if (protocol === 'http:' && !allowHttp && !isLoopbackHost(hostname)) {
    return 'plain http is for loopback only (allow_http = true lifts this)'
  }
  return undefined
}

const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CRL|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/

const connectCodes = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EHOSTDOWN)$/

const connectWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
}

const faultOfCode = (code: string, message: string): Fault => {
  const named = (kind: FaultKind, words: string): Fault => ({
    kind,
    code,
    detail: code === '' ? words : `${words} (${code})`,
  })
  if (code === 'MCP_PROXY_ADDRESS') return { kind: 'address', code: undefined, detail: message }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return named('dns', 'host not found')
  if (connectCodes.test(code)) return named('connect', connectWords[code] ?? 'cannot connect')
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return named('timeout', 'no connection in time: timeout')
  }
  if (certificateCodes.test(code)) return named('tls', 'certificate not trusted')
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return named('tls', 'TLS handshake failed')
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('UND_ERR_SOCKET')) {
    return named('reset', 'connection closed before the answer was complete')
  }
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_RES') || code.includes('HEADERS')) {
    return named('protocol', 'not a readable HTTP answer')
  }
  return named('protocol', 'request failed')
}

const codeOf = (error: unknown): string => {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined || cause === null ? '' : codeOf(cause)
}

/** A deadline on the given clock, joined with the caller's own signal. */
const deadline = (ports: ExchangePorts, ms: number, signal: AbortSignal | undefined) => {
  const timer = new AbortController()
  const done = new AbortController()
  let passed = false
  ports.clock.sleep(ms, done.signal).then(
    () => {
      passed = true
      timer.abort()
    },
    () => undefined,
  )
  return {
    signal: signal === undefined ? timer.signal : AbortSignal.any([signal, timer.signal]),
    passed: () => passed,
    end: () => done.abort(),
  }
}

class TooLarge extends Error {}

const readBody = async (body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const flatHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie') continue
    flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

type Limits = Required<ExchangeLimits>

const requestOptions = (request: ExchangeRequest, signal: AbortSignal, limits: Limits) => {
  const { origin, pathname, search } = new URL(request.url)
  const options: Dispatcher.RequestOptions & GuardedOptions = {
    origin,
    path: `${pathname}${search}`,
    method: request.method ?? 'GET',
    headers: { 'user-agent': 'mcp-proxy', ...request.headers },
    body: request.body ?? null,
    signal,
    reach: limits.reach,
    ...(request.certificate === undefined ? {} : { certificate: request.certificate }),
  }
  return options
}

const refusedBeforehand = (url: string, limits: Limits): Fault | undefined => {
  const reason = refusedUrl(url, limits.allowHttp)
  if (reason !== undefined) return { kind: 'url', code: undefined, detail: reason }
  const { hostname } = new URL(url)
  const kind = hostKind(hostname)
  if (kind === undefined) return undefined
  const literal = hostname.replace(/^\[|\]$/g, '')
  const address = /localhost\.?$/.test(literal) ? '127.0.0.1' : literal
  const refused = refusedAddress(address, limits.reach)
  return refused === undefined ? undefined : { kind: 'address', code: undefined, detail: refused }
}

const once = async (
  request: ExchangeRequest,
  ports: ExchangePorts,
  limits: Limits,
): Promise<Exchange> => {
  const startedAt = ports.clock.now()
  const base = { method: request.method ?? 'GET', url: request.url, startedAt, redirects: [] }
  let head: Pick<Exchange, 'status' | 'headers' | 'contentType'> = {
    status: undefined,
    headers: {},
    contentType: undefined,
  }
  const ended = (rest: Pick<Exchange, 'bytes' | 'body' | 'fault'>): Exchange => ({
    ...base,
    ...head,
    ...rest,
    ms: ports.clock.now() - startedAt,
  })
  const failed = (fault: Fault): Exchange => ended({ bytes: 0, body: undefined, fault })

  const refused = refusedBeforehand(request.url, limits)
  if (refused !== undefined) return failed(refused)
  const limit = deadline(ports, limits.timeoutMs, request.signal)
  try {
    const http = await ports.http()
    const response = await http.request(requestOptions(request, limit.signal, limits))
    const headers = flatHeaders(response.headers)
    const contentType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    head = { status: response.statusCode, headers, contentType }
    const body = await readBody(response.body as AsyncIterable<Uint8Array>, limits.maxBytes)
    return ended({ bytes: body.length, body: body.toString('utf8'), fault: undefined })
  } catch (error) {
    if (error instanceof TooLarge) {
      const detail = `answer too large: more than ${limits.maxBytes} bytes`
      return failed({ kind: 'too-large', code: undefined, detail })
    }
    if (limit.passed()) {
      const detail = `no complete answer within ${limits.timeoutMs / 1000} s: timeout`
      return failed({ kind: 'timeout', code: undefined, detail })
    }
    if (request.signal?.aborted === true) {
      return failed({ kind: 'aborted', code: undefined, detail: 'given up by the caller' })
    }
    return failed(faultOfCode(codeOf(error), error instanceof Error ? error.message : ''))
  } finally {
    limit.end()
  }
}

const isRedirect = (status: number | undefined): boolean =>
  status !== undefined && [301, 302, 303, 307, 308].includes(status)

/** Where a redirect leads, or why it is not followed. */
const redirectTarget = (
  answer: Exchange,
  hops: number,
): { readonly url: string } | { readonly refused: string } => {
  const location = answer.headers['location']
  if (location === undefined || !URL.canParse(location, answer.url)) {
    return { refused: `redirect (${answer.status}) without a usable Location` }
  }
  const target = new URL(location, answer.url)
  const shown = `${target.origin}${target.pathname}`
  if (answer.method === 'POST') return { refused: `redirect to ${shown} after a POST` }
  if (target.origin !== new URL(answer.url).origin) {
    return { refused: `redirect to another origin: ${shown}` }
  }
  if (hops >= maxRedirects) return { refused: `more than ${maxRedirects} redirects` }
  return { url: target.href }
}

/**
 * Asks once and, for GET, follows same-origin redirects. Resolves for every kind of trouble. Does not
 * check the status or the content: an answer of 500 is an answer.
 */
export const exchange = async (
  request: ExchangeRequest,
  ports: ExchangePorts,
  limits: ExchangeLimits = {},
): Promise<Exchange> => {
  const all = { ...defaultLimits, ...limits }
  const redirects: Exchange[] = []
  let url = request.url
  for (;;) {
    const answer = await once({ ...request, url }, ports, all)
    if (answer.fault !== undefined || !isRedirect(answer.status)) return { ...answer, redirects }
    const target = redirectTarget(answer, redirects.length)
    if ('refused' in target) {
      const fault: Fault = { kind: 'redirect', code: undefined, detail: target.refused }
      return { ...answer, redirects, fault }
    }
    redirects.push(answer)
    url = target.url
  }
}
