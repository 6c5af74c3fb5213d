// The keys of [auth] that speak of one issuer: what it expects of tokens, how they are judged, who our client is there.
import * as z from 'zod/mini'
import { clientAuthMethods } from '../client/client-authentication.ts'
import { defaultsTo, withDescription, filled, listOf, type Complain } from './schema.ts'
import { knownAlgorithms } from '../token/jose-header.ts'
import { privateKeySchema, secretSchema } from './secret-schema.ts'

const stringOrList = z.pipe(
  z.union([filled(), listOf(filled())]),
  z.transform((value): readonly string[] => (typeof value === 'string' ? [value] : value)),
)

export const tokenPolicyKeys = {
  audience: withDescription(
    z.optional(stringOrList),
    'Accepted audiences, exact strings; default: the public URL of the proxy',
  ),
  allow_any_audience: withDescription(
    defaultsTo(z.boolean(), false),
    'Without audience: accept tokens for any audience; a token for another server of the same issuer then works here too',
  ),
  required_scopes: withDescription(
    defaultsTo(z.array(filled()), []),
    'Scopes that every token must have',
  ),
  scope_claims: withDescription(
    defaultsTo(z.array(filled()), ['scope', 'scp']),
    'Claims that contain scopes',
  ),
  audience_claims: withDescription(
    defaultsTo(z.array(filled()), ['aud']),
    'Claims that contain the audience',
  ),
  clock_tolerance: withDescription(
    defaultsTo(z.number().check(z.int(), z.gte(0), z.lte(300)), 60),
    'Allowed clock difference in seconds',
  ),
  max_lifetime: withDescription(
    z.optional(z.number().check(z.int(), z.positive())),
    'Longest accepted exp - iat, in seconds',
  ),
  profile: withDescription(
    defaultsTo(z.enum(['strict', 'lenient', 'off']), 'lenient'),
    'How strictly to apply RFC 9068',
  ),
  algorithms: withDescription(
    z.optional(listOf(z.enum(knownAlgorithms))),
    'Accepted signature algorithms; default: all supported asymmetric ones',
  ),
  jwks_max_stale: withDescription(
    defaultsTo(z.number().check(z.gte(0)), 86_400),
    'How long keys may be used after the last successful fetch, in seconds',
  ),
  allow_http: withDescription(defaultsTo(z.boolean(), false), 'Allow plain http beyond loopback'),
}

/** Both in one table contradict each other; below a table that allows any, an issuer may have an audience of its own. */
export const checkAudienceKeys = (
  written: { readonly audience?: unknown; readonly allow_any_audience?: boolean | undefined },
  complain: Complain,
): void => {
  if (written.audience !== undefined && written.allow_any_audience === true) {
    complain(['allow_any_audience'], 'applies only without audience')
  }
}

export const strategyKeys = {
  token_validation: withDescription(
    defaultsTo(z.enum(['jwt', 'introspection', 'both']), 'jwt'),
    'Strategy',
  ),
  fallback: withDescription(
    defaultsTo(z.enum(['undecided', 'any']), 'undecided'),
    'With both: when to ask the authorization server',
  ),
  introspect_jwts: withDescription(
    defaultsTo(z.boolean(), false),
    'With both: also introspect valid JWTs, to detect revocation',
  ),
  allow_private: withDescription(
    defaultsTo(z.boolean(), false),
    'Allow documents to point to private addresses',
  ),
  cache_ttl: withDescription(
    defaultsTo(z.number().check(z.gte(0), z.lte(300)), 30),
    'How long to cache an introspection answer, in seconds',
  ),
  negative_cache_ttl: withDescription(
    defaultsTo(z.number().check(z.gte(0), z.lte(300)), 5),
    'How long to cache active: false, in seconds',
  ),
  introspection_cache_respect_no_store: withDescription(
    defaultsTo(z.boolean(), false),
    'Whether to respect Cache-Control: no-store on introspection answers; many servers send it with every answer',
  ),
}

/** How our client proves itself, wherever it does. */
export const clientProofKeys = {
  client_secret: withDescription(z.optional(secretSchema), 'Its secret; write it as "${VAR}"'),
  client_auth: withDescription(
    z.optional(z.enum(clientAuthMethods)),
    'How the client authenticates; default: client_secret_basic',
  ),
  client_key: withDescription(
    z.optional(privateKeySchema),
    'With private_key_jwt: the private key of the client, a PEM or JWK file, or the text itself from "${VAR}"',
  ),
  client_key_alg: withDescription(
    z.optional(z.enum(knownAlgorithms)),
    'With private_key_jwt: the algorithm; default: that of the JWK, else by kind of key',
  ),
  client_key_id: withDescription(
    z.optional(filled()),
    'With private_key_jwt: the kid of the assertions; default: that of the JWK',
  ),
  client_assertion_audience: withDescription(
    z.optional(z.enum(['issuer', 'endpoint'])),
    'With private_key_jwt: the aud of the assertions; default: issuer, but older servers expect the endpoint',
  ),
  client_cert: withDescription(
    z.optional(filled()),
    'With tls_client_auth: the certificate of the client, a PEM file or the text itself',
  ),
  client_cert_key: withDescription(
    z.optional(privateKeySchema),
    'With tls_client_auth: its private key, a PEM file, or the text itself from "${VAR}"',
  ),
}

/** What belongs to one authorization server alone: a secret of one is never shown to another. */
export const identityKeys = {
  metadata_issuer: withDescription(
    z.optional(z.string()),
    'The exact issuer that the metadata names, if it differs',
  ),
  client_id: withDescription(
    z.optional(filled()),
    'Client id of the proxy at the authorization server, for introspection',
  ),
  ...clientProofKeys,
  introspection_response: withDescription(
    defaultsTo(z.enum(['json', 'jwt']), 'json'),
    'jwt: request signed introspection answers and accept no others (RFC 9701)',
  ),
  jwks_uri: withDescription(z.optional(z.url()), 'Overrides the discovered URL'),
  introspection_endpoint: withDescription(z.optional(z.url()), 'Overrides the discovered URL'),
}
