// The table [backends.oauth]: the client of the proxy at the authorization server of a backend, and the token it asks for.
import * as z from 'zod/mini'
import { clientNeeds, clientOnlyWith } from '../auth-config/issuer-config.ts'
import { clientProofKeys } from '../auth-config/issuer-keys.ts'
import {
  checkedBy,
  defaultsTo,
  filled,
  withDescription,
  type Complain,
} from '../auth-config/schema.ts'
import { refusedUrl } from '../../net/exchange.ts'
import type { SubjectTokenType } from '../oauth-client/grant.ts'

/** The secret itself as a token, and no proof at all, are nothing that a token endpoint takes for these grants. */
const methods = [
  'client_secret_basic',
  'client_secret_basic_raw',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
] as const

const subjectTypes = ['access_token', 'jwt'] as const satisfies readonly SubjectTokenType[]

const keys = z.strictObject({
  grant: withDescription(
    defaultsTo(z.enum(['client_credentials', 'token_exchange']), 'client_credentials'),
    'client_credentials: one token of the proxy for all callers (RFC 6749 section 4.4). token_exchange: a token for each caller, in exchange for the one it came with (RFC 8693); what the proxy asks for itself goes with client_credentials of the same client',
  ),
  issuer: withDescription(
    z.optional(filled()),
    'The exact issuer string of the authorization server; its token endpoint is discovered',
  ),
  metadata_issuer: withDescription(
    z.optional(filled()),
    'The exact issuer that the metadata names, if it differs',
  ),
  token_endpoint: withDescription(
    z.optional(z.url()),
    'The token endpoint itself; then nothing is discovered',
  ),
  client_id: withDescription(filled(), 'The client of the proxy at that authorization server'),
  ...clientProofKeys,
  client_auth: withDescription(
    defaultsTo(z.enum(methods), 'client_secret_basic'),
    'How the client proves itself',
  ),
  scopes: withDescription(defaultsTo(z.array(filled()), []), 'Scopes to ask for'),
  resource: withDescription(
    z.optional(z.url()),
    'The resource that the token is for (RFC 8707): usually the URL of the MCP server',
  ),
  audience: withDescription(
    z.optional(filled()),
    'The audience that the token is for, where the authorization server takes that instead of resource',
  ),
  subject_token_type: withDescription(
    z.optional(z.enum(subjectTypes)),
    'With token_exchange: what the token of the caller is shown as; default: access_token',
  ),
  allow_http: withDescription(defaultsTo(z.boolean(), false), 'Allow plain http beyond loopback'),
  allow_private: withDescription(
    defaultsTo(z.boolean(), false),
    'Allow private addresses that the metadata names',
  ),
})

export type UpstreamAuth = z.infer<typeof keys>

const checkClient = (auth: UpstreamAuth, complain: Complain): void => {
  const { client_auth: method } = auth
  for (const [other, names] of clientOnlyWith) {
    for (const name of names) {
      if (auth[name as keyof UpstreamAuth] !== undefined && method !== other) {
        complain([name], `takes effect only with client_auth = "${other}"`)
      }
    }
  }
  for (const name of clientNeeds[method]) {
    if (auth[name as keyof UpstreamAuth] === undefined) {
      complain([name], `is required with client_auth = "${method}"`)
    }
  }
}

const check = (auth: UpstreamAuth, complain: Complain): void => {
  const { issuer, token_endpoint: endpoint, allow_http: http } = auth
  const checkUrl = (key: 'issuer' | 'token_endpoint', url: string | undefined): void => {
    const refused = url === undefined ? undefined : refusedUrl(url, http)
    if (refused !== undefined) complain([key], `cannot be used: ${refused}`)
  }
  if (issuer === undefined && endpoint === undefined) {
    complain(['issuer'], 'is required, unless token_endpoint is given')
  }
  if (endpoint === undefined) checkUrl('issuer', issuer)
  checkUrl('token_endpoint', endpoint)
  if (auth.metadata_issuer !== undefined && endpoint !== undefined) {
    complain(['metadata_issuer'], 'applies only without token_endpoint')
  }
  if (auth.subject_token_type !== undefined && auth.grant !== 'token_exchange') {
    complain(['subject_token_type'], 'applies only with grant = "token_exchange"')
  }
  checkClient(auth, complain)
}

export const upstreamAuthSchema = keys.check(checkedBy(check))
