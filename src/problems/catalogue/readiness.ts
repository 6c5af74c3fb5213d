// The checks about what an MCP client meets beside the documents: addresses, certificates, registration, the protocol itself.
import type { ProblemSpec } from './spec.ts'

const advice = { refuses: 'never', outcome: 'rejected', http: undefined, oauth: undefined } as const

const resource = { group: 'protected-resource', ...advice } as const
const server = { group: 'authorization-server', ...advice } as const
const mcp = { group: 'mcp-server', ...advice } as const

export const readinessProblems = {
  'prm-scope-param': {
    ...resource,
    severity: 'low',
    title: 'the challenge names no scope',
    message: 'The challenge names no scope: clients have to guess what to ask for',
    hint: 'add scope with the scopes that the request needs',
    spec: 'MCP authorization, RFC 6750 section 3',
  },
  'prm-bearer-methods': {
    ...resource,
    severity: 'medium',
    title: 'the metadata excludes the Authorization header',
    message: 'bearer_methods_supported lacks header',
    hint: 'list header: MCP clients send tokens in no other way',
    spec: 'RFC 9728 section 2, MCP authorization',
  },
  'prm-agree': {
    ...resource,
    severity: 'medium',
    title: 'the metadata documents of the resource disagree',
    message: 'The documents of this resource disagree on {fields}',
    hint: 'serve one document at every location',
    spec: 'RFC 9728 section 3.1',
  },
  'prm-legacy': {
    ...resource,
    severity: 'medium',
    title: 'login is found only the way of 2025-03-26',
    message: 'Only the origin of the MCP server leads to an authorization server',
    hint: 'publish protected resource metadata that names the issuer',
    spec: 'MCP authorization, RFC 9728 section 3',
  },
  'asm-endpoints': {
    ...server,
    severity: 'high',
    title: 'the authorization code flow is not on offer',
    message: 'The metadata lacks {what}',
    hint: 'publish authorization_endpoint, token_endpoint, and response_types_supported with code',
    spec: 'RFC 8414 section 2',
  },
  'asm-cimd': {
    ...server,
    severity: 'low',
    title: 'client id metadata documents are not supported',
    message: 'client_id_metadata_document_supported is not true',
    hint: 'enable client id metadata documents: dynamic registration is deprecated since 2026-07-28',
    spec: 'MCP authorization',
  },
  'asm-refresh': {
    ...server,
    severity: 'info',
    title: 'no refresh tokens',
    message: 'No refresh_token grant: people log in again when a token expires',
    hint: 'offer the grant refresh_token, and the scope offline_access',
    spec: 'MCP authorization, RFC 6749 section 6',
  },
  'asm-protected-resources': {
    ...server,
    severity: 'low',
    title: 'the authorization server does not list the resource',
    message: 'protected_resources lacks {r}',
    hint: 'add the resource, or leave the list out',
    spec: 'RFC 9728 section 4',
  },
  'mcp-url': {
    ...mcp,
    severity: 'high',
    title: 'the address of the MCP server is not a plain https URL',
    message: 'The address has {what}',
    hint: 'give clients an https URL without a fragment',
    spec: 'MCP authorization, RFC 8707 section 2',
  },
  'mcp-url-slash': {
    ...mcp,
    severity: 'low',
    title: 'the address ends with a slash',
    message: 'The address ends with a slash: clients that trim it ask for another resource',
    hint: 'use the form without the slash everywhere',
    spec: 'MCP authorization',
  },
  'mcp-origin': {
    ...mcp,
    severity: 'low',
    title: 'requests from any web page are answered',
    message: 'A request from the origin {origin} is answered with {status}',
    hint: 'answer 403 to origins that are not allowed: web pages can reach local servers by DNS rebinding',
    spec: 'MCP transports',
  },
  'mcp-era': {
    ...mcp,
    severity: 'medium',
    title: 'the answer to server/discover is not what clients expect',
    message: 'server/discover: {why}',
    hint: 'answer with supportedVersions, resultType, ttlMs and cacheScope',
    spec: 'MCP versioning, MCP caching',
  },
  'mcp-errors': {
    ...mcp,
    severity: 'medium',
    title: 'wrong requests are not refused as the protocol says',
    message: '{what}: {found} instead of {wanted}',
    hint: 'answer with the status and the error code of MCP 2026-07-28',
    spec: 'MCP transports, MCP versioning',
  },
  'mcp-surface': {
    ...mcp,
    severity: 'low',
    title: 'old and new protocol are mixed up',
    message: '{what}',
    hint: 'name the server in _meta; answer 405 to GET without sessions, and 400 to unknown versions',
    spec: 'MCP transports',
  },
} as const satisfies Record<string, ProblemSpec>
