// From one address, an issuer's or an MCP server's, to everything that is published about its authorization.
import { bothLoopback, reachOf, type Reach } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import { systemResolve, type Resolve } from '../../net/resolve.ts'
import { checkServerCertificates } from './certificate-check.ts'
import { skip, type Check } from '../verdict/check.ts'
import { unsettledChecks } from '../verdict/grade.ts'
import { checkClocks, type ClockParty } from '../metadata/clock-check.ts'
import { discoverAuthServer, searched, type Discovery } from '../metadata/discovery.ts'
import { askForKeys, type FoundKeys } from '../keys/found-keys.ts'
import type { Strategy } from '../metadata/metadata-checks.ts'
import { checkHosts } from './private-host-check.ts'
import { judgeAnswer, type ResourceAnswer } from '../resource/resource-answer.ts'
import { discoverResource, type ResourceDiscovery } from '../resource/resource-discovery.ts'
import { answerChecks, isMisplaced } from './answer-checks.ts'
import { locate, type Located } from './locate.ts'
import { unreachable, type Outcome } from './outcome.ts'
import { seeCertificates } from './server-certificates.ts'
import {
  checkExpectedIssuer,
  checkGuess,
  checkListedResources,
  checkServersAnswer,
  settledChecks,
} from './server-checks.ts'

export type { FoundKeys } from '../keys/found-keys.ts'

export interface InvestigationOptions {
  /** What the address is; undefined: found out by asking. */
  readonly as?: 'issuer' | 'mcp' | undefined
  /** The exact issuer that the metadata names, if it differs. */
  readonly metadataIssuer?: string | undefined
  /** The exact issuer that has to come out. */
  readonly expectIssuer?: string | undefined
  /** Whether a server that lets everybody in is at fault: it is, too, where an issuer is expected. */
  readonly mustAsk?: boolean
  /** What the proxy needs of the server; undefined: nobody has chosen one yet. */
  readonly strategy?: Strategy
  readonly allowHttp?: boolean
  /** Whether documents may lead to private addresses. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
  /** Default: the resolver of the system. */
  readonly resolve?: Resolve
  /** A TLS connection of its own to each https server. Default: nobody looks. */
  readonly lookAtCertificate?: LookAtCertificate
}

/** How the issuer became known. */
export type ServerSource = 'argument' | 'authorization_servers' | 'origin'

export interface FoundServer extends Discovery {
  readonly from: ServerSource
}

export interface Investigation {
  readonly as: 'issuer' | 'mcp'
  readonly resource: ResourceDiscovery | undefined
  /** The one that clients use: the first with metadata, else the first. */
  readonly server: FoundServer | undefined
  /** All that were asked, in the order of the document that names them. */
  readonly servers: readonly FoundServer[]
  readonly keys: FoundKeys | undefined
  /** Every check, in the order of the walk; of several servers those of the one that is used. */
  readonly checks: readonly Check[]
  /** Whether that can be graded, or what keeps it from a grade. */
  readonly outcome: Outcome
}

interface Asked {
  readonly address: string
  readonly options: InvestigationOptions
  readonly ports: Ports
}

/** Documents can name as many as they like; no client asks them all. */
const mostServers = 5

const withSignal = ({ signal }: InvestigationOptions) => (signal === undefined ? {} : { signal })

/**
 * Only the address itself was named by the operator; every other one stands in somebody's document. Who
 * looks at a server on this machine may be led to another on this machine, though it says localhost here
 * and 127.0.0.1 there.
 */
const reachFrom =
  ({ address, options }: Asked) =>
  (url: string): Reach =>
    reachOf(url, [address], options.allowPrivate === true || bothLoopback(address, url))

/** Other paths of an origin to look at, where the metadata is at none of its places; undefined: do not look. */
type Search = { readonly paths: readonly string[] } | undefined

const discoveryOptions = (asked: Asked, issuer: string, search: Search) => ({
  metadataIssuer: asked.options.metadataIssuer,
  strategy: asked.options.strategy,
  allowHttp: asked.options.allowHttp === true,
  reach: reachFrom(asked)(issuer),
  exhaustive: true,
  ...(search === undefined ? {} : { search: { ...search, reachOf: reachFrom(asked) } }),
  ...withSignal(asked.options),
})

const askServer = async (
  asked: Asked,
  issuer: string,
  from: ServerSource,
  search?: Search,
): Promise<FoundServer> => {
  const options = discoveryOptions(asked, issuer, search)
  const found = await discoverAuthServer(issuer, asked.ports, options)
  return { ...found, from, checks: settledChecks(found) }
}

