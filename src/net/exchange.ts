// One bounded HTTP request and what came of it, as a fact: network trouble is a value here, never a throw.
import { isUtf8 } from 'node:buffer'
import type { Dispatcher } from 'undici'
import { isLoopbackHost, refusedHost, type Reach } from './address.ts'
import { readBody, TooLarge, UnknownEncoding } from './answer-body.ts'
import type { ClientCertificate } from './client-certificate.ts'
import { faultOf, type Fault } from './fault.ts'
import type { GuardedOptions } from './http.ts'
import type { Ports } from '../base/ports.ts'
import { withoutByteOrderMark } from '../base/byte-order-mark.ts'

type Method = 'GET' | 'POST' | 'DELETE'

export interface Exchange {
  readonly method: Method
  readonly url: string
  readonly startedAt: number
  readonly ms: number
  /** Undefined when no answer came. */
  readonly status: number | undefined
  /** The media type in lower case, without parameters. */
  readonly contentType: string | undefined
  /** Lower-case names; repeated fields joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the body, once decoded. */
  readonly bytes: number
  /** The coding that the answer came in although none was asked for: `gzip`. */
  readonly encoding?: string | undefined
  /** Undefined when it could not be read to its end. Without a byte order mark, as `fetch` decodes text. */
  readonly body: string | undefined
  /** The body began with a byte order mark (RFC 8259 section 8.1: JSON must not). */
  readonly marked?: true
  readonly fault: Fault | undefined
  /** The redirects that led here, each a request of its own. */
  readonly redirects: readonly Exchange[]
}

export interface ExchangeRequest {
  readonly method?: Method
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
  /** For a request and all its redirects. Default: 10 s. */
  readonly totalMs?: number
  /** Of the answer's body, before and after decoding. Default: 256 KiB. */
  readonly maxBytes?: number
  /** Allow http beyond loopback. */
  readonly allowHttp?: boolean
  /** Default: `private`, for hosts that the operator named. */
  readonly reach?: Reach
}

export type ExchangePorts = Pick<Ports, 'http' | 'clock'>

const defaultLimits = {
  timeoutMs: 5000,
  totalMs: 10_000,
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

/** Settles with the work, or rejects once the signal aborts: not every step of a client listens to it. */
const unless = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error('given up'))
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })

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
    headers: { 'user-agent': 'mcp-proxy', 'accept-encoding': 'identity', ...request.headers },
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
  const refused = refusedHost(new URL(url).hostname, limits.reach)
  return refused === undefined ? undefined : { kind: 'address', code: undefined, detail: refused }
}

/** RFC 8259 section 8.1: between systems JSON is UTF-8. Other text may be what it likes. */
const isJsonType = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json$/.test(contentType)

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
  const ended = (
    rest: Pick<Exchange, 'bytes' | 'body' | 'fault' | 'encoding' | 'marked'>,
  ): Exchange => ({
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
    const options = requestOptions(request, limit.signal, limits)
    const response = await unless(limit.signal, http.request(options))
    const headers = flatHeaders(response.headers)
    const contentType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    head = { status: response.statusCode, headers, contentType }
    const { bytes, encoding } = await unless(
      limit.signal,
      readBody(response.body, headers['content-encoding'], limits.maxBytes),
    )
    const coded = encoding === undefined ? {} : { encoding }
    if (isJsonType(contentType) && !isUtf8(bytes)) {
      const detail = 'the answer is called JSON and is not valid UTF-8'
      const fault: Fault = { kind: 'encoding', code: undefined, detail }
      return ended({ bytes: bytes.length, body: undefined, fault, ...coded })
    }
    const text = bytes.toString('utf8')
    const body = withoutByteOrderMark(text)
    const marked = body.length < text.length ? { marked: true as const } : {}
    return ended({ bytes: bytes.length, body, fault: undefined, ...coded, ...marked })
  } catch (error) {
    if (error instanceof TooLarge) {
      const detail = `answer too large: more than ${limits.maxBytes} bytes`
      return failed({ kind: 'too-large', code: undefined, detail })
    }
    if (error instanceof UnknownEncoding) {
      return failed({ kind: 'encoding', code: undefined, detail: error.message })
    }
    if (limit.passed()) {
      const detail = `no complete answer within ${limits.timeoutMs / 1000} s: timeout`
      return failed({ kind: 'timeout', code: undefined, detail })
    }
    if (request.signal?.aborted === true) {
      return failed({ kind: 'aborted', code: undefined, detail: 'given up before the answer came' })
    }
    return failed(faultOf(error))
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
  if (answer.method !== 'GET') return { refused: `redirect to ${shown} after a ${answer.method}` }
  if (target.origin !== new URL(answer.url).origin) {
    return { refused: `redirect to another origin: ${shown}` }
  }
  if (target.username !== '' || target.password !== '') {
    return { refused: `redirect to an address with credentials: ${shown}` }
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
  given: ExchangeLimits = {},
): Promise<Exchange> => {
  const all = { ...defaultLimits, ...given }
  const redirects: Exchange[] = []
  const startedAt = ports.clock.now()
  let url = request.url
  for (;;) {
    const leftMs = all.totalMs - (ports.clock.now() - startedAt)
    const limits = { ...all, timeoutMs: Math.min(all.timeoutMs, leftMs) }
    const answer = await once({ ...request, url }, ports, limits)
    if (answer.fault !== undefined || !isRedirect(answer.status)) return { ...answer, redirects }
    const target = redirectTarget(answer, redirects.length)
    if ('refused' in target) {
      const fault: Fault = { kind: 'redirect', code: undefined, detail: target.refused }
      return { ...answer, redirects, fault }
    }
    redirects.push(answer)
    if (ports.clock.now() - startedAt >= all.totalMs) {
      const detail = `the redirects took longer than ${all.totalMs / 1000} s: timeout`
      return { ...answer, redirects, fault: { kind: 'timeout', code: undefined, detail } }
    }
    url = target.url
  }
}
