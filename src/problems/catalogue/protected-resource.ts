// How an MCP server announces where to log in (RFC 9728).
import { brief, memberCases } from './members.ts'
import { advice } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const resource = { group: 'protected-resource', ...advice } as const

export const protectedResourceProblems = {
  'prm-challenge': {
    ...resource,
    severity: 'high',
    title: 'the resource does not challenge',
    cases: {
      'no-header': states(
        'Got 401 without a WWW-Authenticate header',
        'add WWW-Authenticate: Bearer resource_metadata="..." to the 401',
      ),
      remapped: says(
        ({ header }: Texts<'header'>) =>
          `Got 401 whose challenge is in the header ${header}: a gateway renamed it`,
        { header: 'x-amzn-remapped-www-authenticate' },
        'make the gateway pass WWW-Authenticate on under its own name (Amazon API Gateway: a mapping of the response, or a load balancer in its place): clients look nowhere else',
      ),
      'other-scheme': says(
        ({ schemes }: Texts<'schemes'>) =>
          `Got 401 with a challenge that is not Bearer: ${schemes}`,
        { schemes: 'basic' },
        'add a Bearer challenge to WWW-Authenticate; if a reverse proxy asks for a password, exempt the path of the server from it',
      ),
      'challenge-status': says(
        ({ status, scheme }: Texts<'status' | 'scheme'>) =>
          `Got ${status} with a ${scheme} challenge: clients log in on 401 alone`,
        { status: 403, scheme: 'bearer' },
        'answer requests without a token with 401 beside this WWW-Authenticate',
      ),
      payment: states(
        'Got 402: the server asks for a payment, not for a token',
        'pay, or ask the operator of the server: logging in does not help',
      ),
      'rpc-error': says(
        ({ status, message }: Texts<'status' | 'message'>) =>
          `Got ${status} with a JSON-RPC error to a first request without a token: ${message}`,
        { status: 400, message: '"Bad Request: Server not initialized"' },
        'correct what the error says: the server refuses the first request of every client, and asks for no token',
      ),
      open: states(
        'Got 200 without a token: the server is open to everyone (if that is intended, it needs no login)',
        'answer 401 with WWW-Authenticate: Bearer to requests without a token, unless the server is meant to be open',
      ),
      forbidden: states(
        'Got 403 without a challenge: the client was refused, not asked for a token',
        'answer 401 with WWW-Authenticate: Bearer; if a filter in front of the server answers (firewall, allow-list, check of Host or Origin), let the path through',
      ),
      'in-body': says(
        ({ status, message }: Texts<'status' | 'message'>) =>
          `Got ${status} with an error in the body that asks for a token: ${message}`,
        { status: 200, message: '"Unauthorized"' },
        'answer with HTTP status 401 and WWW-Authenticate: Bearer: clients read the status, not the message',
      ),
      elsewhere: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Got 200 without a token: the server is open to everyone' },
        'point proxy.public_url at this proxy, or the route in front of it: something else answers there',
      ),
      'other-status': says(
        ({ status }: Texts<'status'>) =>
          `Got ${status} without a challenge: the client was not asked for a token`,
        { status: 404 },
      ),
    },
    hint: 'answer 401 with WWW-Authenticate: Bearer, not 302, 403 or 404',
    spec: 'RFC 9728 section 5.1, RFC 6750 section 3',
  },
  'prm-resource-metadata-param': {
    ...resource,
    severity: 'medium',
    title: 'the challenge does not point to metadata',
    cases: {
      broken: states(
        'The challenge is malformed, so its resource_metadata cannot be read',
        'correct the syntax of WWW-Authenticate: parameters are name="value", separated by commas',
      ),
      absent: states('The challenge has no resource_metadata'),
      relative: says(
        ({ url }: Texts<'url'>) => `resource_metadata is not an absolute URL: ${url}`,
        { url: '"/.well-known/oauth-protected-resource"' },
      ),
      http: says(
        ({ url }: Texts<'url'>) => `resource_metadata is not https: ${url}`,
        { url: '"http://mcp.example.com/.well-known/oauth-protected-resource"' },
        'set the public URL of the server to https, and do not build URLs from the Host header',
      ),
    },
    hint: 'add resource_metadata with the absolute https URL of the metadata',
    spec: 'RFC 9728 section 5.1',
  },
  'prm-location': {
    ...resource,
    severity: 'high',
    title: 'the metadata is not where clients look for it',
    cases: {
      nowhere: says(
        ({ n }: Texts<'n'>) => `None of ${n} locations has the metadata`,
        { n: 2 },
        'serve the metadata at /.well-known/oauth-protected-resource followed by the path of the server',
      ),
      elsewhere: says(
        ({ result, url, found }: Texts<'result' | 'url' | 'found'>) =>
          `${result} at ${url}; found at ${found}`,
        {
          result: '404',
          url: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
          found: 'https://mcp.example.com/.well-known/oauth-protected-resource',
        },
      ),
      challenge: says(
        ({ result, url, found }: Texts<'result' | 'url' | 'found'>) =>
          `${result} at ${url}, which the challenge names; found at ${found}`,
        {
          result: '200, but HTML',
          url: 'https://mcp.example.com/metadata',
          found: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
        },
        ({ found }) =>
          `set resource_metadata in WWW-Authenticate to ${brief(found)}: clients that have the parameter ask nowhere else`,
      ),
    },
    hint: 'serve the metadata at the location with the inserted path too',
    spec: 'RFC 9728 section 3.1',
  },
  'prm-resource': {
    ...resource,
    severity: 'fatal',
    title: 'the metadata is about another resource',
    cases: {
      other: says(
        ({ resource, url }: Texts<'resource' | 'url'>) =>
          `resource is ${resource}, you called ${url}`,
        { resource: '"https://mcp.example.com"', url: '"https://mcp.example.com/mcp"' },
      ),
      near: says(
        ({ resource, url, what }: Texts<'resource' | 'url' | 'what'>) =>
          `resource is ${resource}, you called ${url}: differs in ${what}`,
        {
          resource: '"https://mcp.example.com/mcp/"',
          url: '"https://mcp.example.com/mcp"',
          what: 'the trailing slash',
        },
        ({ url }) => `publish ${url} as resource, character by character`,
      ),
      login: says(
        ({ url, resource }: Texts<'url' | 'resource'>) =>
          `The metadata of ${url} is about another resource: ${resource}`,
        { url: 'https://mcp.example.com/mcp', resource: 'https://other.example.com' },
        ({ resource }) =>
          `a token for it would go to a server that it is not for; if you trust both, pass --resource ${brief(resource)}`,
      ),
    },
    hint: 'publish the URL that clients call; the root instead of /mcp is the usual mistake',
    spec: 'RFC 9728 section 3.3',
  },
  'prm-duplicate-member': {
    ...resource,
    severity: 'high',
    title: 'a member of the resource metadata appears twice',
    says: says(
      ({ name, url }: Texts<'name' | 'url'>) =>
        `"${name}" appears twice in the protected resource metadata: ${url}`,
      { name: 'resource', url: 'https://mcp.example.com/.well-known/oauth-protected-resource' },
    ),
    hint: 'remove one of them: parsers disagree about which value counts',
    spec: 'RFC 8259 section 4, RFC 9728 section 3.2',
  },
  'prm-servers': {
    ...resource,
    severity: 'fatal',
    title: 'the metadata has no usable issuer',
    cases: {
      missing: states('authorization_servers is missing or empty'),
      misspelt: says(
        ({ name }: Texts<'name'>) => `authorization_servers is missing; there is ${name}`,
        { name: 'authorization_server' },
        ({ name }) => `rename ${name} to authorization_servers, with a list of issuers`,
      ),
      'not-list': says(
        ({ found }: Texts<'found'>) => `authorization_servers is ${found}, not a list`,
        { found: 'a string' },
        'publish authorization_servers as a JSON array of issuers',
      ),
      'not-issuer': says(
        ({ value }: Texts<'value'>) =>
          `authorization_servers contains something that is not an issuer: ${value}`,
        { value: '"https://id.example.com/.well-known/openid-configuration" is a metadata URL' },
      ),
      'no-login': says(
        ({ address }: Texts<'address'>) =>
          `${address} answers without a token and names no authorization server: there is nothing to log in to`,
        { address: 'https://mcp.example.com/mcp' },
        'call it without a token: it needs no login',
      ),
      unnamed: says(
        ({ address }: Texts<'address'>) => `${address} names no authorization server to log in at`,
        { address: 'https://mcp.example.com/mcp' },
        ({ address }) => `mcp-proxy discover ${address} shows what it publishes`,
      ),
      itself: says(
        ({ url }: Texts<'url'>) =>
          `authorization_servers contains the resource itself, which is not an issuer: ${url}`,
        { url: 'https://mcp.example.com/mcp' },
        'list the issuer of the authorization server instead of the resource',
      ),
      forbidden: says(
        ({ why }: Texts<'why'>) => `authorization_servers: ${why}`,
        { why: '169.254.169.254 is a cloud metadata address' },
        'list an issuer that clients can reach',
      ),
      second: says(
        ({ first, next }: Texts<'first' | 'next'>) =>
          `${first} has no metadata; ${next} after it has, but many clients ask only the first`,
        { first: '"https://old.example.com"', next: '"https://id.example.com"' },
        'list the issuer that has metadata first, or remove the other',
      ),
    },
    hint: 'list the exact issuer string, not the URL of a document',
    spec: 'RFC 9728 section 2, MCP authorization',
  },
  'prm-members': {
    ...resource,
    severity: 'high',
    title: 'members of the resource metadata are not what the specification says',
    cases: memberCases,
    hint: 'publish each member with the type of its specification, and leave out those without a value',
    spec: 'RFC 9728 section 2, RFC 9728 section 3.2',
  },
  'prm-scheme': {
    ...resource,
    severity: 'high',
    title: 'an https resource advertises http URLs',
    says: says(({ url }: Texts<'url'>) => `Advertises ${url} although it was called over https`, {
      url: '"http://mcp.example.com/mcp"',
    }),
    hint: 'set public_url, and do not build URLs from the Host header',
    spec: 'RFC 9728 section 2',
  },
  'prm-open': {
    ...resource,
    severity: 'fatal',
    title: 'the metadata is not publicly readable',
    cases: {
      protected: says(({ url }: Texts<'url'>) => `The metadata itself requires a token: ${url}`, {
        url: 'https://mcp.example.com/.well-known/oauth-protected-resource',
      }),
      'not-json': says(
        ({ url }: Texts<'url'>) => `The metadata cannot be read: ${url} is not a JSON object`,
        { url: 'https://mcp.example.com/.well-known/oauth-protected-resource' },
        'answer the metadata URL with the JSON document, not with a page',
      ),
      duplicate: says(
        ({ url }: Texts<'url'>) => `The metadata cannot be read: a member appears twice in ${url}`,
        { url: 'https://mcp.example.com/.well-known/oauth-protected-resource' },
        'remove one of them: parsers disagree about which value counts',
      ),
      type: says(
        ({ type }: Texts<'type'>) => `The metadata is served as ${type}`,
        { type: 'text/plain' },
        'serve it with Content-Type: application/json',
      ),
      status: says(
        ({ status }: Texts<'status'>) => `The metadata is served with ${status} instead of 200`,
        { status: 203 },
        'answer with status 200',
      ),
      marked: states(
        'The metadata begins with a byte order mark: strict JSON parsers refuse it',
        'serve the JSON without a byte order mark (U+FEFF) in front of it',
      ),
      cors: states(
        'Web pages cannot read it: no Access-Control-Allow-Origin',
        'add Access-Control-Allow-Origin: * to the metadata',
      ),
    },
    hint: 'exempt /.well-known from authentication',
    spec: 'RFC 9728 section 3.2',
  },
  'prm-scopes': {
    ...resource,
    severity: 'medium',
    title: 'the advertised scopes do not fit the resource',
    cases: {
      empty: states(
        'scopes_supported is empty',
        'list the scopes of the resource, or leave scopes_supported out',
      ),
      foreign: says(
        ({ scope, resource }: Texts<'scope' | 'resource'>) =>
          `Scope ${scope} belongs to another resource than ${resource}`,
        { scope: '"https://api.example.com/read"', resource: '"https://mcp.example.com/mcp"' },
      ),
      offline: states(
        'offline_access is not a scope of a resource: clients request it from the authorization server',
        'remove offline_access from scopes_supported and from the challenge',
      ),
    },
    hint: 'use scopes with the prefix of this resource',
    spec: 'MCP authorization, RFC 8707 section 2',
  },
} as const satisfies Record<string, ProblemSpec>