const askResource = ({ address, options, ports }: Asked): Promise<ResourceDiscovery> =>
  discoverResource(address, ports, {
    allowHttp: options.allowHttp === true,
    allowPrivate: options.allowPrivate === true,
    ...withSignal(options),
  })

/** An issuer at the server's origin is what MCP clients of 2025-03-26 fall back to. */
const serversOf = async (
  asked: Asked,
  resource: ResourceDiscovery,
): Promise<readonly FoundServer[]> => {
  const issuers = [...new Set(resource.authorizationServers)].slice(0, mostServers)
  const servers: FoundServer[] = []
  for (const issuer of issuers) {
    servers.push(await askServer(asked, issuer, 'authorization_servers', { paths: [] }))
  }
  if (servers.length > 0 || resource.probe.status === undefined) return servers
  const { origin, pathname } = new URL(asked.address)
  const asksForToken = resource.challenge !== undefined || resource.probe.status === 401
  const search = asksForToken ? { paths: [pathname.replace(/\/+$/, '')] } : undefined
  return [await askServer(asked, origin, 'origin', search)]
}

const askKeys = (asked: Asked, server: FoundServer | undefined): Promise<FoundKeys> | undefined => {
  const url = server?.metadata?.jwks_uri
  if (url === undefined) return undefined
  const { options, ports } = asked
  return askForKeys(url, ports, {
    reach: reachFrom(asked)(url),
    allowHttp: options.allowHttp === true,
    ...withSignal(options),
  })
}

interface Way extends Omit<Investigation, 'checks' | 'outcome'> {
  readonly answer: ResourceAnswer | undefined
}

const resourceChecks = ({ resource, servers, answer }: Way): readonly Check[] => {
  if (resource === undefined) return []
  const once = checkServersAnswer(resource.url, servers)
  return answerChecks(resource, answer).map((check) =>
    once !== undefined && check.id === once.id && check.status === 'pass' ? once : check,
  )
}

const serverChecks = async (asked: Asked, way: Way): Promise<readonly Check[]> => {
  const { resource, server } = way
  const { options, ports } = asked
  if (server === undefined) {
    return isMisplaced(way.answer)
      ? [skip('asm-found', 'no MCP server answers at this address')]
      : [skip('asm-found', 'the MCP server did not answer', 'answer')]
  }
  const isGuessed = server.from === 'origin'
  const asksNothing = resource?.challenge === undefined && resource?.probe.status !== 401
  if (isGuessed && server.metadata === undefined && asksNothing) {
    return [skip('asm-found', 'the server asks for no login, and names no authorization server')]
  }
  const { expectIssuer } = options
  const known = server.checks.map((check) =>
    check.id === 'asm-issuer' && check.status !== 'fail' && expectIssuer !== undefined
      ? checkExpectedIssuer(server, expectIssuer)
      : check,
  )
  const hosts =
    server.metadata === undefined
      ? skip('asm-private-host', 'there is no metadata')
      : await checkHosts(server.metadata, {
          resolve: options.resolve ?? systemResolve,
          clock: ports.clock,
          reach: reachFrom(asked),
        })
  return [
    ...(resource === undefined ? [] : [checkGuess(isGuessed, server)]),
    ...known,
    hosts,
    ...(resource === undefined ? [] : [checkListedResources(server, resource.url)]),
  ]
}

const exchangesOf = ({ resource, server, keys }: Way) => ({
  resource: [
    ...(resource?.probes ?? []).map(({ exchange }) => exchange),
    ...(resource?.attempts ?? []).map(({ exchange }) => exchange),
  ],
  server: (server?.attempts ?? []).map(({ exchange }) => exchange),
  keys: keys === undefined ? [] : [keys.exchange],
})

const clockCheck = (way: Way): Check => {
  const { resource, server, keys } = exchangesOf(way)
  // What a document calls a URL need not be one.
  const originOf = ({ url }: Exchange): string => (URL.canParse(url) ? new URL(url).origin : url)
  const origins = new Set(server.map(originOf))
  const own = keys.filter((exchange) => !origins.has(originOf(exchange)))
  const parties: readonly ClockParty[] = [
    { name: 'the MCP server', samples: resource },
    { name: 'the authorization server', samples: own.length > 0 ? server : [...server, ...keys] },
    { name: 'the server of the key set', samples: own },
  ]
  return checkClocks(parties)
}

