// What can be said of an MCP server from how it answers without a token: one predicate a check.
import { metaKeys, newestModern } from '../../mcp/revision.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type ProblemCode, problemOf, together } from '../../problems/problem.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'
import { strangeOrigin, type McpProbe, type WrongRequest } from './mcp-probes.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'

/** MCP authorization, canonical server URI. `url` as clients are given it. */
export const checkUrl = (url: string, allowHttp: boolean): readonly Check[] => {
  const { protocol, hostname, pathname } = new URL(url)
  const isPlain = protocol === 'http:' && !isLoopbackHost(hostname)
  const flaws = [
    ...(isPlain ? ['the scheme http'] : []),
    ...(url.includes('#') ? ['a fragment'] : []),
  ]
  const address =
    flaws.length === 0
      ? pass('mcp-url')
      : warn(
          problemOf('mcp-url', isPlain && allowHttp ? 'allowed' : 'flaws', {
            what: flaws.join(' and '),
          }),
        )
  const slash =
    pathname.length > 1 && pathname.endsWith('/')
      ? warn(problemOf('mcp-url-slash'))
      : pass('mcp-url-slash')
  return [address, slash]
}

export const resultOf = ({ message }: McpProbe): JsonObject | undefined => {
  const result = message?.['result']
  return isJsonObject(result) ? result : undefined
}

const isOpen = (probe: McpProbe): boolean =>
  probe.exchange.status === 200 && resultOf(probe) !== undefined

/** A DiscoverResult, in whatever state: only a server of 2026-07-28 has one. */
export const isModern = (probe: McpProbe): boolean =>
  isOpen(probe) && Array.isArray(resultOf(probe)?.['supportedVersions'])

export const isLegacy = (probe: McpProbe): boolean =>
  isOpen(probe) && typeof resultOf(probe)?.['protocolVersion'] === 'string'

/** What a probe cannot see: the way in is barred, or there is nobody. */
const unseen = (id: ProblemCode, { exchange }: McpProbe): Check | undefined => {
  const silence = silenceOf(exchange)
  if (silence !== undefined) return skip(id, silence, 'answer')
  return exchange.status === 401 || exchange.status === 403
    ? skip(id, 'needs a token', 'token')
    : undefined
}

/** What is a foreign origin is the server's own choice, so this advises and never fails. */
export const checkOrigin = (plain: McpProbe, stranger: McpProbe | undefined): Check => {
  const id = 'mcp-origin'
  if (stranger === undefined)
    return unseen(id, plain) ?? skip(id, 'the server does not answer as MCP')
  const { status } = stranger.exchange
  if (plain.exchange.status === 403) return skip(id, 'every request is answered with 403')
  if (status === 403) return pass(id, `403 to ${strangeOrigin}`)
  if (status === 401) return skip(id, 'the token is asked for before the origin', 'token')
  if (!isOpen(stranger)) return skip(id, `answered with ${String(status ?? 'nothing')}`)
  return warn(problemOf(id, { origin: strangeOrigin, status: status ?? 0 }))
}

const discoverFlaws = (result: JsonObject): readonly string[] => {
  const { resultType, supportedVersions, ttlMs, cacheScope, capabilities } = result
  const versions = Array.isArray(supportedVersions) ? supportedVersions : []
  return [
    ...(resultType === 'complete' ? [] : ['resultType is not complete']),
    ...(versions.includes(newestModern) ? [] : [`supportedVersions lacks ${newestModern}`]),
    ...(typeof ttlMs === 'number' && ttlMs >= 0 ? [] : ['ttlMs is missing']),
    ...(cacheScope === 'public' || cacheScope === 'private' ? [] : ['cacheScope is missing']),
    ...(isJsonObject(capabilities) ? [] : ['capabilities are missing']),
  ]
}

export const checkEra = (discover: McpProbe, initialize: McpProbe | undefined): Check => {
  const id = 'mcp-era'
  const result = isModern(discover) ? resultOf(discover) : undefined
  if (result === undefined) {
    if (initialize !== undefined && isLegacy(initialize)) {
      const version = resultOf(initialize)?.['protocolVersion']
      return skip(id, `a server of sessions: ${quote(version)}`)
    }
    return unseen(id, discover) ?? skip(id, 'the server does not answer as MCP')
  }
  const flaws = discoverFlaws(result)
  if (flaws.length > 0) return warn(problemOf(id, { why: flaws.join(', ') }))
  const both = initialize !== undefined && isLegacy(initialize)
  return pass(id, both ? `${newestModern}, and sessions too` : newestModern)
}

export interface WrongAnswer {
  readonly request: WrongRequest
  readonly probe: McpProbe
}

const foundIn = ({ exchange, message }: McpProbe): string => {
  const error = message?.['error']
  const code = isJsonObject(error) ? error['code'] : undefined
  return `${String(exchange.status ?? 'no answer')}${typeof code === 'number' ? `/${String(code)}` : ''}`
}

export const checkErrors = (discover: McpProbe, answers: readonly WrongAnswer[]): Check => {
  const id = 'mcp-errors'
  if (answers.length === 0) {
    return unseen(id, discover) ?? skip(id, `the server does not speak ${newestModern}`)
  }
  const silent = answers
    .map(({ probe }) => silenceOf(probe.exchange))
    .find((why) => why !== undefined)
  const [wrong, ...others] = answers.flatMap(({ request: { asked, status, code }, probe }) => {
    const [found, wanted] = [foundIn(probe), `${String(status)}/${String(code)}`]
    return found === wanted || silenceOf(probe.exchange) !== undefined
      ? []
      : [problemOf(id, { what: asked, found, wanted })]
  })
  if (wrong !== undefined) return warn(together(wrong, ...others))
  return silent === undefined
    ? pass(id, `${String(answers.length)} wrong requests`)
    : skip(id, silent, 'answer')
}

/** `get` is asked of servers without sessions, `bogus` of those that have nothing else. */
export const checkSurface = (
  discover: McpProbe,
  { get, bogus }: { readonly get?: McpProbe | undefined; readonly bogus?: McpProbe | undefined },
): Check => {
  const id = 'mcp-surface'
  if (!isModern(discover) && bogus === undefined) {
    return unseen(id, discover) ?? skip(id, 'the server does not answer as MCP')
  }
  const meta = resultOf(discover)?.['_meta']
  const named = isJsonObject(meta) && isJsonObject(meta[metaKeys.serverInfo])
  const [first, ...others] = [
    ...(isModern(discover) && !named ? [problemOf(id, 'unnamed')] : []),
    ...(get === undefined || get.exchange.status === 405
      ? []
      : [problemOf(id, 'get', { status: get.exchange.status ?? 'nothing' })]),
    ...(bogus === undefined || bogus.exchange.status === 400
      ? []
      : [problemOf(id, 'version', { asked: bogus.asked, found: foundIn(bogus) })]),
  ]
  return first === undefined ? pass(id) : warn(together(first, ...others))
}
