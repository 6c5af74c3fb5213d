// The checks about what an MCP client meets beside the documents: addresses, certificates, registration, the protocol itself.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const advice = { refuses: 'never', outcome: 'rejected', http: undefined, oauth: undefined } as const

const resource = { group: 'protected-resource', ...advice } as const
const server = { group: 'authorization-server', ...advice } as const
const mcp = { group: 'mcp-server', ...advice } as const

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
  'mcp-url': {
    ...mcp,
    severity: 'high',
    title: 'the address of the MCP server is not a plain https URL',
    cases: {
      flaws: says(({ what }: Texts<'what'>) => `The address has ${what}`, {
        what: 'the scheme http',
      }),
      allowed: says(({ what }: Texts<'what'>) => `The address has ${what} (allowed here)`, {
        what: 'the scheme http',
      }),
    },
    hint: 'give clients an https URL without a fragment',
    spec: 'MCP authorization, RFC 8707 section 2',
  },
  'mcp-url-slash': {
    ...mcp,
    severity: 'low',
    title: 'the address ends with a slash',
    says: states('The address ends with a slash: clients that trim it ask for another resource'),
    hint: 'use the form without the slash everywhere',
    spec: 'MCP authorization',
  },
  'mcp-origin': {
    ...mcp,
    severity: 'low',
    title: 'requests from any web page are answered',
    says: says(
      ({ origin, status }: Texts<'origin' | 'status'>) =>
        `A request from the origin ${origin} is answered with ${status}`,
      { origin: 'https://other.example', status: 200 },
    ),
    hint: 'answer 403 to origins that are not allowed: web pages can reach local servers by DNS rebinding',
    spec: 'MCP transports',
  },
  'mcp-era': {
    ...mcp,
    severity: 'medium',
    title: 'the answer to server/discover is not what clients expect',
    says: says(({ why }: Texts<'why'>) => `server/discover: ${why}`, { why: 'ttlMs is missing' }),
    hint: 'answer with supportedVersions, resultType, ttlMs and cacheScope',
    spec: 'MCP versioning, MCP caching',
  },
  'mcp-errors': {
    ...mcp,
    severity: 'medium',
    title: 'wrong requests are not rejected as the protocol says',
    says: says(
      ({ what, found, wanted }: Texts<'what' | 'found' | 'wanted'>) =>
        `${what}: ${found} instead of ${wanted}`,
      { what: 'an unknown method', found: '200/-32603', wanted: '404/-32601' },
    ),
    hint: 'answer with the status and the error code of MCP 2026-07-28',
    spec: 'MCP transports, MCP versioning',
  },
  'mcp-surface': {
    ...mcp,
    severity: 'low',
    title: 'old and new protocol are mixed up',
    cases: {
      unnamed: states(
        'server/discover has no serverInfo in _meta',
        'add io.modelcontextprotocol/serverInfo to _meta of the answer',
      ),
      get: says(
        ({ status }: Texts<'status'>) => `GET is answered with ${status} instead of 405`,
        { status: 200 },
        'answer 405 to GET: a server without sessions has no stream there',
      ),
      version: says(
        ({ asked, found }: Texts<'asked' | 'found'>) => `${asked}: ${found} instead of 400`,
        { asked: 'an unknown protocol version', found: '200' },
        'answer 400 to unknown values of MCP-Protocol-Version',
      ),
    },
    hint: 'follow the transport of the protocol version that the server speaks',
    spec: 'MCP transports',
  },
} as const satisfies Record<string, ProblemSpec>