const noKeys = (): readonly Check[] => [
  skip('jwks-fetch', 'no address of a key set is known'),
  skip('jwks-usable', 'no address of a key set is known'),
]

/** The requests that decide whether anybody is there. */
const firstExchanges = ({ resource, server }: Way): readonly Exchange[] =>
  resource === undefined
    ? (server?.attempts ?? []).map(({ exchange }) => exchange)
    : [resource.probe]

const outcomeOf = ({ address }: Asked, way: Way, checks: readonly Check[]): Outcome => {
  if (way.answer !== undefined) return way.answer
  const exchanges = firstExchanges(way)
  const [first] = exchanges
  return first !== undefined && exchanges.every(({ status }) => status === undefined)
    ? unreachable(address, first, checks)
    : { kind: 'graded' }
}

const concluded = async (asked: Asked, way: Way): Promise<Investigation> => {
  const { resource, server, keys } = exchangesOf(way)
  const [certificates, ofServer] = await Promise.all([
    seeCertificates([...resource, ...server, ...keys], reachFrom(asked), {
      look: asked.options.lookAtCertificate,
      signal: asked.options.signal,
    }),
    serverChecks(asked, way),
  ])
  const checks = [
    ...checkServerCertificates(certificates, asked.ports.clock.now()),
    ...resourceChecks(way),
    ...ofServer,
    ...(way.keys?.checks ?? noKeys()),
    clockCheck(way),
  ]
  return { ...way, checks, outcome: outcomeOf(asked, way, checks) }
}

const looksLikeMcp = (address: string): boolean =>
  /\/(?:mcp|sse)\/?$/.test(new URL(address).pathname)

/**
 * Follows an address as an MCP client would: challenge, resource metadata, authorization server, key set.
 * Whichever reading fits; an address that fits neither is read as what it looks like. `address` is an
 * absolute http or https URL. Resolves for every kind of trouble. Does not log in anywhere.
 */
export const investigate = async (
  address: string,
  ports: Ports,
  options: InvestigationOptions = {},
): Promise<Investigation> => {
  const asked: Asked = { address, options, ports }
  const locateServer = (found: ResourceDiscovery): Promise<Located> =>
    locate(
      { address, ports, allowHttp: options.allowHttp === true, signal: options.signal },
      found,
      options.mustAsk === true || options.expectIssuer !== undefined,
    )
  const asResource = async ({ resource, answer }: Located): Promise<Investigation> => {
    const isServer = answer === undefined || answer.kind === 'open'
    const servers = isServer ? await serversOf(asked, resource) : []
    const server = servers.find(({ metadata }) => metadata !== undefined) ?? servers[0]
    const keys = await askKeys(asked, server)
    return concluded(asked, { as: 'mcp', resource, server, servers, keys, answer })
  }
  const asIssuer = async (asFound: FoundServer): Promise<Investigation> => {
    const more = discoveryOptions(asked, address, { paths: [] })
    const server = { ...asFound, ...(await searched(asFound, ports, more)) }
    const keys = await askKeys(asked, server)
    const way = { as: 'issuer', resource: undefined, server, servers: [server], keys } as const
    return concluded(asked, { ...way, answer: undefined })
  }
  const { as } = options
  if (as === 'mcp' || (as === undefined && looksLikeMcp(address))) {
    const found = await askResource(asked)
    const answer = judgeAnswer(found)
    // An issuer may have such a path too.
    if (as === undefined && (answer?.kind === 'wrong-path' || answer?.kind === 'not-mcp')) {
      const server = await askServer(asked, address, 'argument')
      if (server.metadata !== undefined) return asIssuer(server)
    }
    return asResource(await locateServer(found))
  }
  const server = await askServer(asked, address, 'argument')
  const answered = server.attempts.some(({ exchange: { status } }) => status !== undefined)
  if (as === 'issuer' || server.metadata !== undefined || !answered) return asIssuer(server)
  const located = await locateServer(await askResource(asked))
  const { resource, answer } = located
  // An issuer in trouble is not called a wrong path because of a server beside it.
  const isUnsettled = unsettledChecks(server.checks).length > 0
  const isServer =
    resource.isResource ||
    resource.probe.status === 401 ||
    (!isUnsettled && (answer?.kind === 'redirected' || answer?.instead !== undefined))
  return isServer ? asResource(located) : asIssuer(server)
}
