// How an MCP server answers requests, without a token and with one.
import { advice } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const mcp = { group: 'mcp-server', ...advice } as const

export const mcpServerProblems = {
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
      loop: says(
        ({ url, status, to }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status} to the same address: ${to}`,
        { url: 'https://mcp.example.com/mcp', status: 302, to: 'https://mcp.example.com/mcp' },
        'check the configuration of the reverse proxy: a redirect to itself never ends; behind TLS, forward X-Forwarded-Proto',
      ),
      unrouted: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `POST ${url} was answered with ${status}, although the metadata of the server has this address`,
        { url: 'https://mcp.example.com/mcp', status: 404 },
        'route POST requests at this path to the MCP server, or publish the path that it is at as resource: Streamable HTTP sends every message with POST',
      ),
      'tls-port': says(
        ({ url, status }: Texts<'url' | 'status' | 'to'>) =>
          `POST ${url} was answered with ${status}: the port expects TLS and received plain HTTP`,
        {
          url: 'http://mcp.example.com:8443/mcp',
          status: 400,
          to: 'https://mcp.example.com:8443/mcp',
        },
        ({ to }) => `configure clients with ${to}`,
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
          `POST ${url} was answered with ${status}: something answers there, but it does not accept POST`,
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
          `POST ${url} was answered with ${status} and not a JSON-RPC message (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 200, type: 'application/json' },
        'correct the address: another kind of server answers there',
      ),
      'no-http': says(
        ({ url, why }: Texts<'url' | 'why'>) => `POST ${url}: ${why}`,
        {
          url: 'http://127.0.0.1:5432/mcp',
          why: 'not a readable HTTP answer (HPE_INVALID_CONSTANT)',
        },
        'correct the port, or use https: what answers there does not speak plain HTTP',
      ),
      trouble: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 500, type: 'text/html' },
        'check the log of the server: it failed before it could ask for a token',
      ),
      gateway: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status} (${type})`,
        { url: 'https://mcp.example.com/mcp', status: 502, type: 'text/html' },
        'start the server behind the gateway, or correct the address that the gateway forwards to: the gateway got no answer from it',
      ),
      paused: says(
        ({ url, status, after }: Texts<'url' | 'status' | 'after'>) =>
          `POST ${url} was answered with ${status}, to be repeated after ${after} (Retry-After)`,
        { url: 'https://mcp.example.com/mcp', status: 503, after: '120 s' },
        'wait, then repeat the command: the server or the gateway in front of it says that it is out of service for now',
      ),
      cut: says(
        ({ url, status, type }: Texts<'url' | 'status' | 'type'>) =>
          `POST ${url} was answered with ${status}, and the body did not come to its end: ${type}`,
        {
          url: 'https://mcp.example.com/mcp',
          status: 200,
          type: 'no complete answer within 5 s: timeout',
        },
        'check the logs of the server and of the proxy in front of it: the answer began but did not finish',
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
    title: 'invalid requests are not rejected as the protocol requires',
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
    title: 'old and new protocol are mixed',
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
        'make the server compare aud with the resource of its metadata: at present every server that receives a token of this issuer can use it here',
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
        'make the server verify signatures with the key set of its issuer: at present anyone can forge a token for it',
      ),
      expired: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url} accepts an expired token: ${why}`,
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
          `${url} accepts requests without a token, and refuses this one (HTTP ${status})${words}`,
        { url: 'http://127.0.0.1:8080/mcp', status: 401, words: ': invalid_token' },
        'call it without a token; where it should ask for one, see prm-challenge',
      ),
    },
    hint: 'make the server validate tokens as its metadata says',
    spec: 'MCP authorization, RFC 6750 section 3.1, RFC 8707 section 2',
  },
} as const satisfies Record<string, ProblemSpec>
