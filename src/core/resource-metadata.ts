// What a protected resource says of itself (RFC 9728): its metadata, where that is found, its challenge.
import type { JsonObject } from '../base/json.ts'
import { problemSpec, type Problem } from '../base/problem.ts'

export interface ProtectedResource {
  /** The endpoint as clients call it: the one string behind `resource` and the default audience. */
  readonly publicUrl: string
  readonly authorizationServers: readonly string[]
  readonly scopes: readonly string[]
  readonly name?: string
}

/** The document of RFC 9728 section 2. Does not check that the issuers exist or that the URL is ours. */
export const resourceMetadata = (resource: ProtectedResource): JsonObject => ({
  resource: resource.publicUrl,
  ...(resource.authorizationServers.length === 0
    ? {}
    : { authorization_servers: resource.authorizationServers }),
  ...(resource.scopes.length === 0 ? {} : { scopes_supported: resource.scopes }),
  bearer_methods_supported: ['header'],
  ...(resource.name === undefined ? {} : { resource_name: resource.name }),
})

const wellKnown = '/.well-known/oauth-protected-resource'

/** The URL whose path has the well-known part inserted (RFC 9728 section 3.1): what the challenge names. */
export const resourceMetadataUrl = (publicUrl: string): string => {
  const { origin, pathname, search } = new URL(publicUrl)
  return `${origin}${wellKnown}${pathname === '/' ? '' : pathname}${search}`
}

/** The paths to serve the document at: inserted, then the root, which some clients ask only. */
export const resourceMetadataPaths = (publicUrl: string): readonly string[] => {
  const { pathname } = new URL(publicUrl)
  return pathname === '/' ? [wellKnown] : [`${wellKnown}${pathname}`, wellKnown]
}

/** A quoted-string of RFC 9110 section 5.6.4; what RFC 6750 section 3 forbids inside one becomes a space. */
export const quotedString = (value: string): string =>
  `"${value.replace(/[^\x20-\x7E]/g, ' ').replace(/["\\]/g, '\\$&')}"`

export interface ChallengeOptions {
  readonly resourceMetadata?: string | undefined
  /** Scopes that the client should ask for. */
  readonly scopes?: readonly string[]
}

/**
 * The `WWW-Authenticate` value of a 401 or 403. Without a problem, no token was sent: then there is no
 * error code (RFC 6750 section 3.1). Names the problem's id and title, never its evidence.
 */
export const challenge = (problem: Problem | undefined, options: ChallengeOptions = {}): string => {
  const params: string[] = []
  const spec = problem === undefined ? undefined : problemSpec(problem.code)
  if (problem !== undefined && spec?.oauth !== undefined && problem.code !== 'req-token-missing') {
    params.push(`error=${quotedString(spec.oauth)}`)
    params.push(`error_description=${quotedString(`${problem.code}: ${spec.title}`)}`)
  }
  const scopes = options.scopes ?? []
  if (scopes.length > 0) params.push(`scope=${quotedString(scopes.join(' '))}`)
  if (options.resourceMetadata !== undefined) {
    params.push(`resource_metadata=${quotedString(options.resourceMetadata)}`)
  }
  return params.length === 0 ? 'Bearer' : `Bearer ${params.join(', ')}`
}
