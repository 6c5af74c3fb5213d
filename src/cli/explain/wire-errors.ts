// The codes of JSON-RPC, HTTP, Node and the systems below it.
import {
  known,
  type KnownError,
  sdk,
  systemSource,
  tlsSource,
  type Row,
  untrusted,
} from './known-error.ts'

const rpc = 'JSON-RPC 2.0 section 5.1'
const mcp = 'MCP 2026-07-28, base protocol'

export const rpcErrors: readonly KnownError[] = (
  [
    ['-32700', 'the body is not JSON', 'req-json', rpc],
    ['-32600', 'the message is no valid request', 'req-shape req-session req-body-size', rpc],
    ['-32601', 'the server does not offer the method', 'req-method mcp-era', rpc],
    [
      '-32602',
      'the parameters are not valid, or no tool, prompt or resource has this name',
      'req-params name-unknown',
      rpc,
    ],
    [
      '-32603',
      'the server failed, or a limit was reached',
      'backend-unavailable backend-timeout limit-rate internal-error',
      rpc,
    ],
    [
      '-32000',
      'the connection was closed, or the session is missing: the program ended, or the server has no such session',
      'backend-unavailable req-session-missing backend-protocol',
      sdk,
    ],
    [
      '-32001',
      'no answer came in time, or the session is not known',
      'backend-timeout req-session',
      sdk,
    ],
    ['-32002', 'there is no such resource', 'name-unknown', 'MCP 2025-11-25, resources'],
    ['-32020', 'a header contradicts the body', 'req-header-mismatch', mcp],
    ['-32021', 'the client did not declare a capability that the request needs', 'req-params', mcp],
    ['-32022', 'the protocol version is not supported', 'req-version mcp-era', mcp],
    [
      '-32042',
      'the server wants the user to open an address before it goes on',
      'login-needed',
      'MCP 2025-11-25, elicitation',
    ],
  ] satisfies readonly Row[]
).map(known)

const http = 'RFC 9110 section 15'

export const httpStatuses: readonly KnownError[] = (
  [
    [
      '400',
      'the request is malformed, or the Authorization header is',
      'req-authorization-malformed req-shape req-session-missing req-version',
      http,
    ],
    [
      '401',
      'no token was sent, or it was refused: the WWW-Authenticate header says which',
      'req-token-missing prm-challenge time-exp claim-aud',
      http,
    ],
    [
      '403',
      'the token lacks a scope, or a guard refused the request',
      'claim-scope req-origin req-host',
      http,
    ],
    [
      '404',
      'nothing is at this address, or the session has ended',
      'mcp-answer req-session prm-location',
      http,
    ],
    ['405', 'the address does not take this method', 'mcp-answer mcp-surface', http],
    [
      '406',
      'the client has to accept application/json and text/event-stream',
      'mcp-answer mcp-errors',
      http,
    ],
    ['408', 'the request did not arrive in time', 'req-timeout', http],
    ['413', 'the body is too large', 'req-body-size', http],
    ['415', 'the body has to be application/json', 'mcp-answer', http],
    ['421', 'the Host header is not one of this server', 'req-host mcp-answer', http],
    [
      '429',
      'too many requests: wait as long as Retry-After says',
      'limit-rate limit-calls intro-reach',
      http,
    ],
    ['431', 'the headers are too large: usually the token is', 'req-head-size in-size', http],
    ['500', 'the server failed', 'mcp-answer internal-error', http],
    [
      '502',
      'a gateway got no usable answer from the server behind it',
      'mcp-answer backend-unavailable',
      http,
    ],
    [
      '503',
      'the server cannot decide or answer now: from serve, the authorization server gave no answer',
      'intro-reach jwks-fetch asm-found limit-connections limit-store mcp-answer',
      http,
    ],
    [
      '504',
      'a gateway waited too long for the server behind it',
      'mcp-answer backend-timeout',
      http,
    ],
    ...(['301', '302', '303', '307', '308'] as const).map((code): Row => [
      code,
      'the address redirects: clients do not follow with a token',
      'mcp-answer mcp-url-slash',
      http,
    ]),
  ] satisfies readonly Row[]
).map(known)

/** Codes of Node and of the systems below it. */
export const systemErrors: readonly KnownError[] = (
  [
    ['ENOTFOUND', 'the host name does not resolve', 'net-dns net-reach', systemSource],
    ['EAI_AGAIN', 'the resolver gave no answer', 'net-dns net-reach', systemSource],
    ['ECONNREFUSED', 'nothing listens at this port', 'net-reach backend-unavailable', systemSource],
    ['ECONNRESET', 'the connection was cut by the other side', 'net-reach net-tls', systemSource],
    ['ETIMEDOUT', 'no connection in time: often a firewall', 'net-reach', systemSource],
    ['EHOSTUNREACH', 'there is no route to the host', 'net-reach', systemSource],
    ['ENETUNREACH', 'there is no route to the network', 'net-reach', systemSource],
    ['EADDRINUSE', 'another program listens at this port', 'config-listen', systemSource],
    ['EPROTO', 'the other side does not speak TLS as we do', 'net-tls', systemSource],
    [
      'UND_ERR_CONNECT_TIMEOUT',
      'no connection in time: often a firewall',
      'net-reach',
      systemSource,
    ],
    ['UND_ERR_SOCKET', 'the connection was cut by the other side', 'net-reach', systemSource],
    ['UND_ERR_HEADERS_TIMEOUT', 'no answer in time', 'net-reach backend-timeout', systemSource],
    ['CERT_HAS_EXPIRED', 'the certificate has expired', 'net-tls net-certificate', tlsSource],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed', 'net-tls', tlsSource],
    ['SELF_SIGNED_CERT_IN_CHAIN', untrusted, 'net-tls config-extra-ca', tlsSource],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'the server does not send its intermediate certificates',
      'net-tls',
      tlsSource,
    ],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', untrusted, 'net-tls config-extra-ca', tlsSource],
    ['UNABLE_TO_GET_ISSUER_CERT', untrusted, 'net-tls config-extra-ca', tlsSource],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is for another host', 'net-tls', tlsSource],
  ] satisfies readonly Row[]
).map(known)
