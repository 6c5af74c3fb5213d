// What stands at the address of an MCP server, judged by its answer to a POST: a server to grade, or something else.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Exchange } from '../../net/exchange.ts'
import { isLegacy, isModern } from './mcp-checks.ts'
import type { McpProbe } from './mcp-probes.ts'
import type { ResourceDiscovery } from './resource-discovery.ts'
import { shortened } from '../../base/escape.ts'
import { silenceOf } from '../../net/unanswered.ts'
import { refusalInBody } from './refusal-in-body.ts'

export type AnswerKind =
  /** Lets everybody in and publishes nothing about authorization. */
  | 'open'
  | 'redirected'
  /** Nothing that takes MCP is at this path. */
  | 'wrong-path'
  /** Another kind of server is there. */
  | 'not-mcp'
  /** 5xx, 429, or an answer that breaks off: nothing can be said about it. */
  | 'unavailable'

export interface ResourceAnswer {
  readonly kind: AnswerKind
  readonly problem: Problem
  /** Where to look in its place. */
  readonly instead?: string
}

/** Query and credentials of a foreign address are no business of a report. */
const shownUrl = ({ origin, pathname }: URL): string => shortened(`${origin}${pathname}`, 300)

const loginPath =
  /(?:^|[/._-])(?:log[-_]?in|sign[-_]?in|sso|saml2?|authorize|oauth2?|cdn-cgi\/access|auth)(?:[/._-]|$)/i

/** An address of the server itself may well contain such a word. */
const isLoginPage = ({ pathname }: URL): boolean =>
  loginPath.test(pathname) && !/\/(?:mcp|sse)\/?$/.test(pathname)

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

const sameButSlash = (a: URL, b: URL): boolean =>
  a.origin === b.origin && a.pathname.replace(/\/$/, '') === b.pathname.replace(/\/$/, '')

const redirected = (url: string, { status = 0, headers }: Exchange): ResourceAnswer => {
  const kind = 'redirected'
  const { location } = headers
  if (location === undefined || !URL.canParse(location, url)) {
    return { kind, problem: problemOf('mcp-answer', 'lost', { url, status }) }
  }
  const [from, target] = [new URL(url), new URL(location, url)]
  const to = shownUrl(target)
  const values = { url, status, to }
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    return { kind, problem: problemOf('mcp-answer', 'lost', { url, status }) }
  }
  if (to === shownUrl(from) && target.search === from.search) {
    return { kind, problem: problemOf('mcp-answer', 'loop', values) }
  }
  if (isLoginPage(target) && !sameButSlash(from, target)) {
    return { kind, problem: problemOf('mcp-answer', 'login-page', values) }
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    const instead = to.replace(/^http:/, 'https:')
    const known = instead === shownUrl(from) ? {} : { instead }
    return { kind, problem: problemOf('mcp-answer', 'downgrade', values), ...known }
  }
  if (sameButSlash(from, target) && from.pathname !== target.pathname) {
    return { kind, problem: problemOf('mcp-answer', 'slash', values), instead: to }
  }
  const isSameHost = from.host === target.host && from.pathname === target.pathname
  const name = isSameHost && target.protocol === 'https:' ? 'https' : 'moved'
  return { kind, problem: problemOf('mcp-answer', name, values), instead: to }
}

const typeOf = ({ contentType, bytes, fault }: Exchange): string =>
  fault?.detail ?? (bytes === 0 ? 'an empty body' : (contentType ?? 'without a type'))

/** What a reverse proxy or a CDN answers for a server that it did not reach (521 to 527 and 530: Cloudflare). */
const isOfGateway = (status: number): boolean =>
  [502, 504, 530].includes(status) || (status >= 521 && status <= 527)

const nameOfTrouble = ({ status = 0, headers }: Exchange) => {
  if (status < 500 && status !== 429) return 'cut'
  if (status === 429) return 'too-often'
  if (isOfGateway(status)) return 'gateway'
  return status === 503 && headers['retry-after'] !== undefined ? 'paused' : 'trouble'
}

/** Seconds or a date (RFC 9110 section 10.2.3), in the words of the server. */
const pauseOf = (retryAfter = ''): string =>
  /^\d+$/.test(retryAfter) ? `${retryAfter} s` : shortened(retryAfter, 40)

const unavailable = (url: string, probe: Exchange): ResourceAnswer => {
  const { status = 0, headers } = probe
  const name = nameOfTrouble(probe)
  const values = { url, status, type: typeOf(probe) }
  const problem =
    name === 'paused'
      ? problemOf('mcp-answer', name, { url, status, after: pauseOf(headers['retry-after']) })
      : problemOf('mcp-answer', name, values)
  return { kind: 'unavailable', problem }
}

