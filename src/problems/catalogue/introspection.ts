// What the authorization server answers about a token (RFC 7662, RFC 9701).
import { advice, refused, unsettled } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const introspection = { group: 'introspection', ...refused } as const

const introspectionAdvice = { group: 'introspection', ...advice } as const

export const introspectionProblems = {
  'intro-reach': {
    group: 'introspection',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the introspection endpoint did not return a usable answer',
    cases: {
      failed: says(
        ({ why }: Texts<'why'>) => `introspection request failed: ${why}`,
        { why: 'connection refused (ECONNREFUSED)' },
        'check that the host and port of introspection_endpoint are reachable from here: mcp-proxy doctor looks at both',
      ),
      'not-found': says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 404, words: '' },
        'correct introspection_endpoint (--introspection-endpoint), or leave it out so that it is discovered',
      ),
      busy: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 429, words: '' },
        'raise cache_ttl so that fewer calls are made, or raise the rate limit at the authorization server',
      ),
      status: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 503, words: ': temporarily_unavailable' },
        'check the log of the authorization server',
      ),
      request: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 400, words: ': invalid_request (client_id is missing)' },
        'read the error of the server: it may expect another client_auth (client_secret_post or client_secret_basic); 406 or 415 suggests that this is not an RFC 7662 endpoint',
      ),
      html: states(
        'invalid introspection response: HTML or XML, not JSON',
        'correct introspection_endpoint (--introspection-endpoint): this is a page for people, often a login page',
      ),
      invalid: says(
        ({ why }: Texts<'why'>) => `invalid introspection response: ${why}`,
        { why: 'missing field `active`' },
        'correct introspection_endpoint (--introspection-endpoint): what answers there is not RFC 7662 introspection',
      ),
      signed: states(
        'invalid introspection response: a signed answer was not asked for',
        'set introspection_response to jwt, or turn signed answers off for this client',
      ),
      paused: says(
        ({ why }: Texts<'why'>) => `${why} (not asked again yet)`,
        { why: 'introspection endpoint returned 503' },
        'wait a few seconds: calls are paused because the last ones failed',
      ),
      endpoint: says(
        ({ why }: Texts<'why'>) => `${why}`,
        { why: 'the metadata of https://id.example.com names no introspection_endpoint' },
        'set introspection_endpoint (--introspection-endpoint), or token_validation to jwt (--strategy jwt)',
      ),
      'no-metadata': says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy:
            'compare the issuer https://id.example.com with iss of a token, or let the reverse proxy forward /.well-known',
        },
        ({ remedy }) => `${remedy}; or set auth.introspection_endpoint (--introspection-endpoint)`,
      ),
      gone: states('given up by the caller', 'repeat the request and wait for the answer'),
      closed: states(
        'the validator was closed',
        'repeat the request: the configuration was reloaded',
      ),
      fragment: states('not asked: what was sent is not a whole token', 'copy the whole token'),
      stranger: states(
        'not asked: the token is of none of the issuers that introspect',
        'request the token from a configured issuer',
      ),
    },
    hint: 'check introspection_endpoint: 404 means a wrong URL, 429 means slow down',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-duplicate-member': {
    group: 'introspection',
    ...unsettled,
    severity: 'high',
    refuses: 'always',
    title: 'a member of the introspection answer appears twice',
    says: says(
      ({ member }: Texts<'member'>) => `"${member}" appears twice in the introspection answer`,
      { member: 'active' },
    ),
    hint: 'report it to the operator of the authorization server: parsers disagree about which value counts',
    spec: 'RFC 8259 section 4, RFC 7662 section 2.2',
  },
  'intro-client-auth': {
    group: 'introspection',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the authorization server refused our own credentials',
    cases: {
      credentials: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}: the authorization server refused our own credentials (the token is not at fault)`,
        { status: 401, words: ': invalid_client' },
      ),
      client: says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        { answer: '401 invalid_client', client: 'mcp-proxy', method: 'client_secret_post' },
        'compare client_id and client_secret with the registration of the client at the authorization server',
      ),
      'client-encoded': says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        { answer: '401 invalid_client', client: 'mcp-proxy', method: 'client_secret_basic' },
        'compare client_id and client_secret with the registration of the client; if both are right, the server may not decode Basic: set client_auth to client_secret_basic_raw or client_secret_post',
      ),
      'client-method': says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method' | 'methods'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        {
          answer: '401 invalid_client',
          client: 'mcp-proxy',
          method: 'client_secret_basic',
          methods: 'client_secret_post',
        },
        ({ methods }) => `set client_auth to one of those that the server advertises: ${methods}`,
      ),
      'client-key': says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        { answer: '401 invalid_client', client: 'mcp-proxy', method: 'private_key_jwt' },
        'register the public key of client_key for this client at the authorization server',
      ),
      'client-certificate': says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        { answer: '401 invalid_client', client: 'mcp-proxy', method: 'tls_client_auth' },
        'register the certificate of client_cert for this client at the authorization server',
      ),
      forbidden: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}: the authorization server does not let our client introspect (the token is not at fault)`,
        { status: 403, words: ': access_denied' },
        'allow the client to introspect at the authorization server (a role, a scope or a client setting)',
      ),
    },
    hint: 'check client_id, client_auth and the secret, key or certificate of our client; look for a newline in the secret',
    spec: 'RFC 7662 section 2.3',
  },
  'intro-open': {
    ...introspectionAdvice,
    severity: 'medium',
    title: 'the introspection endpoint needs no authentication',
    says: states('The introspection endpoint answers without authentication'),
    hint: 'require client authentication at the introspection endpoint',
    spec: 'RFC 7662 section 2.1, RFC 7662 section 4',
  },
  'intro-active': {
    ...introspection,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is not active',
    cases: {
      inactive: states(
        'token is not active',
        'request a new token: it expired, was revoked, or is of another issuer (RFC 7662 gives no reason)',
      ),
      everywhere: says(
        ({ issuers }: Texts<'issuers'>) => `token is not active at any of ${issuers}`,
        { issuers: 'https://a.example.com, https://b.example.com' },
        'request a new token from one of these issuers',
      ),
      refused: says(
        ({ words }: Texts<'words'>) => `token is not active: the server answered ${words}`,
        { words: 'invalid_token (The token is expired)' },
      ),
      unsupported: says(
        ({ words }: Texts<'words'>) => `token is not active: the server answered ${words}`,
        { words: 'unsupported_token_type' },
        'set token_validation to jwt or both (--strategy): this server does not introspect such tokens',
      ),
      nonsense: says(
        ({ value, type }: Texts<'value' | 'type'>) =>
          `invalid introspection response: active is ${value} (${type})`,
        { value: '"true"', type: 'string' },
        'make the authorization server answer active with true or false (RFC 7662 section 2.2)',
      ),
    },
    hint: 'request a new token',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-inactive-valid': {
    ...introspectionAdvice,
    severity: 'high',
    title: 'a token that verifies locally is not active',
    says: states(
      'Signature and dates are valid, yet the token is inactive: it was revoked, or this client may not introspect it',
    ),
    hint: 'add our client to the audience of the token, and check the realm or tenant',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-aud': {
    ...introspection,
    severity: 'fatal',
    refuses: 'always',
    title: 'the introspection answer has no audience',
    says: says(({ why }: Texts<'why'>) => `The answer has no audience: ${why}`, {
      why: 'aud is absent',
    }),
    hint: 'make the authorization server return aud, or set auth.audience_claims (--audience-claim) to the member that contains it',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-claims': {
    ...introspection,
    severity: 'high',
    refuses: 'always',
    title: 'the introspection answer contradicts itself',
    cases: {
      contradicts: says(({ why }: Texts<'why'>) => `active, but ${why}`, {
        why: 'Expired 5 min ago (2026-11-28T16:00:00Z)',
      }),
      dates: says(
        ({ why }: Texts<'why'>) => `active, but ${why}`,
        { why: 'exp looks like milliseconds (1790000000000)' },
        'make the authorization server write exp, nbf and iat as numbers of seconds since 1970',
      ),
      differs: says(
        ({ why }: Texts<'why'>) => `active, but ${why}`,
        { why: 'aud is "a", in the token "b"' },
        'compare introspection_endpoint with the issuer of the token: the answer may be about another token',
      ),
    },
    hint: 'compare the clocks and the configured issuer: the local check decides',
    spec: 'RFC 7662 section 4',
  },
  'intro-latency': {
    ...introspectionAdvice,
    severity: 'medium',
    title: 'introspection is slow',
    says: says(({ p50 }: Texts<'p50'>) => `${p50} ms per call, uncached`, { p50: 350 }),
    hint: 'raise cache_ttl, or set token_validation to jwt',
    spec: 'RFC 7662 section 4',
  },
  'intro-jwt': {
    ...introspection,
    ...unsettled,
    severity: 'low',
    refuses: 'configured',
    title: 'the signed introspection answer does not verify',
    cases: {
      unsigned: says(
        ({ type }: Texts<'type'>) => `The answer is not signed: its content type is ${type}`,
        { type: 'application/json' },
        'turn signed introspection answers on for our client, or remove introspection_response = "jwt"',
      ),
      unverified: states(
        'The signed answer was not verified',
        'this should not happen: please report it',
      ),
      issuer: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `The signed answer is from ${iss}, expected ${expected}`,
        { iss: '"https://other.example.com"', expected: '"https://id.example.com"' },
        'set issuer to the exact iss of the answer, if you trust it',
      ),
      audience: says(
        ({ client }: Texts<'client'>) => `The signed answer is not for our client ${client}`,
        { client: '"mcp-proxy"' },
        'set client_id to the client that the authorization server answers to',
      ),
      check: says(({ check }: Texts<'check'>) => `The signed answer fails ${check}`, {
        check: 'sig-verify: The signature does not match key "2026-01"',
      }),
    },
    hint: 'correct the algorithm or the audience that is registered for our client',
    spec: 'RFC 9701 section 5, RFC 9701 section 8',
  },
} as const satisfies Record<string, ProblemSpec>
