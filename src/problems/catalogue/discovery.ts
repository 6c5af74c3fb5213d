// The checks about issuers, key sets and protected resources: what each one asks, what it says and what to do about it.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const advice = { refuses: 'never', outcome: 'rejected', http: undefined, oauth: undefined } as const
/** What is wrong with the authorization server is never the fault of a token. */
const unsettled = { outcome: 'undecided', http: 503, oauth: undefined } as const
const refused = { outcome: 'rejected', http: 401, oauth: 'invalid_token' } as const

const resource = { group: 'protected-resource', ...advice } as const
const server = { group: 'authorization-server', ...unsettled } as const
const serverAdvice = { group: 'authorization-server', ...advice } as const
const keySet = { group: 'key-set', ...refused } as const
const keySetAdvice = { group: 'key-set', ...advice } as const

/** A value of others in a remedy: no longer than a line can carry. */
const brief = (value: string | number): string => {
  const text = String(value)
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}

type MemberTexts = Texts<'member' | 'found' | 'wanted' | 'who' | 'need'>

const stopped = 'clients of the official TypeScript SDK refuse the document'

/** What is required stays, with a value. */
const omitted = ({ member, wanted, need }: MemberTexts): string =>
  need === 'required'
    ? `publish ${brief(member)} as ${wanted}`
    : `leave ${brief(member)} out where it has no value`

const corrected = ({ member, wanted, need }: MemberTexts): string =>
  `publish ${brief(member)} as ${wanted}${need === 'required' ? '' : ', or leave it out'}`

const example = {
  member: 'scopes_supported',
  found: 'a string',
  wanted: 'a list of strings',
  who: stopped,
  need: 'optional',
}

/** Members that have a wrong value, in whichever document. */
const memberCases = {
  null: says(
    ({ member, who }: MemberTexts) => `${member} is null: ${who}`,
    { ...example, found: 'null' },
    omitted,
  ),
  empty: says(
    ({ member, who }: MemberTexts) => `${member} is an empty string: ${who}`,
    { ...example, found: 'an empty string' },
    omitted,
  ),
  'no-items': says(
    ({ member }: MemberTexts) => `${member} is an empty list: members without values are left out`,
    { ...example, found: 'an empty list' },
    omitted,
  ),
  type: says(
    ({ member, found, wanted, who }: MemberTexts) => `${member} is ${found}, not ${wanted}: ${who}`,
    example,
    corrected,
  ),
}

/** Members that are not there. */
const requiredCases = {
  missing: says(
    ({ member, who }: MemberTexts) => `${member} is missing, and is required here: ${who}`,
    { ...example, member: 'subject_types_supported', found: 'missing', need: 'required' },
    corrected,
  ),
  needed: says(
    ({ member, found }: MemberTexts) =>
      `${member} is missing, and is required with ${found}: clients do not know which signatures are taken`,
    {
      ...example,
      member: 'token_endpoint_auth_signing_alg_values_supported',
      found: 'private_key_jwt in token_endpoint_auth_methods_supported',
      need: 'required',
    },
    corrected,
  ),
}

