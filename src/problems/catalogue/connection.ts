// What the proxy refuses before it reads a body: connections, gateways, hosts and origins.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const request = {
  group: 'request',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
} as const

export const connectionProblems = {
  'req-http': {
    ...request,
    title: 'the request is not valid HTTP',
    says: says(({ why }: Texts<'why'>) => `Not a valid HTTP/1.1 request: ${why}`, {
      why: 'the Host header is missing',
    }),
    hint: 'compare what is sent with RFC 9112; look at what rewrites requests on the way',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9112 section 2.2',
  },
  'req-tls': {
    ...request,
    title: 'the TLS handshake failed',
    cases: {
      plain: states('Plain HTTP was sent to an HTTPS port', 'begin the URL with https://'),
      unexpected: states(
        'A TLS handshake was sent to a plain HTTP port',
        'begin the URL with http://, or set proxy.tls',
      ),
      slow: states(
        'The TLS handshake did not complete in time',
        'look for a slow network, or for a client that waits for the server to speak first',
      ),
      failed: says(({ why }: Texts<'why'>) => `The TLS handshake failed: ${why}`, {
        why: 'tlsv1 alert unknown ca',
      }),
    },
    hint: 'compare the TLS versions, and the authorities that the client trusts, with proxy.tls',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 8446 section 6',
  },
  'req-client-certificate': {
    ...request,
    title: 'a client certificate is required',
    says: says(({ why }: Texts<'why'>) => `A client certificate is required: ${why}`, {
      why: 'the TLS connection brought none',
    }),
    hint: 'connect with a client certificate that proxy.tls.client_ca accepts',
    http: 403,
    oauth: undefined,
    spec: 'RFC 8446 section 4.4.2',
  },
  'verify-original': {
    ...request,
    title: 'the gateway reports no clear original request',
    cases: {
      conflict: says(
        ({ one, other }: Texts<'one' | 'other'>) =>
          `The headers ${one} and ${other} report different original requests`,
        { one: 'x-original-method', other: 'x-forwarded-method' },
        ({ other, one }) =>
          `let the gateway set one of ${one} and ${other} and remove the other, which clients can send`,
      ),
      unreadable: says(
        ({ name }: Texts<'name'>) => `The header ${name} is repeated, or not what it should be`,
        { name: 'x-original-uri' },
        'let the gateway overwrite the header with the method, or the path and query, of the original request',
      ),
    },
    hint: 'docs/verify.md has configurations of gateways',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: '',
  },
  'verify-query': {
    ...request,
    title: 'the query of the verify door is not valid',
    cases: {
      unknown: says(
        ({ name }: Texts<'name'>) => `Unknown query parameter ${name} here`,
        { name: '"scopes"' },
        'correct the URL in the gateway: scope is the only parameter, and the query of clients does not belong there',
      ),
      scope: states(
        'scope is not a list of scopes, separated by spaces',
        'correct the URL in the gateway: spaces are written %20, and at least one scope is named',
      ),
    },
    hint: 'docs/verify.md has configurations of gateways',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 6749 section 3.3',
  },
  'verify-identity': {
    ...request,
    title: 'the identity of the caller is too large for headers',
    says: says(
      ({ size, limit }: Texts<'size' | 'limit'>) =>
        `The headers about the caller have ${size} bytes, more than ${limit}`,
      { size: 9000, limit: 8192 },
    ),
    hint: 'take what is long, such as scopes, out of verify.headers',
    http: 403,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: '',
  },
  'req-head-size': {
    ...request,
    title: 'the request head is too large',
    says: says(({ why }: Texts<'why'>) => `The head of the request is too large: ${why}`, {
      why: 'it has more than 2000 headers',
    }),
    hint: 'send fewer or shorter headers',
    http: 431,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 6585 section 5',
  },
  'req-timeout': {
    ...request,
    title: 'the request did not arrive in time',
    says: states('The request did not arrive whole in time'),
    hint: 'send the request again without pauses; look for a slow network or a proxy that buffers',
    http: 408,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9110 section 15.5.9',
  },
  'req-host': {
    ...request,
    title: 'the Host header is not allowed',
    says: says(({ host }: Texts<'host'>) => `Host ${host} is not allowed here`, {
      host: '"internal.example"',
    }),
    hint: 'call the address that the proxy publishes, or add the host to security.allowed_hosts',
    http: 403,
    oauth: undefined,
    spec: 'MCP transports, security warning (DNS rebinding)',
  },
  'req-origin': {
    ...request,
    title: 'the Origin is not allowed',
    says: says(({ origin }: Texts<'origin'>) => `Origin ${origin} is not allowed here`, {
      origin: '"https://page.example"',
    }),
    hint: 'add the origin to security.allowed_origins',
    http: 403,
    oauth: undefined,
    spec: 'MCP transports, security warning (DNS rebinding)',
  },
} as const satisfies Record<string, ProblemSpec>
