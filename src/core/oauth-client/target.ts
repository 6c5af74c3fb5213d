// What a login is for: from everything that an address publishes to the server, the resource and the scopes.
import { nearMiss } from '../verdict/near-miss.ts'
import { failedChecks } from '../verdict/judge.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import type { Discovery } from '../metadata/discovery.ts'
import type { Investigation } from '../investigation/investigation.ts'
import type { AuthServerMetadata } from '../metadata/metadata.ts'
import type { ResourceDiscovery } from '../resource/resource-discovery.ts'
import { scopeList } from '../claims/scopes.ts'
import type { LoginServer } from './grant.ts'
import { unreachable } from './wire.ts'

export interface LoginTarget {
  readonly address: string
  readonly as: 'issuer' | 'mcp'
  readonly server: LoginServer
  readonly metadata: AuthServerMetadata
  /** What the token is for (RFC 8707); undefined at an issuer, which speaks for no resource. */
  readonly resource: string | undefined
  /** Of the 401 challenge: what is needed now. */
  readonly challengeScopes: readonly string[]
  /** Of the resource's metadata: what exists. */
  readonly resourceScopes: readonly string[]
  /** Every issuer that the resource names. */
  readonly issuers: readonly string[]
}

const parts = (url: string): { readonly origin: string; readonly path: string } => {
  const { origin, pathname } = new URL(url)
  return { origin, path: pathname.endsWith('/') ? pathname : `${pathname}/` }
}

/** The same origin, and the resource's path is the address's or above it: what MCP clients accept. */
const covers = (resource: string, address: string): boolean => {
  if (!URL.canParse(resource)) return false
  const [wide, narrow] = [parts(resource), parts(address)]
  return wide.origin === narrow.origin && narrow.path.startsWith(wide.path)
}

/**
 * RFC 9728 section 3.3: a document that speaks of another resource is not to be used. Whoever names a
 * foreign one would be handed a token for it.
 */
const resourceOf = (found: ResourceDiscovery, named: boolean): string => {
  const resource = found.metadata?.['resource']
  if (typeof resource !== 'string' || resource === found.url) return found.url
  if (covers(resource, found.url)) return resource
  if (named) return found.url
  throw usageError(problemOf('prm-resource', 'login', { url: found.url, resource }))
}

const serverOf = ({ metadata, issuer }: { metadata: AuthServerMetadata; issuer: string }) => ({
  issuer,
  authorization_endpoint: metadata.authorization_endpoint,
  token_endpoint: metadata.token_endpoint,
  device_authorization_endpoint: metadata.device_authorization_endpoint,
  registration_endpoint: metadata.registration_endpoint,
  revocation_endpoint: metadata.revocation_endpoint,
  pushed_authorization_request_endpoint: metadata.pushed_authorization_request_endpoint,
  authorization_response_iss_parameter_supported:
    metadata.authorization_response_iss_parameter_supported,
})

/** A server in trouble says nothing about what it publishes. */
const troubleOf = (attempts: Discovery['attempts']): string | undefined => {
  const trouble = attempts.find(({ exchange: { status = 500 } }) => status >= 500)?.exchange
  return trouble && (trouble.fault?.detail ?? `HTTP status ${String(trouble.status)}`)
}

const unpublished = (address: string, failure: string | undefined): UsageError =>
  usageError(
    failure === undefined
      ? problemOf('asm-found', 'unpublished', { address })
      : problemOf('asm-found', 'login', { address, why: failure }),
  )

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const withoutMetadata = (address: string, { issuer, checks, attempts, failure }: Discovery) => {
  const foreign = failedChecks(checks).find(({ id }) => id === 'asm-issuer')
  if (foreign !== undefined) {
    const named = textOf(foreign.evidence?.actual)
    const asked = textOf(foreign.evidence?.expected)
    const what = nearMiss(named, asked) ?? 'the whole string'
    return usageError(problemOf('asm-issuer', 'login', { named, asked, what }))
  }
  const trouble = troubleOf(attempts)
  return trouble === undefined ? unpublished(address, failure) : unreachable(issuer, trouble)
}

const nobodyFound = (address: string, { resource, server }: Investigation): UsageError => {
  const { probe } = resource ?? {}
  if (probe !== undefined && probe.status === undefined) {
    return unreachable(address, probe.fault?.detail ?? 'no answer')
  }
  if (resource !== undefined && resource.authorizationServers.length === 0) {
    const open = probe?.status !== undefined && probe.status < 300
    return usageError(problemOf('prm-servers', open ? 'no-login' : 'unnamed', { address }))
  }
  return server === undefined ? unpublished(address, undefined) : withoutMetadata(address, server)
}

/** Throws a UsageError that says what is missing. Does not check that the endpoints answer. */
export const loginTarget = (
  address: string,
  found: Investigation,
  { resourceNamed }: { readonly resourceNamed: boolean },
): LoginTarget => {
  const { as, resource, server } = found
  const metadata = server?.metadata
  if (metadata === undefined) throw nobodyFound(address, found)
  return {
    address,
    as,
    server: serverOf({ metadata, issuer: metadata.issuer }),
    metadata,
    resource: resource === undefined ? undefined : resourceOf(resource, resourceNamed),
    challengeScopes: scopeList(resource?.challenge?.params['scope']),
    resourceScopes: scopeList(resource?.metadata?.['scopes_supported']),
    issuers: resource?.authorizationServers ?? [],
  }
}

interface ScopeChoice {
  /** `--scope`; undefined where it was not given. */
  readonly named: readonly string[] | undefined
  readonly target: LoginTarget
  /** Whether a refresh token is wanted and can be used. */
  readonly keeps: boolean
}

/**
 * MCP authorization, scope selection: what the challenge asks for, else what the resource knows, else
 * nothing; with `offline_access` where the server knows it and somebody wants to be spared the next login.
 */
export const chooseScopes = ({ named, target, keeps }: ScopeChoice): readonly string[] => {
  if (named !== undefined) return named
  const { challengeScopes, resourceScopes, metadata } = target
  const chosen = challengeScopes.length > 0 ? challengeScopes : resourceScopes
  const offline = 'offline_access'
  const adds =
    keeps &&
    chosen.length > 0 &&
    !chosen.includes(offline) &&
    metadata.scopes_supported.includes(offline)
  return adds ? [...chosen, offline] : chosen
}
