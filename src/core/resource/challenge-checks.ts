// What a server answers to requests without a token: the challenge, or what comes in its place.
import { problemOf, type Problem } from '../../problems/problem.ts'
import { isLoopbackHost } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { McpProbe } from './mcp-probes.ts'
import { printable } from '../../base/escape.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'
import { readChallenges, type Challenge } from '../../net/www-authenticate.ts'
import { refusalInBody, refusalInMessage } from './refusal-in-body.ts'

/** What the server says in JSON-RPC, whatever it is about. */
const errorWords = (message: JsonObject | undefined): string | undefined => {
  const error = message?.['error']
  const text = isJsonObject(error) ? error['message'] : undefined
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

type Answered = Pick<McpProbe, 'exchange'> & Partial<McpProbe>

const refusalOf = (
  { exchange: { status = 0, body }, message }: Answered,
  challenge: Challenge | undefined,
): Problem => {
  const id = 'prm-challenge'
  if (challenge !== undefined) {
    return problemOf(id, 'challenge-status', { status, scheme: challenge.scheme })
  }
  const said = refusalInMessage(message) ?? refusalInBody(body)
  if (said !== undefined) {
    return problemOf(id, 'in-body', { status, message: quote(said.slice(0, 200)) })
  }
  if (status === 402) return problemOf(id, 'payment')
  if (status === 403) return problemOf(id, 'forbidden')
  const words = errorWords(message)
  if (words !== undefined) {
    return problemOf(id, 'rpc-error', { status, message: quote(words.slice(0, 200)) })
  }
  return status === 200 ? problemOf(id, 'open') : problemOf(id, 'other-status', { status })
}

const schemesOf = (header: string): string => {
  const lower = header.toLowerCase()
  const asWritten = (scheme: string): string => {
    const from = lower.indexOf(scheme)
    return header.slice(from, from + scheme.length)
  }
  const schemes = readChallenges(header).map(({ scheme }) => asWritten(scheme))
  const known = schemes.length === 0 ? header.split(/[\s,]/, 1) : schemes
  return [...new Set(known)].map((scheme) => printable(scheme.slice(0, 40))).join(', ')
}

/** Gateways rename the header: Amazon API Gateway does so to answers of what it forwards to. */
const remappedHeader = (headers: Exchange['headers']): string | undefined =>
  Object.keys(headers).find((name) => name.endsWith('-www-authenticate'))

const unreadable = (headers: Exchange['headers']): Check => {
  const id = 'prm-challenge'
  const header = headers['www-authenticate']
  if (header !== undefined) {
    return fail(problemOf(id, 'other-scheme', { schemes: schemesOf(header) }), {
      actual: header.slice(0, 200),
    })
  }
  const remapped = remappedHeader(headers)
  return fail(
    remapped === undefined
      ? problemOf(id, 'no-header')
      : problemOf(id, 'remapped', { header: remapped.slice(0, 60) }),
  )
}

/** RFC 9728 section 5.1, RFC 6750 section 3. Does not check that a token would be accepted. */
export const checkChallenge = (
  probe: Pick<McpProbe, 'asked' | 'exchange'> & Partial<McpProbe>,
  challenge: Challenge | undefined,
): Check => {
  const id = 'prm-challenge'
  const { asked, exchange } = probe
  const { status, headers } = exchange
  const silence = silenceOf(exchange)
  if (silence !== undefined) return skip(id, silence, 'answer')
  if (status === 401 && challenge !== undefined) {
    return pass(id, `401 ${challenge.scheme} to ${asked}`)
  }
  if (status === 401) return unreadable(headers)
  return fail(refusalOf(probe, challenge), { expected: 401, actual: status ?? null })
}

/** MCP authorization: what a client asks for first. */
export const checkScopeParameter = (challenge: Challenge | undefined): Check => {
  const id = 'prm-scope-param'
  if (challenge === undefined) return skip(id, 'there is no challenge')
  const { scope } = challenge.params
  return scope === undefined || scope.trim() === '' ? warn(problemOf(id)) : pass(id, scope)
}

export const checkParameter = (challenge: Challenge | undefined): Check => {
  const id = 'prm-resource-metadata-param'
  if (challenge === undefined) return skip(id, 'there is no challenge')
  const named = challenge.params['resource_metadata']
  if (named === undefined) {
    return warn(problemOf(id, challenge.broken ? 'broken' : 'absent'))
  }
  if (!URL.canParse(named)) return warn(problemOf(id, 'relative', { url: quote(named) }))
  const { protocol, hostname } = new URL(named)
  return protocol === 'https:' || isLoopbackHost(hostname)
    ? pass(id, named)
    : warn(problemOf(id, 'http', { url: quote(named) }))
}
