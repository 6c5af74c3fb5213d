// What an MCP server answers to a token: the first requests of clients of either era, each with the token.
import { isJsonObject, parseJson } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { readChallenges, type Challenge } from '../../net/www-authenticate.ts'
import { errorIn, remoteWords, type OauthError } from '../client/server-words.ts'
import { isLegacy, isModern } from './mcp-checks.ts'
import {
  discoverRequest,
  endSessions,
  initializeRequest,
  listRequest,
  mcpAsker,
  type AskMcp,
  type McpProbe,
} from './mcp-probes.ts'

export interface TokenAnswer {
  readonly outcome: 'accepted' | 'refused' | 'undecided'
  /** The answer that decides. */
  readonly deciding: McpProbe
  /** Everything that was asked with the token, in order. */
  readonly probes: readonly McpProbe[]
  /** Of the deciding answer, without the token. */
  readonly challenge: Challenge | undefined
  /** What the server says of its refusal, in its challenge or else in its body. */
  readonly error: OauthError | undefined
}

export interface ShowOptions {
  readonly allowHttp: boolean
  readonly signal?: AbortSignal
}

/** A server may repeat the token, or a part of it. */
export const tokenSecrets = (token: string): readonly string[] => [
  token,
  ...token.split('.').filter(({ length }) => length >= 16),
]

const challengeOf = ({ exchange }: McpProbe, secrets: readonly string[]): Challenge | undefined => {
  const header = exchange.headers['www-authenticate']
  const found =
    header === undefined
      ? undefined
      : readChallenges(header).find(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
  return (
    found && {
      ...found,
      params: Object.fromEntries(
        Object.entries(found.params).map(([name, value]) => [name, remoteWords(value, secrets)]),
      ),
    }
  )
}

const errorOf = (probe: McpProbe, secrets: readonly string[]): OauthError | undefined => {
  const params = challengeOf(probe, secrets)?.params ?? {}
  const said = errorIn(params, secrets)
  if (said !== undefined) return said
  const parsed = parseJson(probe.exchange.body ?? '')
  return parsed.ok && isJsonObject(parsed.value) ? errorIn(parsed.value, secrets) : undefined
}

/** RFC 6750 section 3.1. Some servers say it with 400. */
const refusals: ReadonlySet<string> = new Set(['invalid_token', 'insufficient_scope'])

const isRefusal = (probe: McpProbe, secrets: readonly string[]): boolean => {
  const { status = 0 } = probe.exchange
  if (status === 401 || status === 403) return true
  return status >= 400 && status < 500 && refusals.has(errorOf(probe, secrets)?.error ?? '')
}

const isAnswered = ({ exchange: { status = 0 } }: McpProbe): boolean => status < 500 && status > 0

interface Shown {
  readonly discover: McpProbe
  readonly initialize: McpProbe
  /** Undefined where neither era was greeted. */
  readonly list: McpProbe | undefined
}

const ask = async (asking: AskMcp): Promise<Shown> => {
  const discover = await asking(discoverRequest)
  const initialize = await asking(initializeRequest)
  const modern = isModern(discover)
  const list =
    modern || isLegacy(initialize)
      ? await asking(listRequest(modern, initialize.exchange.headers['mcp-session-id']))
      : undefined
  return { discover, initialize, list }
}

/** A greeting may be open to everybody: the list of tools is what a token is for. */
const decide = (
  { discover, initialize, list }: Shown,
  secrets: readonly string[],
): Pick<TokenAnswer, 'outcome' | 'deciding'> => {
  const greeted = isModern(discover) ? discover : initialize
  if (list !== undefined) {
    if (isRefusal(list, secrets)) return { outcome: 'refused', deciding: list }
    const isWell = (list.exchange.status ?? 0) < 300 && isAnswered(list)
    if (isWell) return { outcome: 'accepted', deciding: list }
    return isAnswered(list)
      ? { outcome: 'accepted', deciding: greeted }
      : { outcome: 'undecided', deciding: list }
  }
  const refused = [initialize, discover].filter((probe) => isRefusal(probe, secrets))
  const telling = refused.find((probe) => errorOf(probe, secrets) !== undefined) ?? refused[0]
  return telling === undefined
    ? { outcome: 'undecided', deciding: initialize }
    : { outcome: 'refused', deciding: telling }
}

/**
 * Shows the token to the server that was named, and to no other: redirects are not followed. Does not check
 * whether the address may be asked in the clear.
 */
export const showToken = async (
  url: string,
  token: string,
  ports: Ports,
  { allowHttp, signal }: ShowOptions,
): Promise<TokenAnswer> => {
  const plain = mcpAsker(url, ports, { allowHttp }, signal === undefined ? {} : { signal })
  const asking: AskMcp = (request) =>
    plain({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
  const secrets = tokenSecrets(token)
  const shown = await ask(asking)
  const probes = [shown.discover, shown.initialize, shown.list].filter(
    (probe) => probe !== undefined,
  )
  await endSessions(asking, probes)
  const { outcome, deciding } = decide(shown, secrets)
  return {
    outcome,
    deciding,
    probes,
    challenge: challengeOf(deciding, secrets),
    error: errorOf(deciding, secrets),
  }
}