export const discoveryProblems = {
  'prm-challenge': {
    ...resource,
    severity: 'high',
    title: 'the resource does not challenge',
    cases: {
      'no-header': states(
        'Got 401 without a WWW-Authenticate header',
        'add WWW-Authenticate: Bearer resource_metadata="..." to the 401',
      ),
      'other-scheme': states(
        'Got 401 with a challenge that is not Bearer',
        'add a Bearer challenge to WWW-Authenticate',
      ),
      open: states(
        'Got 200 without a token: the server is open to everybody (if that is intended, it needs no login)',
        'answer 401 with WWW-Authenticate: Bearer to requests without a token, unless the server is meant to be open',
      ),
      forbidden: states(
        'Got 403 without a challenge: the client was refused, not asked for a token',
        'answer 401 with WWW-Authenticate: Bearer; if a filter in front of the server answers (firewall, allow-list, check of Host or Origin), let the path through',
      ),
      'in-body': says(
        ({ status, message }: Texts<'status' | 'message'>) =>
          `Got ${status} with a JSON-RPC error that asks for a token: ${message}`,
        { status: 200, message: '"Unauthorized"' },
        'answer with HTTP status 401 and WWW-Authenticate: Bearer: clients read the status, not the message',
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
    title: 'the metadata is not readable by everybody',
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
  'asm-duplicate-member': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'a member of the authorization server metadata appears twice',
    says: says(
      ({ name, url }: Texts<'name' | 'url'>) =>
        `"${name}" appears twice in the authorization server metadata: ${url}`,
      { name: 'issuer', url: 'https://id.example.com/.well-known/oauth-authorization-server' },
    ),
    hint: 'remove one of them: parsers disagree about which value counts',
    spec: 'RFC 8259 section 4, RFC 8414 section 3.2',
  },
  'asm-found': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'the metadata of the authorization server was not found',
    cases: {
      nowhere: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) => `None of ${n} locations answered: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          issuer: 'https://id.example.com',
        },
        'correct the issuer (--issuer), or the reverse proxy that hides /.well-known',
      ),
      guarded: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 401',
          issuer: 'https://id.example.com',
        },
        'exempt /.well-known from authentication: clients ask there before they have a token',
      ),
      failing: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 503',
          issuer: 'https://id.example.com',
        },
        'repeat the command when the authorization server is up again: it answers with an error of its own now',
      ),
      unreachable: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) => `None of ${n} locations answered: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: connection refused (ECONNREFUSED)',
          issuer: 'https://id.example.com',
        },
        'check host and port of the issuer: nothing answers there; run mcp-proxy doctor where the proxy runs',
      ),
      untrusted: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: certificate not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
          issuer: 'https://id.example.com',
        },
        'correct the certificate of the authorization server, or make this machine trust its authority (NODE_EXTRA_CA_CERTS)',
      ),
      refused: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://10.0.0.5: 10.0.0.5 is a private address',
          issuer: 'https://10.0.0.5',
        },
        'if this issuer in a private network is meant, allow it with --allow-private (allow_private); link-local addresses are never asked',
      ),
      redirected: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: redirect to another origin',
          issuer: 'https://id.example.com',
        },
        'serve the metadata there without a redirect; or configure the issuer that it leads to',
      ),
      garbled: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: not a readable HTTP answer (HPE_INVALID_CONSTANT)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server answer there with JSON over plain HTTP: the answer cannot be read',
      ),
      page: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is HTML or XML, not JSON (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server serve its metadata as JSON there: a page or a login form answers now',
      ),
      empty: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is empty (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server serve its metadata there: an empty answer comes now',
      ),
      syntax: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is not JSON: unexpected end (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'correct the document: it has to be one JSON object',
      ),
      'no-issuer': says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: missing field `issuer` (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        ({ issuer }) =>
          `put "issuer": "${brief(issuer)}" into the document: clients compare it with the address they asked`,
      ),
      twice: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: "issuer" appears twice (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'remove one of the two members: parsers disagree about which value counts',
      ),
      'not-http': states(
        'There is no location to ask: the issuer is not an http URL',
        'write the issuer as an https URL',
      ),
      failed: says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy: 'correct the issuer (--issuer), or the reverse proxy that hides /.well-known',
        },
        ({ remedy }) => String(remedy),
      ),
      unpublished: says(
        ({ address }: Texts<'address'>) =>
          `${address} publishes no metadata of an authorization server`,
        { address: 'https://mcp.example.com/mcp' },
        ({ address }) => `mcp-proxy discover ${address} shows every attempt`,
      ),
      login: says(
        ({ why }: Texts<'address' | 'why'>) => `${why}`,
        {
          address: 'https://mcp.example.com/mcp',
          why: 'auth server discovery failed: https://mcp.example.com/.well-known/oauth-authorization-server returned 404',
        },
        ({ address }) => `mcp-proxy discover ${address} shows every attempt`,
      ),
      pending: says(
        ({ issuer }: Texts<'issuer'>) => `no metadata of ${issuer} yet`,
        { issuer: 'https://id.example.com' },
        'wait: the metadata is being fetched',
      ),
    },
    hint: 'run mcp-proxy discover with the issuer: it shows each location that was asked',
    spec: 'RFC 8414 section 3.1, MCP authorization',
  },
  'asm-form': {
    ...serverAdvice,
    severity: 'low',
    title: 'the metadata is served in an unusual place',
    cases: {
      appended: states(
        'Only oauth-appended answers: standard clients do not ask there',
        'serve the metadata at /.well-known/oauth-authorization-server followed by the path of the issuer (the inserted path)',
      ),
      openid: says(
        ({ forms }: Texts<'forms'>) => `Only ${forms}: clients that know only RFC 8414 fail`,
        { forms: 'openid-appended answers' },
      ),
    },
    hint: 'serve the metadata at /.well-known/oauth-authorization-server with the inserted path too',
    spec: 'RFC 8414 section 3.1, RFC 8414 section 5, MCP authorization',
  },
  'asm-first': {
    ...serverAdvice,
    severity: 'high',
    title: 'another answer comes before the metadata',
    cases: {
      page: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
          status: 200,
          what: 'HTML',
        },
        'exempt /.well-known from the pages of the application: serve the metadata there, or answer 404',
      ),
      empty: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 204,
          what: 'an empty body',
        },
        'serve the metadata there, or answer 404: an empty success is no "not found"',
      ),
      other: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 200,
          what: 'something that is no metadata',
        },
        'serve the metadata there, or answer 404 with whatever body you like',
      ),
      redirect: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place:
            'https://id.example.com/.well-known/oauth-authorization-server redirects (302) to https://id.example.com/login, which',
          status: 200,
          what: 'HTML',
        },
        'exempt /.well-known from the redirect to the login page: serve the metadata there, or answer 404',
      ),
      issuer: says(
        ({ place, named }: Texts<'place' | 'named'>) =>
          `${place} has the metadata of ${named}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
          named: 'https://id.example.com',
        },
        'serve the metadata of the issuer that was asked for there, or answer 404',
      ),
      error: says(
        ({ place, status }: Texts<'place' | 'status'>) =>
          `${place} answers ${status}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 503,
        },
        'answer 404 where there is no metadata: an error of the server is no "not found"',
      ),
      silent: says(
        ({ place, why }: Texts<'place' | 'why'>) => `${place}: ${why}; clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          why: 'the connection was closed before the answer was complete',
        },
        'let the server answer 404 there: a closed connection or a time-out is no "not found"',
      ),
      broken: says(
        ({ place, why }: Texts<'place' | 'why'>) => `${place}: ${why}; clients may stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          why: 'the answer is called JSON and is not valid UTF-8',
        },
        'serve readable metadata there, or answer 404',
      ),
      detour: says(
        ({ place, target }: Texts<'place' | 'target'>) =>
          `${place} redirects to ${target}: clients that follow it find no metadata`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          target: 'https://login.example.com/',
        },
        'serve the metadata there, or answer 404 instead of a redirect',
      ),
    },
    hint: 'serve the metadata at the first location that clients ask, or answer 404 there',
    spec: 'MCP authorization, RFC 8414 section 3.2',
  },
  'asm-issuer': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'the metadata is of a different issuer',
    cases: {
      other: says(
        ({ named, asked, what }: Texts<'named' | 'asked' | 'what'>) =>
          `Document says ${named}, you asked ${asked} (${what} differs)`,
        {
          named: 'https://id.example.com/',
          asked: 'https://id.example.com',
          what: 'the trailing slash',
        },
        ({ named }) =>
          `set issuer (--issuer) to "${brief(named)}"; or set metadata_issuer to it, if the difference is intended`,
      ),
      login: says(
        ({ named, asked, what }: Texts<'named' | 'asked' | 'what'>) =>
          `Document says ${named}, you asked ${asked} (${what} differs)`,
        {
          named: 'https://id.example.com/',
          asked: 'https://id.example.com',
          what: 'the trailing slash',
        },
        'pass --metadata-issuer with the name that it gives, if the difference is intended',
      ),
      unexpected: says(
        ({ issuer, expected }: Texts<'issuer' | 'expected'>) =>
          `The issuer is ${issuer}, expected ${expected}`,
        { issuer: 'https://id.example.com', expected: 'https://login.example.com' },
        ({ issuer }) =>
          `pass --expect-issuer ${brief(issuer)} if this issuer is right; otherwise correct what points to it`,
      ),
      nearly: says(
        ({ issuer, expected, what }: Texts<'issuer' | 'expected' | 'what'>) =>
          `The issuer is ${issuer}, expected ${expected}: differs in ${what}`,
        {
          issuer: 'https://id.example.com/',
          expected: 'https://id.example.com',
          what: 'the trailing slash',
        },
        ({ issuer }) =>
          `pass --expect-issuer ${brief(issuer)} if this issuer is right; otherwise correct what points to it`,
      ),
    },
    hint: 'make both values identical, or set metadata_issuer if the difference is intended',
    spec: 'RFC 8414 section 3.3',
  },
  'asm-issuer-syntax': {
    ...serverAdvice,
    severity: 'high',
    title: 'the issuer is not a plain https URL',
    cases: {
      form: says(({ what }: Texts<'what'>) => `The issuer has ${what}`, { what: 'a query' }),
      credentials: states(
        'The issuer contains credentials',
        'remove the user name and the password from the issuer, and change the password',
      ),
      http: states(
        'The issuer has the scheme http',
        'serve the issuer over https; http is accepted here because allow_http is set',
      ),
    },
    hint: 'use an https URL without query, fragment and user name',
    spec: 'RFC 8414 section 2',
  },
  'asm-issuer-template': {
    ...serverAdvice,
    severity: 'fatal',
    title: 'the issuer is a template for many tenants',
    says: states('Multi-tenant template issuer'),
    hint: 'use the issuer of your tenant: put its id in place of the template',
    spec: 'OpenID Connect Discovery section 4.3',
  },
  'asm-agree': {
    ...serverAdvice,
    severity: 'medium',
    title: 'the two metadata documents disagree',
    says: says(
      ({ differences }: Texts<'differences'>) => `The metadata documents differ: ${differences}`,
      { differences: 'oauth and openid disagree on jwks_uri' },
    ),
    hint: 'serve the same document at every location',
    spec: 'RFC 8414 section 5',
  },
  'asm-members': {
    ...serverAdvice,
    severity: 'high',
    title: 'members of the authorization server metadata are not what the specification says',
    cases: { ...memberCases, ...requiredCases },
    hint: 'publish each member with the type of its specification, and leave out those without a value',
    spec: 'RFC 8414 section 2, RFC 8414 section 3.2, OpenID Connect Discovery section 3',
  },
  'asm-http': {
    ...serverAdvice,
    severity: 'medium',
    title: 'the metadata is served in an unusual way',
    cases: {
      redirect: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 200, findings: 'redirect to https://login.example.com/' },
        'answer the well-known location directly, without a redirect',
      ),
      type: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 200, findings: 'served as text/html' },
        'serve it with Content-Type: application/json',
      ),
      marked: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 200, findings: 'begins with a byte order mark, which strict parsers refuse' },
        'serve the JSON without a byte order mark (U+FEFF) in front of it',
      ),
      size: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 200, findings: '90210 bytes are many' },
        'leave out what clients do not need: each login downloads the document',
      ),
      slow: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 200, findings: 'took 3.4 s' },
        'cache the document at the authorization server: each login waits for it',
      ),
      status: says(
        ({ status, findings }: Texts<'status' | 'findings'>) => `${status}, ${findings}`,
        { status: 203, findings: 'not 200' },
        'answer with status 200',
      ),
    },
    hint: 'serve JSON with status 200, directly',
    spec: 'RFC 8414 section 3.2',
  },
  'asm-tls-urls': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'an endpoint is not an https URL',
    cases: {
      insecure: says(
        ({ field, url }: Texts<'field' | 'url'>) => `${field} is ${url}`,
        { field: 'token_endpoint', url: 'http://id.example.com/token' },
        'set the public base URL of the authorization server to https (behind a TLS terminator: trust X-Forwarded-Proto); for tests on http set allow_http (--allow-http)',
      ),
      template: says(
        ({ field, url }: Texts<'field' | 'url'>) => `${field} is ${url}, a placeholder`,
        { field: 'jwks_uri', url: 'https://your-domain/jwks' },
        'set the real base URL at the authorization server',
      ),
      local: says(
        ({ field, url }: Texts<'field' | 'url'>) =>
          `${field} is ${url}, which is the client's own machine`,
        { field: 'jwks_uri', url: 'https://localhost:8443/jwks' },
        'set the public host name at the authorization server',
      ),
    },
    hint: 'correct the base URL of the authorization server',
    spec: 'OAuth 2.1 section 1.5',
  },
  'asm-private-host': {
    ...server,
    severity: 'high',
    refuses: 'configured',
    title: 'an endpoint is not reachable for the public',
    cases: {
      refused: says(
        ({ field, why }: Texts<'field' | 'why'>) => `${field}: ${why}`,
        { field: 'token_endpoint', why: '169.254.169.254 is a cloud metadata address' },
        'publish the address of the authorization server itself',
      ),
      unresolved: says(
        ({ field, host }: Texts<'field' | 'host'>) =>
          `${field} names ${host}, which does not resolve`,
        { field: 'jwks_uri', host: 'id.internal' },
        'publish a host name that resolves for clients, or add its DNS record',
      ),
      private: says(
        ({ field, address }: Texts<'field' | 'address'>) => `${field} resolves to ${address}`,
        { field: 'jwks_uri', address: '10.0.0.5 (private)' },
      ),
    },
    hint: 'publish addresses that clients can reach; if private ones are intended, set allow_private (--allow-private)',
    spec: 'RFC 9728 section 7.7',
  },
  'asm-jwks-uri': {
    ...server,
    severity: 'fatal',
    refuses: 'configured',
    title: 'the metadata has no key set',
    cases: {
      absent: states('No jwks_uri'),
      introspection: states('No jwks_uri: tokens can only be introspected'),
    },
    hint: 'publish jwks_uri at the authorization server, set auth.jwks_uri (--jwks-uri), or set token_validation to introspection',
    spec: 'RFC 8414 section 2',
  },
  'asm-introspection': {
    ...server,
    severity: 'fatal',
    refuses: 'configured',
    title: 'the metadata has no introspection endpoint',
    cases: {
      absent: states('No introspection_endpoint'),
      legacy: says(
        ({ name }: Texts<'name'>) => `Advertised only under the old name ${name}`,
        { name: 'token_introspection_endpoint' },
        'publish it as introspection_endpoint too',
      ),
    },
    hint: 'publish introspection_endpoint at the authorization server, or set auth.introspection_endpoint (--introspection-endpoint)',
    spec: 'RFC 8414 section 2, RFC 7662 section 2',
  },
  'asm-pkce': {
    ...serverAdvice,
    severity: 'high',
    title: 'PKCE with S256 is not advertised',
    cases: {
      absent: states(
        'code_challenge_methods_supported is missing: many clients refuse to log in',
        'add "code_challenge_methods_supported": ["S256"] to the metadata',
      ),
      lacking: states(
        'code_challenge_methods_supported lacks S256',
        'add S256 to code_challenge_methods_supported',
      ),
      unstated: says(
        ({ issuer }: Texts<'issuer'>) =>
          `The metadata of ${issuer} does not say that it supports PKCE: clients must refuse to log in`,
        { issuer: 'https://id.example.com' },
        'pass --assume-s256 to try it: some servers support S256 without saying so (Entra, Cognito)',
      ),
      other: says(
        ({ issuer, methods }: Texts<'issuer' | 'methods'>) =>
          `${issuer} supports PKCE without S256 (${methods}): clients must refuse to log in`,
        { issuer: 'https://id.example.com', methods: 'plain' },
        'turn S256 on at the authorization server',
      ),
    },
    hint: 'advertise S256',
    spec: 'MCP authorization, RFC 7636 section 4.2',
  },
  'asm-registration': {
    ...serverAdvice,
    severity: 'low',
    title: 'clients must be registered by hand',
    says: states('Clients must be registered beforehand'),
    hint: 'enable client ID metadata documents, or dynamic client registration',
    spec: 'MCP authorization, RFC 7591',
  },
  'asm-iss-param': {
    ...serverAdvice,
    severity: 'low',
    title: 'authorization responses do not name the issuer',
    says: states('No iss in authorization responses'),
    hint: 'turn iss in authorization responses on, and announce it with authorization_response_iss_parameter_supported',
    spec: 'RFC 9207 section 3',
  },
  'asm-legacy-grants': {
    ...serverAdvice,
    severity: 'low',
    title: 'outdated grants are offered',
    says: says(({ grants }: Texts<'grants'>) => `Offers ${grants}`, {
      grants: 'password, implicit',
    }),
    hint: 'turn these grants off; OAuth 2.1 removes them',
    spec: 'OAuth 2.1, RFC 9700 section 2.4',
  },
  'jwks-duplicate-member': {
    group: 'key-set',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'a member of the key set appears twice',
    says: says(
      ({ name, url }: Texts<'name' | 'url'>) => `"${name}" appears twice in the key set: ${url}`,
      { name: 'kty', url: 'https://id.example.com/jwks.json' },
    ),
    hint: 'remove one of them: parsers disagree about which value counts',
    spec: 'RFC 7517 section 4, RFC 7517 section 5',
  },
  'jwks-fetch': {
    group: 'key-set',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set cannot be fetched',
    cases: {
      unreachable: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url}: ${why}`,
        { url: 'https://id.example.com/jwks', why: 'connection refused (ECONNREFUSED)' },
        'check that host and port of jwks_uri are reachable from here; cached keys are used until jwks_max_stale is over',
      ),
      status: says(
        ({ url, status }: Texts<'url' | 'status'>) => `${url}: answered ${status}`,
        { url: 'https://id.example.com/jwks', status: 404 },
        'correct jwks_uri (--jwks-uri), or leave it out so that it is discovered from the metadata',
      ),
      html: says(
        ({ url }: Texts<'url'>) => `${url}: the answer is HTML, not a key set`,
        { url: 'https://id.example.com/jwks' },
        'set jwks_uri (--jwks-uri) to the key set: this URL leads to a page for people, often a login page',
      ),
      'not-keys': says(
        ({ url }: Texts<'url'>) => `${url}: the answer is not a key set`,
        { url: 'https://id.example.com/jwks' },
        'set jwks_uri (--jwks-uri) to the document with the member keys; the metadata document is a common mistake',
      ),
      'no-uri': says(
        ({ issuer }: Texts<'issuer'>) => `the metadata of ${issuer} names no jwks_uri`,
        { issuer: 'https://id.example.com' },
        'set auth.jwks_uri (--jwks-uri), or set token_validation to introspection (--strategy introspection)',
      ),
      'no-metadata': says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy: 'correct the issuer (--issuer), or the reverse proxy that hides /.well-known',
        },
        ({ remedy }) => `${remedy}; or set auth.jwks_uri (--jwks-uri)`,
      ),
      emptied: says(
        ({ url }: Texts<'url'>) =>
          `${url}: the set has no usable key; the earlier one is kept for now`,
        { url: 'https://id.example.com/jwks' },
        'publish the signing keys again: the earlier set is used for ten minutes',
      ),
      pending: states('the key set has not been fetched yet', 'wait: the key set is being fetched'),
      stale: says(
        ({ why, age }: Texts<'why' | 'age'>) => `${why}; the last key set is too old (${age} s)`,
        { why: 'https://id.example.com/jwks: answered 503', age: 90_000 },
        'make jwks_uri answer again, or raise jwks_max_stale',
      ),
      'new-kid': says(
        ({ why, kid }: Texts<'why' | 'kid'>) => `${why}; kid ${kid} is not in the last key set`,
        { why: 'https://id.example.com/jwks: answered 503', kid: '"2026-02"' },
        'make jwks_uri answer again: the key may be new',
      ),
      gone: states('given up by the caller', 'repeat the request and wait for the answer'),
      loose: says(
        ({ findings, url }: Texts<'findings' | 'url'>) => `${findings}: ${url}`,
        { findings: 'served as text/plain', url: 'https://id.example.com/jwks' },
        'serve the key set directly, with Content-Type: application/jwk-set+json',
      ),
    },
    hint: 'check the network and the authorization server; cached keys are used until jwks_max_stale is over',
    spec: 'RFC 7517 section 5',
  },
  'jwks-usable': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set has no usable key',
    cases: {
      empty: states(
        '0 keys, none usable: the set is empty',
        'configure an asymmetric signing key at the authorization server: an empty set usually means that it signs with HS256',
      ),
      unfit: says(
        ({ n, why }: Texts<'n' | 'why'>) => `${n} keys, none usable: ${why}`,
        { n: 1, why: 'key 1: RSA/RSA-OAEP/enc' },
        'publish a key for signatures (use "sig") of RSA with 2048 bits or more, P-256, P-384, P-521 or Ed25519',
      ),
      flawed: says(
        ({ n, why }: Texts<'n' | 'why' | 'remedy'>) => `${n} keys, none usable: ${why}`,
        {
          n: 1,
          why: 'kid "2026-01" lacks n and e',
          remedy: 'publish these members of the key: clients ignore it without them',
        },
        ({ remedy }) => String(remedy),
      ),
      incomplete: says(
        ({ key, lacking }: Texts<'key' | 'lacking'>) => `${key} lacks ${lacking}`,
        { key: 'kid "2026-01"', lacking: 'n and e' },
        'publish these members of the key: clients ignore it without them',
      ),
      certificate: says(
        ({ key, lacking }: Texts<'key' | 'lacking'>) =>
          `${key} lacks ${lacking}: its certificate (x5c) does not replace them`,
        { key: 'kid "2026-01"', lacking: 'n and e' },
        'publish the members of the key beside its certificate: clients take the key from them',
      ),
      unknown: says(
        ({ key, what }: Texts<'key' | 'what'>) => `${key}: ${what} is not supported here`,
        { key: 'kid "2026-01"', what: 'kty "AKP"' },
        'sign with a key of RSA, P-256, P-384, P-521 or Ed25519, and publish it too',
      ),
      unreadable: says(
        ({ key, type }: Texts<'key' | 'type'>) => `${key}: not a readable ${type} key`,
        { key: 'kid "2026-01"', type: 'RSA' },
        'publish the key again with all members of its type, in base64url',
      ),
      'not-allowed': says(
        ({ keys, algorithms }: Texts<'keys' | 'algorithms'>) =>
          `${keys}, none of them for auth.algorithms (${algorithms})`,
        { keys: '2 keys', algorithms: 'ES256' },
        'add the algorithm of the published keys to auth.algorithms, or publish a key for the allowed ones',
      ),
      many: says(
        ({ n }: Texts<'n'>) => `${n} keys or more: only that many are read`,
        { n: 1000 },
        'remove the keys that are not used from the key set',
      ),
    },
    hint: 'publish an asymmetric signing key',
    spec: 'RFC 7517 section 5',
  },
  'jwks-duplicate-kid': {
    ...keySetAdvice,
    severity: 'high',
    title: 'several keys share one kid',
    says: says(({ kid, n }: Texts<'kid' | 'n'>) => `${n} keys have the kid ${kid}`, {
      kid: '"main"',
      n: 2,
    }),
    hint: 'give each key its own kid',
    spec: 'RFC 7517 section 4.5',
  },
  'jwks-missing-kid': {
    ...keySetAdvice,
    severity: 'medium',
    title: 'keys without kid',
    says: says(({ n, total }: Texts<'n' | 'total'>) => `${n} of ${total} keys have no kid`, {
      n: 1,
      total: 2,
    }),
    hint: 'give each key a kid',
    spec: 'RFC 7517 section 4.5',
  },
  'jwks-weak-key': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key is too weak',
    cases: {
      short: says(
        ({ key, bits }: Texts<'key' | 'bits'>) => `${key}: ${bits}-bit RSA`,
        { key: 'kid "old"', bits: 1024 },
        'replace the key with RSA of 2048 bits or more, or with P-256',
      ),
      exponent: says(
        ({ key }: Texts<'key'>) => `${key}: unsafe public exponent`,
        { key: 'kid "old"' },
        'replace the key with one of exponent 65537',
      ),
      long: says(
        ({ key, bits }: Texts<'key' | 'bits'>) => `${key}: ${bits}-bit RSA is too large`,
        { key: 'kid "big"', bits: 32_768 },
        'replace the key with RSA of 2048 to 4096 bits',
      ),
      roca: says(
        ({ key }: Texts<'key'>) => `${key}: its private key can be computed (ROCA, CVE-2017-15361)`,
        { key: 'kid "card"' },
        'replace the key now: generate it outside the affected device',
      ),
    },
    hint: 'replace the key',
    spec: 'RFC 7518 section 3.3, RFC 8725 section 3.4',
  },
  'jwks-private-key': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set publishes a private key',
    says: says(({ key }: Texts<'key'>) => `PRIVATE KEY PUBLISHED in ${key} (value not shown)`, {
      key: 'kid "2026-01"',
    }),
    hint: 'revoke and replace the key now',
    spec: 'RFC 7517 section 9.2',
  },
  'jwks-symmetric': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set publishes a shared secret',
    says: says(({ key }: Texts<'key'>) => `Shared secret published as ${key} (value not shown)`, {
      key: 'kid "hmac"',
    }),
    hint: 'replace the secret now, and publish asymmetric keys only',
    spec: 'RFC 7518 section 6.4',
  },
  'jwks-x5c': {
    ...keySetAdvice,
    severity: 'medium',
    title: 'a certificate does not fit its key',
    says: says(({ key, why }: Texts<'key' | 'why'>) => `The certificate of ${key}: ${why}`, {
      key: 'kid "2026-01"',
      why: 'it expired on 2026-01-31',
    }),
    hint: 'publish the key with its current certificate, or without one',
    spec: 'RFC 7517 section 4.7',
  },
  'jwks-cache': {
    ...keySetAdvice,
    severity: 'low',
    title: 'the key set has an unhelpful cache lifetime',
    cases: {
      forbidden: states('max-age is none: the answer forbids reuse'),
      unstated: states('max-age is none: each verifier chooses its own lifetime'),
      short: says(
        ({ age }: Texts<'age'>) => `max-age is ${age}: too short, verifiers ask all the time`,
        { age: 10 },
      ),
      long: says(({ age }: Texts<'age'>) => `max-age is ${age}: too long for an urgent rotation`, {
        age: 604_800,
      }),
      cached: says(
        ({ age, held }: Texts<'age' | 'held'>) =>
          `max-age is ${age}: a cache in between returned it at the age of ${held}`,
        { age: 300, held: 900 },
        'make the cache in front of jwks_uri respect max-age, or exclude the key set from it',
      ),
    },
    hint: 'send Cache-Control: max-age between 300 and 86400, below the overlap of a rotation',
    spec: 'RFC 9111 section 5.2',
  },
  'jwks-rotation': {
    ...keySetAdvice,
    severity: 'info',
    title: 'only one key is published',
    says: states('One key: the next rotation will cut off verifiers that cached the set'),
    hint: 'publish the next key before it signs',
    spec: 'OpenID Connect Core section 10.1.1',
  },
} as const satisfies Record<string, ProblemSpec>
