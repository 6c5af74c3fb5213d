// What the metadata of an issuer says (RFC 8414).
import { brief, memberCases, serverMemberCases } from './members.ts'
import { advice, unsettled } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const server = { group: 'authorization-server', ...unsettled } as const

const serverAdvice = { group: 'authorization-server', ...advice } as const

export const authorizationServerProblems = {
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
  'asm-issuer': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'the metadata is for a different issuer',
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
      internal: says(
        ({ named, asked }: Texts<'named' | 'asked' | 'public'>) =>
          `Document says ${named}, you asked ${asked}: one of them is the name of an internal host`,
        {
          named: 'http://keycloak:8080/realms/dev',
          asked: 'https://id.example.com/realms/dev',
          public: 'https://id.example.com/realms/dev',
        },
        ({ public: name }) =>
          `set the public host name at the authorization server (Keycloak: KC_HOSTNAME), so that it uses the same issuer at every address, and set issuer (--issuer) to the public one: "${brief(name)}"`,
      ),
      unserved: says(
        ({ named, asked, what }: Texts<'named' | 'asked' | 'what' | 'place'>) =>
          `Document says ${named}, you asked ${asked} (${what} differs); ${named} itself did not return metadata`,
        {
          named: 'https://internal.example.com',
          asked: 'https://id.example.com',
          what: 'the host',
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
        },
        ({ named, asked, place }) =>
          `make the document at ${brief(place)} say "issuer": "${brief(asked)}"; or, if tokens do say "${brief(named)}", set metadata_issuer (--metadata-issuer) to it`,
      ),
      login: says(
        ({ named, asked, what }: Texts<'named' | 'asked' | 'what'>) =>
          `Document says ${named}, you asked ${asked} (${what} differs)`,
        {
          named: 'https://id.example.com/',
          asked: 'https://id.example.com',
          what: 'the trailing slash',
        },
        'pass --metadata-issuer and the issuer that it names, if the difference is intended',
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
    cases: { ...memberCases, ...serverMemberCases },
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
      empty: says(
        ({ field }: Texts<'field'>) => `${field} is an empty string`,
        { field: 'registration_endpoint' },
        ({ field }) => `leave ${field} out where there is none, or publish its https URL`,
      ),
      relative: says(
        ({ field, url }: Texts<'field' | 'url'>) => `${field} is ${url}, not an absolute URL`,
        { field: 'token_endpoint', url: '/token' },
        ({ field }) => `publish the whole https URL as ${field}: clients do not add a base URL`,
      ),
      scheme: says(
        ({ field, url, scheme }: Texts<'field' | 'url' | 'scheme'>) =>
          `${field} is ${url}, of the scheme ${scheme}`,
        { field: 'authorization_endpoint', url: 'ftp://id.example.com/authorize', scheme: 'ftp' },
        ({ field }) => `publish an https URL as ${field}`,
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
    title: 'an endpoint is not publicly reachable',
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
        'enable S256 at the authorization server',
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
    hint: 'enable iss in authorization responses, and advertise it with authorization_response_iss_parameter_supported',
    spec: 'RFC 9207 section 3',
  },
  'asm-legacy-grants': {
    ...serverAdvice,
    severity: 'low',
    title: 'outdated grants are offered',
    says: says(({ grants }: Texts<'grants'>) => `Offers ${grants}`, {
      grants: 'password, implicit',
    }),
    hint: 'disable these grants: OAuth 2.1 removes them',
    spec: 'OAuth 2.1, RFC 9700 section 2.4',
  },
} as const satisfies Record<string, ProblemSpec>
