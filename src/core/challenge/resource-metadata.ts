// What a protected resource says of itself (RFC 9728): its metadata, where that is found, its challenge.
import type { JsonObject } from '../../base/json.ts'
import { problemSpec, type Problem } from '../../problems/problem.ts'
import type { PossessionOffer } from '../possession/offer.ts'

export interface ProtectedResource {
  /** The endpoint as clients call it: the one string behind `resource` and the default audience. */
  readonly publicUrl: string
  readonly authorizationServers: readonly string[]
  readonly scopes: readonly string[]
  readonly name?: string
  readonly possession?: PossessionOffer | undefined
}

/** RFC 9728 section 2: how bound tokens have to be brought. */
const possessionMetadata = (possession: PossessionOffer | undefined): JsonObject => {
  if (possession === undefined) return {}
  return possession.kind === 'mtls'
    ? { tls_client_certificate_bound_access_tokens: true }
    : {
        dpop_signing_alg_values_supported: possession.algorithms,
        ...(possession.required ? { dpop_bound_access_tokens_required: true } : {}),
      }
}

/** The document of RFC 9728 section 2. Does not check that the issuers exist or that the URL is ours. */
export const resourceMetadata = (resource: ProtectedResource): JsonObject => ({
  resource: resource.publicUrl,
  ...(resource.authorizationServers.length === 0
    ? {}
    : { authorization_servers: resource.authorizationServers }),
  ...(resource.scopes.length === 0 ? {} : { scopes_supported: resource.scopes }),
  bearer_methods_supported: ['header'],
  ...possessionMetadata(resource.possession),
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
  readonly possession?: PossessionOffer | undefined
  /** The scheme that the caller used; default: Bearer. */
  readonly scheme?: 'bearer' | 'dpop' | undefined
}

const errorParams = (problem: Problem | undefined): readonly string[] => {
  const spec = problem === undefined ? undefined : problemSpec(problem.code)
  if (problem === undefined || spec?.oauth === undefined || problem.code === 'req-token-missing') {
    return []
  }
  return [
    `error=${quotedString(spec.oauth)}`,
    `error_description=${quotedString(`${problem.code}: ${spec.title}`)}`,
  ]
}

const challengeText = (scheme: string, params: readonly string[]): string =>
  params.length === 0 ? scheme : `${scheme} ${params.join(', ')}`

/**
 * The `WWW-Authenticate` value of a 401 or 403. Without a problem, no token was sent: then there is no
 * error code (RFC 6750 section 3.1). Names the problem's id and title, never its evidence. Where DPoP is
 * taken there is a challenge for it, behind that for Bearer if that is taken too, and the error stands in
 * the one of the scheme that was used (RFC 9449 sections 7.1 and 7.2).
 */
export const challenge = (problem: Problem | undefined, options: ChallengeOptions = {}): string => {
  const { possession, scopes = [] } = options
  const error = errorParams(problem)
  const where = [
    ...(scopes.length > 0 ? [`scope=${quotedString(scopes.join(' '))}`] : []),
    ...(options.resourceMetadata === undefined
      ? []
      : [`resource_metadata=${quotedString(options.resourceMetadata)}`]),
  ]
  if (possession?.kind !== 'dpop') return challengeText('Bearer', [...error, ...where])
  const algs = `algs=${quotedString(possession.algorithms.join(' '))}`
  if (possession.required) return challengeText('DPoP', [...error, algs, ...where])
  const byDpop = options.scheme === 'dpop'
  const bearer = challengeText('Bearer', [...(byDpop ? [] : error), ...where])
  const dpop = challengeText('DPoP', [...(byDpop ? error : []), algs, ...where])
  return `${bearer}, ${dpop}`
}
