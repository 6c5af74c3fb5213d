// What stands at the address of an MCP server, judged by its answer to a POST: a server to grade, or something else.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Exchange } from '../../net/exchange.ts'
import { isLegacy, isModern } from './mcp-checks.ts'
import type { McpProbe } from './mcp-probes.ts'
import type { ResourceDiscovery } from './resource-discovery.ts'
import { shortened } from '../../base/escape.ts'

export type AnswerKind =
  /** Lets everybody in and publishes nothing about authorization. */
  | 'open'
  | 'redirected'
  /** Nothing that takes MCP is at this path. */
  | 'wrong-path'
  /** Another kind of server is there. */
  | 'not-mcp'
  /** 5xx or 429: nothing can be said about it. */
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

const typeOf = ({ contentType, bytes }: Exchange): string =>
  bytes === 0 ? 'an empty body' : (contentType ?? 'without a type')

const unavailable = (url: string, probe: Exchange): ResourceAnswer => {
  const { status = 0 } = probe
  const name =
    status === 429 ? 'too-often' : status === 502 || status === 504 ? 'gateway' : 'trouble'
  const values = { url, status, type: typeOf(probe) }
  return { kind: 'unavailable', problem: problemOf('mcp-answer', name, values) }
}

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
  if (status === 404 || status === 410) {
    return { kind: 'wrong-path', problem: problemOf('mcp-answer', 'absent', values) }
  }
  if (status === 405 || status === 501) {
    return { kind: 'wrong-path', problem: problemOf('mcp-answer', 'method', values) }
  }
  if (speaksMcp) return undefined
  if (isPage(probe)) return { kind: 'not-mcp', problem: problemOf('mcp-answer', 'page', values) }
  const foreign = problemOf('mcp-answer', 'foreign', { ...values, type: typeOf(probe) })
  return { kind: 'not-mcp', problem: foreign }
}

/**
 * Undefined for a server that can be graded: one with a challenge, with metadata about this address, with a
 * bare 401 or 403, or with answers in JSON-RPC; and for one that does not answer at all.
 */
export const judgeAnswer = (found: ResourceDiscovery): ResourceAnswer | undefined => {
  const { url, probe, probes, challenge, metadata } = found
  const { status, fault } = probe
  if (challenge !== undefined || metadata?.['resource'] === url) return undefined
  if (status === undefined) {
    return fault?.kind === 'protocol'
      ? { kind: 'not-mcp', problem: problemOf('mcp-answer', 'no-http', { url, why: fault.detail }) }
      : undefined
  }
  if ((status >= 500 && status !== 501) || status === 429) return unavailable(url, probe)
  if (isRedirect(status)) return redirected(url, probe)
  if (status === 401 || status === 403) return undefined
  if (probes.some(isStream)) {
    return { kind: 'open', problem: problemOf('mcp-answer', 'open-sse', { url }) }
  }
  const isGreeted = probes.some((one) => isModern(one) || isLegacy(one))
  if (isGreeted) {
    return metadata === undefined && status === 200
      ? { kind: 'open', problem: problemOf('mcp-answer', 'open', { url }) }
      : undefined
  }
  return judgeStranger(found, status)
}
