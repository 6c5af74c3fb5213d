// What each configured issuer publishes, found on the walk that the proxy takes; asked once for all sections.
import { hasIssuer } from '../../core/auth-config/auth-kinds.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { Ports } from '../../base/ports.ts'
import { showPath } from '../../config/key-path.ts'
import type { AuthConfig } from '../../core/auth-config/auth-config.ts'
import type { Check } from '../../core/verdict/check.ts'
import { discoverAuthServer, type Discovery } from '../../core/metadata/discovery.ts'
import { askForKeys, type FoundKeys } from '../../core/keys/found-keys.ts'
import { investigate } from '../../core/investigation/investigation.ts'
import { issuersOf } from '../../core/auth-config/issuer-config.ts'
import type { Hint } from '../../core/providers/hints.ts'

type Oauth = Extract<AuthConfig, { readonly type: 'oauth' }>

/** What one issuer is used for, in whichever way it is configured. */
export interface IssuerSettings {
  readonly issuer: string
  /** The table of the configuration: `auth`, `auth.issuers[1]`. */
  readonly place: string
  readonly strategy: 'jwt' | 'introspection' | 'both'
  /** Keys are needed: for tokens, or for signed answers. */
  readonly verifies: boolean
  readonly jwksUri: string | undefined
  readonly introspectionEndpoint: string | undefined
  readonly metadataIssuer: string | undefined
  readonly allowHttp: boolean
  readonly allowPrivate: boolean
  readonly algorithms: readonly string[] | undefined
  readonly requiredScopes: readonly string[]
  /** [auth] as it would be for this issuer alone; undefined for the type jwt. */
  readonly alone: Oauth | undefined
}

export interface ExaminedIssuer {
  readonly settings: IssuerSettings
  readonly server: Discovery
  /** Undefined where nobody needs them, or no address of them is known. */
  readonly keys: FoundKeys | undefined
}

export const issuerSettings = (auth: AuthConfig): readonly IssuerSettings[] => {
  if (!hasIssuer(auth)) return []
  if (auth.type === 'jwt') {
    return [
      {
        issuer: auth.issuer,
        place: 'auth',
        strategy: 'jwt',
        verifies: true,
        jwksUri: auth.jwks_uri,
        introspectionEndpoint: undefined,
        metadataIssuer: undefined,
        allowHttp: auth.allow_http,
        allowPrivate: false,
        algorithms: auth.algorithms,
        requiredScopes: auth.required_scopes,
        alone: undefined,
      },
    ]
  }
  return issuersOf(auth).map(({ auth: one, path }) => ({
    issuer: one.issuer,
    place: showPath(['auth', ...path]),
    strategy: one.token_validation,
    verifies: one.token_validation !== 'introspection' || one.introspection_response === 'jwt',
    jwksUri: one.jwks_uri,
    introspectionEndpoint: one.introspection_endpoint,
    metadataIssuer: one.metadata_issuer,
    allowHttp: one.allow_http,
    allowPrivate: one.allow_private,
    algorithms: one.algorithms,
    requiredScopes: one.required_scopes,
    alone: one,
  }))
}

/** Whether the proxy itself reads the metadata: not where everything it needs is configured. */
export const needsMetadata = (settings: IssuerSettings): boolean =>
  (settings.verifies && settings.jwksUri === undefined) ||
  (settings.strategy !== 'jwt' && settings.introspectionEndpoint === undefined)

/** The table of providers is read only where something was found. */
export const issuerHints = async (
  { settings, server }: ExaminedIssuer,
  checks: readonly Check[],
): Promise<readonly Hint[]> => {
  if (!checks.some(({ status }) => status === 'fail' || status === 'warn')) return []
  const { hintsFor } = await import('../../core/providers/hints.ts')
  return hintsFor({
    checks,
    issuer: settings.issuer,
    metadata: server.metadata,
    introspectionEndpoint: settings.introspectionEndpoint,
    clientId: settings.alone?.client_id,
  })
}

/** No answer, or one that says nothing about the question: it may be another one in a minute. */
export const isSilent = ({ status }: Exchange): boolean =>
  status === undefined || status >= 500 || status === 429

export const examineIssuer = async (
  settings: IssuerSettings,
  ports: Ports,
  signal: AbortSignal,
): Promise<ExaminedIssuer> => {
  const { issuer, jwksUri, metadataIssuer, strategy, allowHttp, allowPrivate, verifies } = settings
  const options = { metadataIssuer, strategy, allowHttp, allowPrivate, signal }
  if (!verifies || jwksUri !== undefined) {
    const [server, keys] = await Promise.all([
      discoverAuthServer(issuer, ports, options),
      verifies && jwksUri !== undefined
        ? askForKeys(jwksUri, ports, { ...options, reach: 'private' })
        : undefined,
    ])
    return { settings, server, keys }
  }
  const found = await investigate(issuer, ports, { ...options, as: 'issuer' })
  if (found.server === undefined) throw new Error('an issuer was asked, and nobody answered for it')
  return { settings, server: found.server, keys: found.keys }
}
