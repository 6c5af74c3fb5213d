// The discovery functions of the official clients beside ours, on one loopback server: who gets in, and who does not.
import {
  discoverAuthorizationServerMetadata as asClient,
  discoverOAuthProtectedResourceMetadata as resourceAsClient,
} from '@modelcontextprotocol/client'
import { discoverAuthorizationServerMetadata as asSdk } from '@modelcontextprotocol/sdk/client/auth.js'
import { systemPorts } from '../../src/net/system-ports.ts'
import { isFinding, severityOf, type Check } from '../../src/core/verdict/check.ts'
import { discoverAuthServer } from '../../src/core/metadata/discovery.ts'
import type { MetadataForm } from '../../src/core/metadata/well-known.ts'

export const oauthPath = '/.well-known/oauth-authorization-server'
export const oidcPath = '/.well-known/openid-configuration'

/** Where a document of an issuer with this path may be, in the order of MCP; the last is in no specification. */
export const locationsOf = (path: string): readonly string[] =>
  path === ''
    ? [oauthPath, oidcPath]
    : [`${oauthPath}${path}`, `${oidcPath}${path}`, `${path}${oidcPath}`, `${path}${oauthPath}`]

export type Members = Readonly<Record<string, unknown>>

/** Complete in either form, so that no finding of more than low severity comes from the document. */
export const completeMetadata = (issuer: string, more: Members = {}): Members => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  registration_endpoint: `${issuer}/register`,
  introspection_endpoint: `${issuer}/introspect`,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  client_id_metadata_document_supported: true,
  authorization_response_iss_parameter_supported: true,
  ...more,
})

const ports = systemPorts()

/** Findings that say that clients do not get in. */
export const graveFindings = (checks: readonly Check[]): readonly string[] =>
  checks
    .filter(isFinding)
    .filter((check) => ['fatal', 'high'].includes(severityOf(check)))
    .map(({ id }) => id)

export interface Judgement {
  /** Undefined: they get in. */
  readonly client: string | undefined
  readonly sdk: string | undefined
  /** Our grave findings. */
  readonly ours: readonly string[]
  readonly checks: readonly Check[]
  /** The form that we settled on. */
  readonly form: MetadataForm | undefined
}

const refusalOf = async (asked: Promise<{ readonly issuer: string } | undefined>) => {
  try {
    return (await asked) === undefined ? 'nothing found' : undefined
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(0, 1).join('') : 'refused'
  }
}

export const judgeIssuer = async (issuer: string): Promise<Judgement> => {
  const [client, sdk, found] = await Promise.all([
    refusalOf(asClient(issuer)),
    refusalOf(asSdk(issuer)),
    discoverAuthServer(issuer, ports),
  ])
  return {
    client,
    sdk,
    ours: graveFindings(found.checks),
    checks: found.checks,
    form: found.form,
  }
}

/** What the official client makes of the metadata of a resource; undefined: it takes it. */
export const resourceRefusal = async (url: string, metadataUrl?: string) => {
  try {
    const named = metadataUrl === undefined ? {} : { resourceMetadataUrl: new URL(metadataUrl) }
    await resourceAsClient(url, named)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'refused'
  }
}
