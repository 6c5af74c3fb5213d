// From one address, an issuer's or an MCP server's, to everything that is published about its authorization.
import { bothLoopback, reachOf, type Reach } from '../base/address.ts'
import { exchange, type Exchange } from '../base/exchange.ts'
import { parseJson } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import { fail, type Check } from './check.ts'
import { discoverAuthServer, type Discovery } from './discovery.ts'
import { examineKeySet, isKeySet, type KeySetExamination } from './key-set.ts'
import { discoverResource, type ResourceDiscovery } from './resource-discovery.ts'

export interface InvestigationOptions {
  /** What the address is; undefined: found out by asking. */
  readonly as?: 'issuer' | 'mcp' | undefined
  /** The exact issuer that the metadata names, if it differs. */
  readonly metadataIssuer?: string | undefined
  readonly allowHttp?: boolean
  /** Whether documents may lead to private addresses. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
}

/** How the issuer became known. */
export type ServerSource = 'argument' | 'authorization_servers' | 'origin'

export interface FoundServer extends Discovery {
  readonly from: ServerSource
}

export interface FoundKeys {
  readonly url: string
  readonly exchange: Exchange
  readonly examination: KeySetExamination | undefined
  readonly checks: readonly Check[]
}

export interface Investigation {
  readonly as: 'issuer' | 'mcp'
  readonly resource: ResourceDiscovery | undefined
  readonly server: FoundServer | undefined
  readonly keys: FoundKeys | undefined
}

interface Asked {
  readonly address: string
  readonly options: InvestigationOptions
  readonly ports: Ports
}

const withSignal = ({ signal }: InvestigationOptions) => (signal === undefined ? {} : { signal })

/**
 * Only the address itself was named by the operator; every other one stands in somebody's document. Who
 * looks at a server on this machine may be led to another on this machine, though it says localhost here
 * and 127.0.0.1 there.
 */
const reached = ({ address, options }: Asked, url: string): Reach =>
  reachOf(url, [address], options.allowPrivate === true || bothLoopback(address, url))

const askServer = async (
  asked: Asked,
  issuer: string,
  from: ServerSource,
): Promise<FoundServer> => {
  const { options, ports } = asked
  const found = await discoverAuthServer(issuer, ports, {
    metadataIssuer: options.metadataIssuer,
    allowHttp: options.allowHttp === true,
    reach: reached(asked, issuer),
    ...withSignal(options),
  })
  return { ...found, from }
}

const askResource = ({ address, options, ports }: Asked): Promise<ResourceDiscovery> =>
  discoverResource(address, ports, {
    allowHttp: options.allowHttp === true,
    allowPrivate: options.allowPrivate === true,
    ...withSignal(options),
  })

const parsed = (body: string | undefined): unknown => {
  const read = parseJson(body ?? '')
  return read.ok ? read.value : undefined
}

const askKeys = async (
  asked: Asked,
  server: Discovery | undefined,
): Promise<FoundKeys | undefined> => {
  const { options, ports } = asked
  const url = server?.metadata?.jwks_uri
  if (server === undefined || url === undefined) return undefined
  const request = { url, headers: { accept: 'application/json' }, ...withSignal(options) }
  const answer = await exchange(request, ports, {
    allowHttp: options.allowHttp === true,
    reach: reached(asked, url),
  })
  const document = answer.status === 200 ? parsed(answer.body) : undefined
  if (!isKeySet(document)) {
    const why = answer.fault?.detail ?? (answer.status === 200 ? 'no key set' : answer.status)
    const checks = [fail('jwks-fetch', `${String(why)} from ${url}`)]
    return { url, exchange: answer, examination: undefined, checks }
  }
  const examination = examineKeySet(document)
  return { url, exchange: answer, examination, checks: examination.checks }
}

/** An issuer at the server's origin is what MCP clients of 2025-03-26 fall back to. */
const serverOf = async (asked: Asked, resource: ResourceDiscovery) => {
  const [issuer] = resource.authorizationServers
  if (issuer !== undefined) return askServer(asked, issuer, 'authorization_servers')
  if (resource.probe.status === undefined) return undefined
  return askServer(asked, new URL(asked.address).origin, 'origin')
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
  const asResource = async (resource: ResourceDiscovery): Promise<Investigation> => {
    const server = await serverOf(asked, resource)
    return { as: 'mcp', resource, server, keys: await askKeys(asked, server) }
  }
  const asIssuer = async (server: FoundServer): Promise<Investigation> => ({
    as: 'issuer',
    resource: undefined,
    server,
    keys: await askKeys(asked, server),
  })
  const { as } = options
  if (as === 'mcp' || (as === undefined && looksLikeMcp(address))) {
    const resource = await askResource(asked)
    if (as === 'mcp' || resource.isResource || resource.probe.status === undefined) {
      return asResource(resource)
    }
    return asIssuer(await askServer(asked, address, 'argument'))
  }
  const server = await askServer(asked, address, 'argument')
  const answered = server.attempts.some(({ exchange: { status } }) => status !== undefined)
  if (as === 'issuer' || server.metadata !== undefined || !answered) return asIssuer(server)
  const resource = await askResource(asked)
  return resource.isResource ? asResource(resource) : asIssuer(server)
}
