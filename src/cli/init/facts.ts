// What the network tells about an issuer or an MCP server, as far as a new configuration needs it.
import { providers } from '../../core/providers/providers.ts'
import type { Ports } from '../../base/ports.ts'
import type { Investigation } from '../../core/investigation/investigation.ts'
import type { AuthServerMetadata } from '../../core/metadata/metadata.ts'
import { introspectionEndpointOf } from '../../core/metadata/metadata-checks.ts'
import { problemFrom, type FailedCheck } from '../../core/verdict/check.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Problem } from '../../problems/problem.ts'
import { readScopes } from './scopes.ts'

export interface Facts {
  readonly address: string
  readonly as: 'issuer' | 'mcp'
  /** The exact string that the metadata names; undefined where no issuer became known. */
  readonly issuer: string | undefined
  /** Why there is no metadata. */
  readonly failure: string | undefined
  /** What keeps tokens from being judged, with its remedy; undefined where nothing does. */
  readonly problem: Problem | undefined
  /** Undefined: the metadata names no key set. */
  readonly keys: { readonly usable: number; readonly fault: string | undefined } | undefined
  readonly introspectionEndpoint: string | undefined
  /** How clients may prove themselves where tokens are introspected. */
  readonly authMethods: readonly string[]
  readonly provider: string | undefined
  readonly tokens: 'opaque' | 'jwt-only' | undefined
  /** What the MCP server asks for. */
  readonly scopes: readonly string[]
  /** An MCP server that answers without a token. */
  readonly isOpen: boolean
}

const keysOf = ({ keys }: Investigation): Facts['keys'] => {
  if (keys === undefined) return undefined
  const [failed] = keys.checks.filter(({ status }) => status === 'fail')
  const fault = failed?.status === 'fail' ? failed.message : undefined
  return { usable: keys.examination?.usable ?? 0, fault }
}

const providerOf = (issuer: string | undefined, endpoint: string | undefined) =>
  providers.find(
    (one) =>
      (issuer !== undefined && one.issuer?.test(issuer) === true) ||
      (endpoint !== undefined && one.introspection?.test(endpoint) === true),
  )

/** An issuer that was only guessed counts where it answers. */
const issuerOf = ({ server }: Investigation): string | undefined =>
  server?.metadata?.issuer ?? (server?.from === 'origin' ? undefined : server?.issuer)

/** A server that nobody reaches fails at each of its locations for one reason. */
const silence = ({ server }: Investigation): string | undefined => {
  const faults = (server?.attempts ?? []).map(({ exchange: { fault } }) => fault?.detail)
  return new Set(faults).size === 1 ? faults[0] : undefined
}

const failureOf = (found: Investigation): string | undefined => {
  const { server, resource } = found
  if (server?.metadata !== undefined || server?.from === 'origin') return undefined
  return silence(found) ?? server?.failure ?? resource?.probe.fault?.detail
}

/** A fault of the network explains all that follows from it; without metadata nothing else counts. */
const problemOfFound = ({ outcome, server, keys }: Investigation): Problem | undefined => {
  if (outcome.kind !== 'graded' && outcome.kind !== 'open') return outcome.problem
  const own = server?.from === 'origin' ? [] : (server?.checks ?? [])
  const ofKeys = (keys?.examination?.usable ?? 0) > 0 ? [] : (keys?.checks ?? [])
  const failed = [...own.filter(({ id }) => id === 'asm-found'), ...ofKeys].find(
    (check): check is FailedCheck => check.status === 'fail',
  )
  return failed === undefined ? undefined : problemFrom(failed)
}

const authMethodsOf = (metadata: AuthServerMetadata | undefined): readonly string[] => {
  const own = metadata?.introspection_endpoint_auth_methods_supported ?? []
  return own.length > 0 ? own : (metadata?.token_endpoint_auth_methods_supported ?? [])
}

const factsOf = (address: string, found: Investigation): Facts => {
  const { as, server, resource } = found
  const metadata = server?.metadata
  const issuer = issuerOf(found)
  const endpoint = metadata === undefined ? undefined : introspectionEndpointOf(metadata)
  const provider = providerOf(issuer, endpoint)
  return {
    address,
    as,
    issuer,
    failure: failureOf(found),
    problem: problemOfFound(found),
    keys: keysOf(found),
    introspectionEndpoint: endpoint,
    authMethods: authMethodsOf(metadata),
    provider: provider?.name,
    tokens: provider?.tokens,
    scopes: resource === undefined ? [] : readScopes(resource),
    isOpen: resource?.isResource === true && resource.challenge === undefined,
  }
}

/** The issuer as its own document spells it, where one slash at the end is all that differs. */
const respelt = ({ server }: Investigation): string | undefined => {
  const check = server?.checks.find(({ id, status }) => id === 'asm-issuer' && status === 'fail')
  const named = check?.evidence?.actual
  const bare = (text: string) => text.replace(/\/$/, '')
  return typeof named === 'string' && bare(named) === bare(server?.issuer ?? '') ? named : undefined
}

export interface LookOptions {
  readonly as: 'issuer' | 'mcp' | undefined
  readonly allowHttp: boolean
  readonly timeout: number
  readonly lookAtCertificate: LookAtCertificate
}

export const probeFacts = async (
  address: string,
  ports: Ports,
  options: LookOptions,
): Promise<Facts> => {
  const { investigate } = await import('../../core/investigation/investigation.ts')
  const { as, timeout, ...rest } = options
  const asked = { ...rest, signal: AbortSignal.timeout(timeout * 1000) }
  const found = await investigate(address, ports, { as, ...asked })
  const spelling = respelt(found)
  if (spelling === undefined) return factsOf(address, found)
  const again = await investigate(spelling, ports, { as: 'issuer', ...asked })
  const facts = factsOf(address, { ...again, resource: found.resource })
  return { ...facts, as: found.as }
}
