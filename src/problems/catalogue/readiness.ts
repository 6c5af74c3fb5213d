// What of the documents of a server and its issuer decides which clients get in: scopes, registration, agreement.
import { advice } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const resource = { group: 'protected-resource', ...advice } as const

const server = { group: 'authorization-server', ...advice } as const

export const readinessProblems = {
  'prm-scope-param': {
    ...resource,
    severity: 'low',
    title: 'the challenge names no scope',
    says: states('The challenge names no scope: clients have to guess what to request'),
    hint: 'add scope="..." with the scopes that the request needs',
    spec: 'MCP authorization, RFC 6750 section 3',
  },
  'prm-bearer-methods': {
    ...resource,
    severity: 'medium',
    title: 'the metadata excludes the Authorization header',
    says: states('bearer_methods_supported lacks header'),
    hint: 'add header: MCP clients send tokens in no other way',
    spec: 'RFC 9728 section 2, MCP authorization',
  },
  'prm-agree': {
    ...resource,
    severity: 'medium',
    title: 'the metadata documents of the resource disagree',
    says: says(
      ({ differences }: Texts<'differences'>) =>
        `The documents of this resource disagree on ${differences}`,
      {
        differences:
          'scopes_supported at https://mcp.example.com/.well-known/oauth-protected-resource',
      },
    ),
    hint: 'serve one document at every location',
    spec: 'RFC 9728 section 3.1',
  },
  'prm-legacy': {
    ...resource,
    severity: 'medium',
    title: 'the login is only found as clients of 2025-03-26 do',
    says: says(
      ({ issuer }: Texts<'issuer'>) =>
        `Only the origin of the MCP server leads to the authorization server ${issuer}`,
      { issuer: 'https://mcp.example.com' },
    ),
    hint: 'publish protected resource metadata that names the issuer',
    spec: 'MCP authorization, RFC 9728 section 3',
  },
  'asm-endpoints': {
    ...server,
    severity: 'high',
    title: 'the authorization code flow is not offered',
    cases: {
      lacking: says(({ what }: Texts<'what'>) => `The metadata lacks ${what}`, {
        what: 'token_endpoint',
      }),
      'response-types': states(
        'The metadata lacks response_types_supported',
        'publish "response_types_supported": ["code"]',
      ),
    },
    hint: 'publish authorization_endpoint, token_endpoint, and response_types_supported with code',
    spec: 'RFC 8414 section 2',
  },
  'asm-cimd': {
    ...server,
    severity: 'low',
    title: 'client ID metadata documents are not supported',
    says: states('client_id_metadata_document_supported is not true'),
    hint: 'enable client ID metadata documents: dynamic registration is deprecated since 2026-07-28',
    spec: 'MCP authorization',
  },
  'asm-refresh': {
    ...server,
    severity: 'info',
    title: 'no refresh tokens',
    says: states('No refresh_token grant is advertised: users log in again when a token expires'),
    hint: 'offer the grant refresh_token, and the scope offline_access',
    spec: 'MCP authorization, RFC 6749 section 6',
  },
  'asm-protected-resources': {
    ...server,
    severity: 'low',
    title: 'the authorization server does not list the resource',
    says: says(({ resource }: Texts<'resource'>) => `protected_resources lacks ${resource}`, {
      resource: 'https://mcp.example.com/mcp',
    }),
    hint: 'add the resource, or leave the list out',
    spec: 'RFC 9728 section 4',
  },
} as const satisfies Record<string, ProblemSpec>
