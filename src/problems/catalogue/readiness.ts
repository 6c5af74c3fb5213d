// The checks about what an MCP client meets beside the documents: addresses, certificates, registration, the protocol itself.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const advice = { refuses: 'never', outcome: 'rejected', http: undefined, oauth: undefined } as const

const resource = { group: 'protected-resource', ...advice } as const
const server = { group: 'authorization-server', ...advice } as const
const mcp = { group: 'mcp-server', ...advice } as const
const network = {
  group: 'network',
  severity: 'high',
  refuses: 'always',
  outcome: 'undecided',
  http: undefined,
  oauth: undefined,
} as const

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
  'mcp-answer': {
    ...mcp,
    severity: 'fatal',
    title: 'the address does not answer as an MCP server',
    cases: {
      slash: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} to ${to}: only the slash at the end differs`,
        { url: 'https://mcp.example.com/mcp', status: 307, to: 'https://mcp.example.com/mcp/' },
        ({ to }) => `configure clients with ${to}: many drop the token or the body on a redirect`,
      ),
      https: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} to the same address over https: ${to}`,
        { url: 'http://mcp.example.com/mcp', status: 301, to: 'https://mcp.example.com/mcp' },
        ({ to }) => `configure clients with ${to}`,
      ),
      downgrade: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} from https to plain http: ${to}`,
        { url: 'https://mcp.example.com/mcp', status: 307, to: 'http://mcp.example.com/mcp/' },
        'pass X-Forwarded-Proto to the server and make it trust its reverse proxy; until then configure clients with the https address after the redirect',
      ),
      'login-page': says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} to a login page: ${to}`,
        { url: 'https://mcp.example.com/mcp', status: 302, to: 'https://mcp.example.com/login' },
        'let the path of the server through the login proxy in front of it: MCP clients need 401 with WWW-Authenticate: Bearer, not a page',
      ),
      moved: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} to ${to}`,
        { url: 'https://mcp.example.com/mcp', status: 301, to: 'https://new.example.com/mcp' },
        ({ to }) =>
          `configure clients with ${to}, if you trust it: they do not follow the redirect`,
      ),
      lost: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `POST ${url} was answered with ${status} without a usable Location`,
        { url: 'https://mcp.example.com/mcp', status: 302 },
        'find out which server or proxy answers at this address: a redirect needs a Location',
      ),
      elsewhere: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status}; an MCP server is at ${to}`,
        { url: 'https://mcp.example.com', status: 404, to: 'https://mcp.example.com/mcp' },
        ({ to }) => `configure clients with ${to}`,
      ),
      absent: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `POST ${url} was answered with ${status}: nothing is served there`,
        { url: 'https://mcp.example.com/mpc', status: 404 },
        'correct the path: most servers use /mcp, and their documentation or start-up log says which',
      ),
      method: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `POST ${url} was answered with ${status}: something is there, but no MCP server that takes POST`,
        { url: 'https://mcp.example.com/mcp', status: 405 },
        'correct the path, or let POST through: Streamable HTTP sends every message with POST',
      ),
      page: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `POST ${url} was answered with ${status} and a web page`,
        { url: 'https://mcp.example.com/mcp', status: 200 },
        'correct the path, or route it to the MCP server: a web application answers there',
      ),
      foreign: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} and no JSON-RPC message (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 200, type: 'application/json' },
        'correct the address: another kind of server answers there',
      ),
      'no-http': says(
        ({ url, why }: Texts<'url' | 'why'>) => `POST ${url}: ${why}`,
        {
          url: 'http://127.0.0.1:5432/mcp',
          why: 'not a readable HTTP answer (HPE_INVALID_CONSTANT)',
        },
        'correct the port: what answers there does not speak HTTP',
      ),
      trouble: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 500, type: 'text/html' },
        'look into the log of the server: it failed before it could ask for a token',
      ),
      gateway: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 502, type: 'text/html' },
        'start the server behind the gateway, or correct the address that the gateway forwards to: the gateway got no answer from it',
      ),
      'too-often': says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 429, type: 'application/json' },
        'wait, then ask again: a rate limit answered in place of the server',
      ),
      'open-sse': says(
        ({ url }: Texts<'url'>) =>
          `${url} answers GET with an event stream, without a token: a server of the HTTP+SSE transport of 2024-11-05, which is not graded`,
        { url: 'http://127.0.0.1:8080/sse' },
        'move the server to Streamable HTTP: clients drop HTTP+SSE; or put mcp-proxy serve in front, with a backend of transport = "sse"',
      ),
      open: says(
        ({ url }: Texts<'url'>) =>
          `${url} answers without a token and names no authorization server: there is nothing to grade`,
        { url: 'http://127.0.0.1:8080/mcp' },
        'nothing, if that is intended; --strict makes it a finding. To ask for a token, put a proxy in front: mcp-proxy init',
      ),
    },
    hint: 'correct the address, or what answers there',
    spec: 'MCP transports',
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
  'mcp-token': {
    ...mcp,
    severity: 'high',
    title: 'the server does not judge tokens as its metadata says',
    cases: {
      audience: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url} accepts a token that is not for it: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'aud is "https://other.example.com/mcp"' },
        'make the server compare aud with the resource of its metadata: now every server that gets a token of this issuer can use it here',
      ),
      issuer: says(
        ({ url, why }: Texts<'url' | 'why'>) =>
          `${url} accepts a token of an issuer that its metadata does not name: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'iss is "https://other.example.com"' },
        'make the server compare iss with its authorization server, or name that issuer in authorization_servers',
      ),
      signature: says(
        ({ url, why }: Texts<'url' | 'why'>) =>
          `${url} accepts a token that the keys of its issuer do not verify: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'no key of the issuer made this signature' },
        'make the server verify signatures with the key set of its issuer: now anybody can write a token for it',
      ),
      expired: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url} accepts a token that is over: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'Expired 5m 12s ago' },
        'make the server check exp of each request, and compare its clock',
      ),
      scope: says(
        ({ url, why }: Texts<'url' | 'why'>) =>
          `${url} accepts a token without the scopes that its challenge asks for: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'the scope mcp:read is missing' },
        'make the server check scopes; or leave out of the challenge what only single tools need',
      ),
      accepts: says(
        ({ url, why }: Texts<'url' | 'why'>) =>
          `${url} accepts a token that its own metadata rules out: ${why}`,
        { url: 'https://mcp.example.com/mcp', why: 'this is an ID token' },
        'make the server validate tokens as its metadata says',
      ),
      refuses: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} refuses the token (HTTP ${status})${words}; by its own metadata the token is good`,
        { url: 'https://mcp.example.com/mcp', status: 401, words: ': invalid_token' },
        'compare what the server is configured with (issuer, audience, keys, clock) with what it publishes, and read its log; a token that was revoked looks the same: mcp-proxy introspect',
      ),
      forbidden: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} does not allow the token this (HTTP ${status})${words}; by its own metadata the token is good`,
        {
          url: 'https://mcp.example.com/mcp',
          status: 403,
          words: ': insufficient_scope, scope files:write',
        },
        ({ url }) =>
          `log in with the scopes that it names (mcp-proxy login ${url} --scope ...); where it names none, the server decides by the person`,
      ),
      unjudged: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} refuses the token (HTTP ${status})${words}`,
        { url: 'https://mcp.example.com/mcp', status: 401, words: ': invalid_token' },
        ({ url }) =>
          `ask the authorization server about the token: mcp-proxy introspect @token.txt --for ${url} --client-id <id>`,
      ),
      open: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} lets everybody in without a token, and refuses this one (HTTP ${status})${words}`,
        { url: 'http://127.0.0.1:8080/mcp', status: 401, words: ': invalid_token' },
        'call it without a token; where it should ask for one, see prm-challenge',
      ),
    },
    hint: 'make the server validate tokens as its metadata says',
    spec: 'MCP authorization, RFC 6750 section 3.1, RFC 8707 section 2',
  },
  'net-reach': {
    ...network,
    title: 'the address cannot be reached',
    cases: {
      dns: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.exmaple.com', why: 'host not found (ENOTFOUND)' },
        'correct the host name; where only a proxy resolves names, set HTTPS_PROXY',
      ),
      'dns-silent': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'host not found (EAI_AGAIN)' },
        'check the network and the name server of this machine: it does not answer',
      ),
      refused: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '127.0.0.1:8080', why: 'connection refused (ECONNREFUSED)' },
        'start the server, or correct the port: the machine answers, and nothing listens there',
      ),
      route: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '10.0.0.7', why: 'host unreachable (EHOSTUNREACH)' },
        'check the network, VPN and firewall between this machine and the host',
      ),
      timeout: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'no complete answer within 5 s: timeout' },
        'check that the server answers at all, and the firewall on the way; a slow start may need a second try',
      ),
      'given-up': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'given up before the answer came' },
        'give it more time with --timeout 60, or check why the server does not answer',
      ),
      tls: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'TLS handshake failed (EPROTO)' },
        'check the port and its TLS configuration; a server without TLS needs an http address',
      ),
      certificate: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'certificate not trusted (SELF_SIGNED_CERT_IN_CHAIN)' },
        'trust its authority with --ca-file FILE, or use a certificate that is valid for this host',
      ),
      closed: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'mcp.example.com',
          why: 'connection closed before the answer was complete (ECONNRESET)',
        },
        'look into the log of the server or of the proxy in front: it closes the connection; a TLS port needs an https address',
      ),
      unreadable: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com:22', why: 'not a readable HTTP answer' },
        'check the port: what answers there does not send HTTP that can be read; a TLS port needs an https address',
      ),
      proxy: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'the proxy http://proxy.example.com:3128 answered 407' },
        'correct HTTPS_PROXY or HTTP_PROXY, or list the host in NO_PROXY',
      ),
      'plain-http': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'plain http is for loopback only' },
        'use the https address, or allow plain http with --allow-http',
      ),
      forbidden: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '169.254.169.254', why: '169.254.169.254 is a link-local address' },
        'use the address of the server itself: requests to such addresses are never made',
      ),
    },
    hint: 'check the address and the network on the way to it',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