/** In the words of nginx, Apache and Go. */
const isTlsPort = ({ url, body = '' }: Exchange): boolean =>
  url.startsWith('http:') &&
  /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|sent an HTTP request to an HTTPS server/i.test(
    body,
  )

const isPage = ({ contentType = '', body = '' }: Exchange): boolean =>
  contentType.includes('html') || /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(body)

/** The first answer of a server of the transport that came before Streamable HTTP. */
const isStream = ({ exchange: { method, status, contentType } }: McpProbe): boolean =>
  method === 'GET' && status === 200 && contentType === 'text/event-stream'

/** What the metadata of this very host calls the server. */
const namedElsewhere = ({ url, metadata }: ResourceDiscovery): string | undefined => {
  const named = metadata?.['resource']
  return typeof named === 'string' &&
    named !== url &&
    URL.canParse(named) &&
    new URL(named).origin === new URL(url).origin
    ? named
    : undefined
}

/** An answer of another status, where a server was found at a better address. */
export const answeredElsewhere = (
  { url, probe }: Pick<ResourceDiscovery, 'url' | 'probe'>,
  instead: string,
): ResourceAnswer => ({
  kind: 'wrong-path',
  problem: problemOf('mcp-answer', 'elsewhere', { url, status: probe.status ?? 0, to: instead }),
  instead,
})

/** An answer that no client begins with: neither a challenge nor a greeting. */
const judgeStranger = (found: ResourceDiscovery, status: number): ResourceAnswer | undefined => {
  const { url, probe, speaksMcp } = found
  const instead = namedElsewhere(found)
  if (instead !== undefined && (!speaksMcp || status >= 400)) {
    return answeredElsewhere(found, instead)
  }
  const values = { url, status }
  if (isTlsPort(probe)) {
    const secure = url.replace(/^http:/, 'https:')
    const problem = problemOf('mcp-answer', 'tls-port', { ...values, to: secure })
    return { kind: 'not-mcp', problem, instead: secure }
  }
  if (found.metadata?.['resource'] === url && [404, 405, 410, 501].includes(status)) {
    return { kind: 'wrong-path', problem: problemOf('mcp-answer', 'unrouted', values) }
  }
  if (status === 404 || status === 410) {
    return { kind: 'wrong-path', problem: problemOf('mcp-answer', 'absent', values) }
  }
  if (status === 405 || status === 501) {
    return { kind: 'wrong-path', problem: problemOf('mcp-answer', 'method', values) }
  }
  if (speaksMcp || refusalInBody(probe.body) !== undefined) return undefined
  if (isPage(probe)) return { kind: 'not-mcp', problem: problemOf('mcp-answer', 'page', values) }
  const foreign = problemOf('mcp-answer', 'foreign', { ...values, type: typeOf(probe) })
  return { kind: 'not-mcp', problem: foreign }
}

/** Refusals that a client gets from servers: they are graded, with or without a challenge. */
const isRefusal = (status: number): boolean => [401, 402, 403].includes(status)

/**
 * Undefined for a server that can be graded: one with a challenge, with a bare refusal, with an answer that
 * asks for a token, or with answers in JSON-RPC; and for one that does not answer at all. Metadata about the
 * address does not help a server that answers with something else.
 */
export const judgeAnswer = (found: ResourceDiscovery): ResourceAnswer | undefined => {
  const { url, probe, probes, challenge, metadata } = found
  const { status, fault } = probe
  if (status === undefined) {
    return fault?.kind === 'protocol'
      ? { kind: 'not-mcp', problem: problemOf('mcp-answer', 'no-http', { url, why: fault.detail }) }
      : undefined
  }
  if ((status >= 500 && status !== 501) || status === 429) return unavailable(url, probe)
  if (challenge !== undefined) return undefined
  if (isRedirect(status)) return redirected(url, probe)
  if (isRefusal(status)) return undefined
  if (probes.some(isStream)) {
    return { kind: 'open', problem: problemOf('mcp-answer', 'open-sse', { url }) }
  }
  const isGreeted = probes.some((one) => isModern(one) || isLegacy(one))
  if (isGreeted) {
    return metadata === undefined && status === 200
      ? { kind: 'open', problem: problemOf('mcp-answer', 'open', { url }) }
      : undefined
  }
  // A body that did not come to its end may be that of any server.
  if (status !== 501 && silenceOf(probe) !== undefined) return unavailable(url, probe)
  return judgeStranger(found, status)
}
