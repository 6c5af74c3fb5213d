// The keys of [auth] that speak of one issuer: what it expects of tokens, how they are judged, who our client is there.
import * as z from 'zod'
import { clientAuthMethods } from './client-authentication.ts'
import { knownAlgorithms } from './jose-header.ts'
import { privateKeySchema, secretSchema } from './secret-schema.ts'

const stringOrList = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

export const tokenPolicyKeys = {
  audience: stringOrList
    .optional()
    .describe('Accepted audiences, exact strings; default: the public URL of the proxy'),
  required_scopes: z.array(z.string().min(1)).default([]).describe('Scopes every token needs'),
  scope_claims: z
    .array(z.string().min(1))
    .default(['scope', 'scp'])
    .describe('Claims that hold scopes'),
  audience_claims: z
    .array(z.string().min(1))
    .default(['aud'])
    .describe('Claims that name the audience'),
  clock_tolerance: z
    .number()
    .int()
    .min(0)
    .max(300)
    .default(60)
    .describe('Seconds of clock difference to allow'),
  max_lifetime: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Longest accepted exp - iat, in seconds'),
  profile: z
    .enum(['strict', 'lenient', 'off'])
    .default('lenient')
    .describe('How much of RFC 9068 to demand'),
  algorithms: z
    .array(z.enum(knownAlgorithms))
    .min(1)
    .optional()
    .describe('Accepted signature algorithms; default: all asymmetric ones we know'),
  jwks_max_stale: z
    .number()
    .min(0)
    .default(86_400)
    .describe('Seconds that keys stay usable after the last successful fetch'),
  allow_http: z.boolean().default(false).describe('Allow plain http beyond loopback'),
}

export const strategyKeys = {
  token_validation: z.enum(['jwt', 'introspection', 'both']).default('jwt').describe('Strategy'),
  fallback: z
    .enum(['undecided', 'any'])
    .default('undecided')
    .describe('With both: when to ask the authorization server'),
  introspect_jwts: z
    .boolean()
    .default(false)
    .describe('With both: ask about good JWTs too, to see revocation'),
  allow_private: z
    .boolean()
    .default(false)
    .describe('Allow private addresses that a document names'),
  cache_ttl: z
    .number()
    .min(0)
    .max(300)
    .default(30)
    .describe('Seconds to remember an introspection answer'),
  negative_cache_ttl: z
    .number()
    .min(0)
    .max(300)
    .default(5)
    .describe('Seconds to remember active: false'),
  introspection_cache_respect_no_store: z
    .boolean()
    .default(false)
    .describe(
      'Whether Cache-Control: no-store of an introspection answer forbids to remember it; many servers send it with every answer',
    ),
}

/** What belongs to one authorization server alone: a secret of one is never shown to another. */
export const identityKeys = {
  metadata_issuer: z
    .string()
    .optional()
    .describe('The exact issuer that the metadata names, if it differs'),
  client_id: z
    .string()
    .min(1)
    .optional()
    .describe('Our client at the authorization server, for introspection'),
  client_secret: secretSchema.optional().describe('Its secret; write it as "${VAR}"'),
  client_auth: z
    .enum(clientAuthMethods)
    .optional()
    .describe('How the client proves itself; default: client_secret_basic'),
  client_key: privateKeySchema
    .optional()
    .describe(
      'With private_key_jwt: the private key of the client, a PEM or JWK file, or the text itself from "${VAR}"',
    ),
  client_key_alg: z
    .enum(knownAlgorithms)
    .optional()
    .describe('With private_key_jwt: the algorithm; default: that of the JWK, else by kind of key'),
  client_key_id: z
    .string()
    .min(1)
    .optional()
    .describe('With private_key_jwt: the kid of the assertions; default: that of the JWK'),
  client_assertion_audience: z
    .enum(['issuer', 'endpoint'])
    .optional()
    .describe(
      'With private_key_jwt: whom the assertions name in aud; default: issuer, older servers want the endpoint',
    ),
  client_cert: z
    .string()
    .min(1)
    .optional()
    .describe('With tls_client_auth: the certificate of the client, a PEM file or the text itself'),
  client_cert_key: privateKeySchema
    .optional()
    .describe(
      'With tls_client_auth: its private key, a PEM file, or the text itself from "${VAR}"',
    ),
  introspection_response: z
    .enum(['json', 'jwt'])
    .default('json')
    .describe('jwt: ask for signed introspection answers and believe no others (RFC 9701)'),
  jwks_uri: z.url().optional().describe('Overrides the discovered one'),
  introspection_endpoint: z.url().optional().describe('Overrides the discovered one'),
}
