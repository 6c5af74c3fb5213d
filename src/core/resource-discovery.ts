// Asks an MCP server what it says of its own authorization: the challenge, and its metadata (RFC 9728).
import { reachOf } from '../base/address.ts'
import { exchange, type Exchange } from '../base/exchange.ts'
import { isJsonObject, parseJson, type JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import type { Check } from './check.ts'
import {
  checkChallenge,
  checkDocument,
  checkLocation,
  checkOpen,
  checkParameter,
  skippedDocument,
  type ResourceAttempt,
} from './resource-checks.ts'
import { resourceMetadataPaths } from './resource-metadata.ts'
import { readChallenges, type Challenge } from './www-authenticate.ts'

export interface ResourceDiscovery {
  readonly url: string
  /** The answer to an `initialize` without a token. */
  readonly probe: Exchange
  readonly challenge: Challenge | undefined
  readonly attempts: readonly ResourceAttempt[]
  /** The first document that could be read, in the order in which clients look. */
  readonly metadata: JsonObject | undefined
  /** The issuers it names. */
  readonly authorizationServers: readonly string[]
  readonly checks: readonly Check[]
  /** Whether this looks like an MCP server at all: a challenge, a JSON-RPC answer, or metadata. */
  readonly isResource: boolean
}

export interface ResourceOptions {
  readonly allowHttp?: boolean
  /** How far a URL in the challenge may reach; default: not into private networks unless the server is there. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'mcp-proxy-discover', version: '0' },
  },
})

const parsed = (body: string | undefined): JsonObject | undefined => {
  const read = parseJson(body ?? '')
  return read.ok && isJsonObject(read.value) ? read.value : undefined
}

const speaksMcp = ({ status, contentType, body }: Exchange): boolean =>
  contentType === 'text/event-stream' ||
  (status !== undefined && status < 500 && parsed(body)?.['jsonrpc'] === '2.0')

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
const documentOf = ({ status, body, fault }: Exchange): JsonObject | undefined =>
  fault === undefined && status === 200 ? parsed(body) : undefined

/**
 * Asks the server once and each location of its metadata once. Resolves for every kind of trouble. Does
 * not ask the authorization servers that it names, and does not check that they exist.
 */
export const discoverResource = async (
  url: string,
  ports: Ports,
  options: ResourceOptions = {},
): Promise<ResourceDiscovery> => {
  const { allowHttp = false, allowPrivate = false, signal } = options
  const withSignal = signal === undefined ? {} : { signal }
  const probe = await exchange(
    {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: initialize,
      ...withSignal,
    },
    ports,
    { allowHttp },
  )
  const challenge = bearerOf(probe)
  const attempts: ResourceAttempt[] = []
  // A server that nobody reaches has no metadata either: one refused connection says it all.
  const candidates = probe.status === undefined ? [] : locations(url, challenge)
  for (const [from, address] of candidates) {
    const answer = await exchange(
      { url: address, headers: { accept: 'application/json' }, ...withSignal },
      ports,
      { allowHttp, reach: reachOf(address, [url], allowPrivate) },
    )
    attempts.push({ from, exchange: answer, document: documentOf(answer) })
  }
  const metadata = attempts.find(({ document }) => document !== undefined)?.document
  return {
    url,
    probe,
    challenge,
    attempts,
    metadata,
    authorizationServers: issuersOf(metadata),
    checks: [
      checkChallenge(probe, challenge),
      checkParameter(challenge),
      checkLocation(attempts),
      checkOpen(attempts),
      ...(metadata === undefined ? skippedDocument() : checkDocument(url, metadata)),
    ],
    isResource: challenge !== undefined || metadata !== undefined || speaksMcp(probe),
  }
}
