// Asks an MCP server what it says of its own authorization: the challenge, and its metadata (RFC 9728).
import { bothLoopback, reachOf } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Check } from '../verdict/check.ts'
import {
  checkEra,
  checkErrors,
  checkOrigin,
  checkSurface,
  checkUrl,
  isLegacy,
  isModern,
  type WrongAnswer,
} from './mcp-checks.ts'
import {
  bogusVersionRequest,
  discoverRequest,
  endSessions,
  fromStranger,
  getRequest,
  initializeRequest,
  listRequest,
  mcpAsker,
  strangeOrigin,
  wrongRequests,
  type AskMcp,
  type McpProbe,
} from './mcp-probes.ts'
import { checkChallenge, checkParameter, checkScopeParameter } from './challenge-checks.ts'
import {
  checkDocument,
  checkDocumentsAgree,
  checkDuplicates,
  checkLocation,
  checkOpen,
  isSuccess,
  skippedDocument,
  type ResourceAttempt,
} from './resource-checks.ts'
import { resourceMetadataPaths } from '../challenge/resource-metadata.ts'
import { readChallenges, type Challenge } from '../../net/www-authenticate.ts'

export interface ResourceDiscovery {
  readonly url: string
  /** The answer that decides: the one with the challenge, if there is one. */
  readonly probe: Exchange
  /** Everything that was asked without a token, in order. */
  readonly probes: readonly McpProbe[]
  readonly challenge: Challenge | undefined
  readonly attempts: readonly ResourceAttempt[]
  /** The metadata once more, as a web page of another origin asks for it. */
  readonly reread: Exchange | undefined
  /** The first document that could be read, in the order in which clients look. */
  readonly metadata: JsonObject | undefined
  /** The issuers it names. */
  readonly authorizationServers: readonly string[]
  readonly checks: readonly Check[]
  /** Whether it answers in the words of MCP. */
  readonly speaksMcp: boolean
  /** Whether this looks like an MCP server at all: a challenge, a JSON-RPC answer, or metadata. */
  readonly isResource: boolean
}

