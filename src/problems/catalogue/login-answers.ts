// What an authorization server answers to a login in place of a token.
import { login } from './login.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const rejected = ({ who, error }: Texts<'who' | 'error'>): string =>
  `${who} rejected the request: ${error}`

export const loginAnswerProblems = {
  'login-refused': {
    ...login,
    title: 'the authorization server rejected the request',
    cases: {
      other: says(rejected, { who: 'The token endpoint', error: 'invalid_grant (code expired)' }),
      code: says(
        rejected,
        { who: 'The token endpoint', error: 'invalid_grant (PKCE verification failed)' },
        'log in again: a code can be used once, for a minute or so; if it happens again, see with --explain whether redirect_uri and code_challenge reach the server unchanged',
      ),
      denied: says(
        rejected,
        { who: 'The registration endpoint', error: 'access_denied' },
        'allow this client at the authorization server, or pass one that it allows with --client-id: no person declined',
      ),
      'unknown-resource': says(
        rejected,
        {
          who: 'The authorization server',
          error: 'access_denied (Service not found: https://mcp.example.com/mcp)',
        },
        'create an API at Auth0 whose identifier is the resource, or name another one with --resource; --no-resource leaves it out',
      ),
      client: says(
        rejected,
        { who: 'The token endpoint', error: 'invalid_client' },
        'check --client-id, its secret, and how it is sent: --client-auth',
      ),
      grant: says(
        rejected,
        { who: 'The token endpoint', error: 'unauthorized_client' },
        'allow this grant for the client at the authorization server',
      ),
      flow: says(
        rejected,
        { who: 'The token endpoint', error: 'unsupported_grant_type' },
        'choose another flow: --device, or --client-credentials',
      ),
      scope: says(
        rejected,
        { who: 'The authorization endpoint', error: 'invalid_scope' },
        'ask for other scopes with --scope, or for none with --scope ""',
      ),
      resource: says(
        rejected,
        { who: 'The token endpoint', error: 'invalid_target' },
        'name the resource with --resource, or leave it out with --no-resource',
      ),
      request: says(
        rejected,
        { who: 'The token endpoint', error: 'invalid_request' },
        'some servers do not take the resource parameter: try --no-resource',
      ),
      redirect: says(
        rejected,
        { who: 'The registration endpoint', error: 'invalid_redirect_uri' },
        'register the redirect URI that is printed, or name another: --redirect-uri',
      ),
      metadata: says(
        rejected,
        { who: 'The registration endpoint', error: 'invalid_client_metadata' },
        'register a client by hand and pass it with --client-id: the server does not accept the metadata that MCP clients register',
      ),
      trouble: says(
        rejected,
        { who: 'The token endpoint', error: 'temporarily_unavailable' },
        'try again later',
      ),
      entra: says(
        rejected,
        { who: 'The authorization endpoint', error: 'invalid_target (AADSTS9010010)' },
        'Entra takes the resource from the scope alone: try --no-resource',
      ),
    },
    hint: 'look up the error in the documentation of the authorization server',
    spec: 'RFC 6749 section 5.2, RFC 7591 section 3.2.2',
  },
  'login-unsupported': {
    ...login,
    title: 'the authorization server does not offer what this login needs',
    cases: {
      authorization: says(
        ({ issuer }: Texts<'issuer'>) => `The metadata of ${issuer} has no authorization_endpoint`,
        { issuer: 'https://id.example.com' },
        'log in another way: --device or --client-credentials',
      ),
      device: says(
        ({ issuer }: Texts<'issuer'>) =>
          `The metadata of ${issuer} has no device_authorization_endpoint`,
        { issuer: 'https://id.example.com' },
        'leave --device out: this server does not offer logins by device code',
      ),
      token: says(
        ({ issuer }: Texts<'issuer'>) => `The metadata of ${issuer} has no token_endpoint`,
        { issuer: 'https://id.example.com' },
        'correct the metadata of the authorization server: no login works without it',
      ),
      unsafe: says(
        ({ issuer, why }: Texts<'issuer' | 'why'>) =>
          `The authorization_endpoint of ${issuer} must not be opened: ${why}`,
        { issuer: 'https://id.example.com', why: 'it is not https' },
        'correct the metadata of the authorization server',
      ),
    },
    hint: 'choose another flow: --device, or --client-credentials',
    spec: 'RFC 8414 section 2',
  },
  'login-mix-up': {
    ...login,
    severity: 'fatal',
    title: 'the answer came from another authorization server',
    cases: {
      other: says(
        ({ named, issuer }: Texts<'named' | 'issuer'>) =>
          `The authorization response names the issuer ${named}, the login was at ${issuer}`,
        { named: 'https://other.example', issuer: 'https://id.example.com' },
      ),
      near: says(
        ({ named, issuer, what }: Texts<'named' | 'issuer' | 'what'>) =>
          `The authorization response names the issuer ${named}, the login was at ${issuer}: differs in ${what}`,
        {
          named: 'https://id.example.com/',
          issuer: 'https://id.example.com',
          what: 'a trailing slash',
        },
        'make the authorization server send the issuer of its metadata as iss, character by character',
      ),
      twice: states('The authorization response names two issuers'),
      absent: says(
        ({ issuer }: Texts<'issuer'>) =>
          `The authorization response names no issuer, although ${issuer} announces that it always does`,
        { issuer: 'https://id.example.com' },
        'log in again; if it happens again, make the server send iss, or stop announcing authorization_response_iss_parameter_supported',
      ),
    },
    hint: 'do not use the code; log in again, and find out who answered',
    spec: 'RFC 9207 section 2.4, MCP authorization',
  },
  'login-unreachable': {
    ...login,
    outcome: 'undecided',
    title: 'the authorization server did not return a usable answer',
    cases: {
      answer: says(({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`, {
        url: 'https://id.example.com/token',
        why: 'connection refused (ECONNREFUSED)',
      }),
      foreign: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'https://id.example.com/token', why: 'it came as text/html' },
        'compare the endpoint in the metadata of the server with its documentation, and see what answers in its place',
      ),
      form: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        {
          url: 'https://id.example.com/token',
          why: 'it came as application/x-www-form-urlencoded',
        },
        'make the token endpoint answer in JSON (RFC 6749 section 5.1): it sent a token in a format that MCP clients cannot read',
      ),
      member: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'https://id.example.com/token', why: 'the token response has no token_type' },
        'make the token endpoint send access_token, and token_type with the value Bearer (RFC 6749 section 5.1): clients need both',
      ),
      'other-member': says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'https://id.example.com/token', why: 'scope of the token response is null' },
        'make the token endpoint leave the member out, or send expires_in as a number and scope and refresh_token as text (RFC 6749 section 5.1)',
      ),
      moved: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        {
          url: 'https://id.example.com/token',
          why: 'redirect to https://id.example.com/token/ after a POST',
        },
        'publish the address that it redirects to in the metadata of the authorization server; if that is a login page, exempt this path from it',
      ),
      twice: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'https://id.example.com/token', why: '"access_token" appears twice in it' },
        'make the authorization server send each member once: parsers disagree about which value counts',
      ),
      unregistered: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        {
          url: 'https://id.example.com/register',
          why: 'it came as text/html, with HTTP status 200',
        },
        'make the registration endpoint answer with 201 and client_id in JSON (RFC 7591 section 3.2.1); until then register a client by hand and pass --client-id',
      ),
      busy: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        {
          url: 'https://id.example.com/token',
          why: 'HTTP status 503, text/html, no OAuth error',
        },
        'try again later: the server is in trouble or too busy',
      ),
      private: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'https://10.0.0.5/token', why: 'a private address' },
        'pass --allow-private, if you trust the server whose metadata leads there',
      ),
      http: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No usable answer from ${url}: ${why}`,
        { url: 'http://id.example.com/token', why: 'not https' },
        'pass --allow-http to allow plain http beyond loopback',
      ),
    },
    hint: 'check network, proxy and certificate, then try again',
    spec: 'RFC 6749 section 5',
  },
} as const satisfies Record<string, ProblemSpec>