export interface ResourceOptions {
  readonly allowHttp?: boolean
  /** How far a URL in the challenge may reach; default: not into private networks unless the server is there. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
}

type Read = Pick<ResourceAttempt, 'document' | 'twice'>

const noDocument: Read = { document: undefined }

const parsed = (body: string | undefined): Read => {
  const read = parseJson(body ?? '')
  if (!read.ok || !isJsonObject(read.value)) return noDocument
  const [twice] = read.duplicates
  return twice === undefined ? { document: read.value } : { ...noDocument, twice }
}

const speaksMcp = ({ exchange: { status, contentType }, message }: McpProbe): boolean =>
  contentType === 'text/event-stream' ||
  (status !== undefined && status < 500 && message?.['jsonrpc'] === '2.0')

const bearerOf = (probe: Exchange): Challenge | undefined => {
  const header = probe.headers['www-authenticate']
  return header === undefined
    ? undefined
    : readChallenges(header).find(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
}

const locations = (
  url: string,
  challenge: Challenge | undefined,
): readonly (readonly [ResourceAttempt['from'], string])[] => {
  const { origin } = new URL(url)
  const named = challenge?.params['resource_metadata']
  const [inserted, root] = resourceMetadataPaths(url).map((path) => `${origin}${path}`)
  const wanted: (readonly [ResourceAttempt['from'], string | undefined])[] = [
    ['challenge', named !== undefined && URL.canParse(named) ? new URL(named).href : undefined],
    ['inserted', inserted],
    ['root', root],
  ]
  const seen = new Set<string>()
  return wanted.flatMap(([from, address]) => {
    if (address === undefined || seen.has(address)) return []
    seen.add(address)
    return [[from, address] as const]
  })
}

const issuersOf = (metadata: JsonObject | undefined): readonly string[] => {
  const servers = metadata?.['authorization_servers']
  return Array.isArray(servers) ? servers.filter((server) => typeof server === 'string') : []
}

/** Credentials and session ids do not come with a document: it has to be open to everybody. */
const documentOf = ({ status, body, fault }: Exchange): Read =>
  fault === undefined && isSuccess(status) ? parsed(body) : noDocument

/** For what nothing depends on, and for a stream that does not end. */
const briefMs = 2000

interface Probing {
  readonly probes: readonly McpProbe[]
  /** The probe that decides about the challenge, and the challenge. */
  readonly deciding: McpProbe
  readonly challenge: Challenge | undefined
  readonly checks: readonly Check[]
}

interface Opening {
  readonly discover: McpProbe
  readonly initialize: McpProbe | undefined
}

/** A server may let everybody in and ask for a token where something is to be had. */
const askForList = async (ask: AskMcp, { discover, initialize }: Opening) => {
  if (isModern(discover)) return ask(listRequest(true, undefined))
  return initialize !== undefined && isLegacy(initialize)
    ? ask(listRequest(false, initialize.exchange.headers['mcp-session-id']))
    : undefined
}

/** What only a server without a barrier shows. */
const askTheOpen = async (ask: AskMcp, { discover, initialize }: Opening) => {
  const legacy = initialize !== undefined && isLegacy(initialize)
  if (!isModern(discover)) {
    return { wrong: [], get: undefined, bogus: legacy ? await ask(bogusVersionRequest) : undefined }
  }
  const wrong: WrongAnswer[] = []
  for (const request of wrongRequests) wrong.push({ request, probe: await ask(request) })
  return { wrong, get: legacy ? undefined : await ask(getRequest), bogus: undefined }
}

/** A server of the transport before Streamable HTTP takes no POST at its address, and a GET begins there. */
const isNoPost = ({ exchange: { status } }: McpProbe): boolean =>
  status === 404 || status === 405 || status === 501

const probeServer = async (ask: AskMcp, askBriefly: AskMcp): Promise<Probing> => {
  const discover = await ask(discoverRequest)
  // A server that nobody reaches is asked nothing more: one refused connection says it all.
  const isReached = discover.exchange.status !== undefined
  const initialize = isReached ? await ask(initializeRequest) : undefined
  const opening = { discover, initialize }
  const first = [discover, ...(initialize === undefined ? [] : [initialize])]
  const stream = first.every(isNoPost) && isReached ? await askBriefly(getRequest) : undefined
  const barred = [...first, ...(stream === undefined ? [] : [stream])].find(
    ({ exchange }) => bearerOf(exchange) !== undefined,
  )
  const list = barred === undefined ? await askForList(ask, opening) : undefined
  const opened = first.find((probe) => isModern(probe) || isLegacy(probe))
  const plain = opened ?? barred ?? initialize ?? discover
  const stranger = isReached
    ? await ask(fromStranger(plain === discover ? discoverRequest : initializeRequest))
    : undefined
  const open = list === undefined ? undefined : await askTheOpen(ask, opening)
  const deciding =
    barred ?? (list?.exchange.status === 401 ? list : undefined) ?? opened ?? initialize ?? discover
  const { wrong = [], get, bogus } = open ?? {}
  return {
    probes: [
      ...first,
      stream,
      list,
      stranger,
      ...wrong.map(({ probe }) => probe),
      get,
      bogus,
    ].filter((probe) => probe !== undefined),
    deciding,
    challenge: bearerOf(deciding.exchange),
    checks: [
      checkOrigin(plain, stranger),
      checkEra(discover, initialize),
      checkErrors(discover, wrong),
      checkSurface(discover, { get, bogus }),
    ],
  }
}

/**
 * Asks the server as clients of either era begin, and each location of its metadata once. Resolves for
 * every kind of trouble. Does not ask the authorization servers that it names, and does not check that
 * they exist.
 */
export const discoverResource = async (
  url: string,
  ports: Ports,
  options: ResourceOptions = {},
): Promise<ResourceDiscovery> => {
  const { allowHttp = false, allowPrivate = false, signal } = options
  const withSignal = signal === undefined ? {} : { signal }
  const ask = mcpAsker(url, ports, { allowHttp }, withSignal)
  const askBriefly = mcpAsker(url, ports, { allowHttp, timeoutMs: briefMs }, withSignal)
  const { probes, deciding, challenge, checks: answered } = await probeServer(ask, askBriefly)
  const ended = endSessions(askBriefly, probes)
  const readMetadata = (address: string, headers: Readonly<Record<string, string>> = {}) =>
    exchange(
      { url: address, headers: { accept: 'application/json', ...headers }, ...withSignal },
      ports,
      { allowHttp, reach: reachOf(address, [url], allowPrivate || bothLoopback(url, address)) },
    )
  const attempts: ResourceAttempt[] = []
  const candidates = deciding.exchange.status === undefined ? [] : locations(url, challenge)
  for (const [from, address] of candidates) {
    const answer = await readMetadata(address)
    attempts.push({ from, exchange: answer, ...documentOf(answer) })
  }
  const found = attempts.find(({ document }) => document !== undefined)
  const metadata = found?.document
  const reread =
    found === undefined
      ? undefined
      : await readMetadata(found.exchange.url, { origin: strangeOrigin })
  await ended
  return {
    url,
    probe: deciding.exchange,
    probes,
    challenge,
    attempts,
    reread,
    metadata,
    authorizationServers: issuersOf(metadata),
    checks: [
      ...checkUrl(url, allowHttp),
      checkChallenge(deciding, challenge),
      checkParameter(challenge),
      checkScopeParameter(challenge),
      checkDuplicates(attempts),
      checkLocation(attempts, deciding.exchange.status !== 200),
      checkOpen(attempts, reread),
      ...(metadata === undefined ? skippedDocument() : checkDocument(url, metadata, challenge)),
      checkDocumentsAgree(attempts),
      ...answered,
    ],
    speaksMcp: probes.some(speaksMcp),
    isResource: challenge !== undefined || metadata !== undefined || probes.some(speaksMcp),
  }
}
