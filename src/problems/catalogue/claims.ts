// Who issued the token, for whom, and what it allows.
import { advice, refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const claims = { group: 'claims', ...refused } as const

const claimAdvice = { group: 'claims', ...advice } as const

/** What shows the kind of a token: a member, or the value of one. */
type KindSign = {
  readonly member: string
  readonly value?: string
}

const otherKind =
  (kind: string) =>
  ({ member, value }: KindSign): string =>
    `This is ${kind}, not an access token: ${value === undefined ? `it has ${member}` : `${member} is "${value}"`}`

/** The kinds of JWT that are taken for access tokens. */
const tokenKinds = {
  id: says<KindSign>(
    otherKind('an ID token'),
    { member: 'at_hash' },
    'send the access_token of the same token response instead of its id_token; if that one is not a JWT for this server, request a token with its resource or its scopes',
  ),
  refresh: says<KindSign>(
    otherKind('a refresh token'),
    { member: 'token_use', value: 'refresh' },
    'exchange it at the token endpoint (grant_type refresh_token), and send the access_token of the answer; no server but the token endpoint may see a refresh token',
  ),
  logout: says<KindSign>(
    otherKind('a logout token'),
    { member: 'events', value: 'a back-channel logout' },
    'send the access_token of the login: a logout token is only for the logout endpoint of a client',
  ),
  proof: says<KindSign>(
    otherKind('a DPoP proof'),
    { member: 'htm and htu' },
    'send the access token in Authorization, and the proof in the DPoP header',
  ),
  introspection: says<KindSign>(
    otherKind('an introspection response'),
    { member: 'token_introspection' },
    'send the token that was introspected, not the signed answer about it',
  ),
  event: says<KindSign>(
    otherKind('a security event token'),
    { member: 'typ', value: 'secevent+jwt' },
    'send the access_token of the token response: a security event is for its receiver (RFC 8935)',
  ),
  request: says<KindSign>(
    otherKind('an authorization request'),
    { member: 'typ', value: 'oauth-authz-req+jwt' },
    'send this to the authorization endpoint as request, and send the access_token of the login here',
  ),
  assertion: says<KindSign>(
    otherKind('a client assertion'),
    { member: 'typ', value: 'client-authentication+jwt' },
    'send this to the token endpoint as client_assertion, and send the access_token of the response here',
  ),
}

export const claimProblems = {
  'claim-iss': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token was issued by another issuer',
    cases: {
      other: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) => `iss is ${iss}, expected ${expected}`,
        { iss: '"https://other.example.com"', expected: '"https://id.example.com"' },
        ({ iss }) =>
          `request the token from the expected issuer; or set auth.issuer (--issuer) to ${iss}, if you trust that issuer`,
      ),
      near: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) => `iss is ${iss}, expected ${expected}`,
        { iss: '"https://id.example.com/"', expected: '"https://id.example.com"' },
        ({ iss }) =>
          `set auth.issuer (--issuer) to exactly ${iss}, if that is the issuer you trust`,
      ),
      internal: says(
        ({ iss, expected }: Texts<'iss' | 'expected' | 'public'>) =>
          `iss is ${iss}, expected ${expected}: one of them is the name of an internal host`,
        {
          iss: '"http://keycloak:8080/realms/dev"',
          expected: '"https://id.example.com/realms/dev"',
          public: '"https://id.example.com/realms/dev"',
        },
        ({ public: name }) =>
          `set the public host name at the authorization server (Keycloak: KC_HOSTNAME), so that it uses the same issuer at every address, and set auth.issuer (--issuer) to the public one: ${name}`,
      ),
      tenant: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `iss is ${iss}, expected ${expected}: another tenant`,
        {
          iss: '"https://id.example.com/realms/dev"',
          expected: '"https://id.example.com/realms/main"',
        },
        ({ iss, expected }) =>
          `log in at the tenant ${expected}; or set auth.issuer (--issuer) to ${iss}, if this server is for that tenant`,
      ),
      adfs: says(
        ({ iss, expected }: Texts<'iss' | 'expected' | 'keys'>) =>
          `iss is ${iss}, expected ${expected}: AD FS names its service in access tokens (access_token_issuer in its metadata)`,
        {
          iss: '"http://adfs.example.com/adfs/services/trust"',
          expected: '"https://adfs.example.com/adfs"',
          keys: '"https://adfs.example.com/adfs/discovery/keys"',
        },
        ({ iss, keys }) =>
          `set auth.issuer (--issuer) to ${iss} and auth.jwks_uri (--jwks-uri) to ${keys}: nothing is published at that issuer`,
      ),
      api: says(
        ({ iss, expected, api }: Texts<'iss' | 'expected' | 'api' | 'remedy'>) =>
          `The token is for ${api}: iss is ${iss}, expected ${expected}`,
        {
          iss: '"https://sts.windows.net/11111111-2222-3333-4444-555555555555/"',
          expected: '"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"',
          api: 'Microsoft Graph',
          remedy: 'request a scope of your own API (api://<app>/<scope>)',
        },
        ({ api, remedy }) => `${remedy}: a token for ${api} is accepted only there`,
      ),
      workload: says(
        ({ iss, expected, workload }: Texts<'iss' | 'expected' | 'workload'>) =>
          `This is ${workload}: iss is ${iss}, expected ${expected}`,
        {
          iss: '"https://token.actions.githubusercontent.com"',
          expected: '"https://id.example.com"',
          workload: 'an OIDC token of a GitHub Actions job',
        },
        ({ expected }) => `log in at ${expected} and send the access token that it issues`,
      ),
      'not-url': says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `iss is ${iss}, expected ${expected}: not an http URL`,
        { iss: '"acme"', expected: '"https://id.example.com"' },
        ({ expected }) =>
          `make the authorization server set iss to its https URL (${expected} is expected): no other issuer can be configured`,
      ),
      absent: says(
        ({ expected }: Texts<'expected'>) => `iss is absent, expected ${expected}`,
        { expected: '"https://id.example.com"' },
        'make the authorization server set iss, or send an access token of this issuer instead',
      ),
    },
    hint: 'set auth.issuer (--issuer) to the exact iss of the token, if you trust that issuer',
    spec: 'RFC 9068 section 4, RFC 8725 section 3.8',
  },
  'claim-iss-near-miss': {
    ...claimAdvice,
    severity: 'high',
    title: 'the issuer is almost the expected one',
    says: says(({ b, what }: Texts<'b' | 'what'>) => `iss differs from ${b} only by ${what}`, {
      b: 'https://id.example.com',
      what: 'a trailing slash',
    }),
    hint: 'copy the string exactly: issuers are never normalised',
    spec: 'RFC 8414 section 3.3',
  },
  'claim-aud': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token was issued for another audience',
    cases: {
      other: says(
        ({ aud, expected }: Texts<'aud' | 'expected'>) => `aud is ${aud}, expected ${expected}`,
        { aud: '"https://api.example.com"', expected: '"https://mcp.example.com/mcp"' },
        ({ aud, expected }) =>
          `request the token for ${expected} (parameter resource, RFC 8707); or add ${aud} to auth.audience (--audience), if tokens for it may be used here`,
      ),
      near: says(
        ({ aud, expected }: Texts<'aud' | 'near' | 'expected'>) =>
          `aud is ${aud}, expected ${expected}`,
        {
          aud: '"https://mcp.example.com/mcp/"',
          near: '"https://mcp.example.com/mcp/"',
          expected: '"https://mcp.example.com/mcp"',
        },
        ({ near }) =>
          `set auth.audience (--audience) and proxy.public_url to exactly ${near}, or make the client request the expected audience`,
      ),
      joined: says(
        ({ aud, expected }: Texts<'aud' | 'expected'>) =>
          `aud is ${aud}, one string with several audiences; expected ${expected}`,
        {
          aud: '"account https://mcp.example.com/mcp"',
          expected: '"https://mcp.example.com/mcp"',
        },
        'make the authorization server write several audiences as a JSON list of strings',
      ),
      api: says(
        ({ aud, expected, api }: Texts<'aud' | 'expected' | 'api' | 'remedy'>) =>
          `The token is for ${api}: aud is ${aud}, expected ${expected}`,
        {
          aud: '"https://graph.microsoft.com"',
          expected: '"https://mcp.example.com/mcp"',
          api: 'Microsoft Graph',
          remedy: 'request a scope of your own API (api://<app>/<scope>)',
        },
        ({ api, remedy }) => `${remedy}: a token for ${api} is accepted only there`,
      ),
      shared: says(
        ({ aud, expected }: Texts<'aud' | 'expected'>) =>
          `aud is ${aud}, which every token of this provider has; expected ${expected}`,
        { aud: '"account"', expected: '"https://mcp.example.com/mcp"' },
        ({ expected }) =>
          `configure the authorization server to add ${expected} to aud (an audience mapper, an API or a resource)`,
      ),
    },
    hint: 'request the token for this resource, or add its audience to auth.audience (--audience)',
    spec: 'RFC 9068 section 4, RFC 8707 section 2',
  },
  'claim-aud-missing': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token has no audience',
    says: says(({ why }: Texts<'why'>) => `The token has no audience: ${why}`, {
      why: 'aud is absent',
    }),
    hint: 'make the authorization server bind tokens to the requested resource (RFC 8707), or set auth.audience_claims (--audience-claim) to the claim that contains it',
    spec: 'RFC 9068 section 2.2',
  },
  'claim-aud-near-miss': {
    ...claimAdvice,
    severity: 'high',
    title: 'the audience is almost the expected one',
    says: says(
      ({ a, b, what }: Texts<'a' | 'b' | 'what'>) =>
        `aud ${a} differs from ${b} only by ${what}; did the client ask for resource=${a}?`,
      {
        a: 'https://mcp.example.com/mcp/',
        b: 'https://mcp.example.com/mcp',
        what: 'a trailing slash',
      },
    ),
    hint: 'use one string for the resource everywhere: in auth.audience, in proxy.public_url and at the authorization server',
    spec: 'RFC 8707 section 2, RFC 9728 section 3.3',
  },
  'claim-aud-broad': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the token is valid elsewhere too',
    says: says(({ others }: Texts<'others'>) => `The token is also valid at ${others}`, {
      others: '"https://api.example.com"',
    }),
    hint: 'issue tokens with one audience each',
    spec: 'RFC 9700 section 2.3',
  },
  'claim-token-kind': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'this is not an access token',
    cases: tokenKinds,
    hint: 'send the access_token of the token response',
    spec: 'RFC 9068 section 5, RFC 8725 section 3.12',
  },
  'claim-scope': {
    ...claims,
    severity: 'high',
    refuses: 'configured',
    title: 'a required scope is missing',
    cases: {
      missing: says(
        ({ list, req }: Texts<'list' | 'req'>) => `Missing scope ${list}; required are ${req}`,
        { list: '"tools:write"', req: '"tools:read", "tools:write"' },
      ),
      spelling: says(
        ({ list, req }: Texts<'list' | 'req' | 'near'>) =>
          `Missing scope ${list}; required are ${req}: the token has it in different letter case`,
        { list: '"tools:write"', req: '"tools:write"', near: '"Tools:Write"' },
        ({ near }) =>
          `require ${near} (auth.required_scopes, --require-scope), or correct its name at the authorization server: scopes are compared letter by letter`,
      ),
      elsewhere: says(
        ({ list, req, claim }: Texts<'list' | 'req' | 'claim'>) =>
          `Missing scope ${list}; required are ${req}: the token has it in ${claim}`,
        { list: '"tools:write"', req: '"tools:write"', claim: 'permissions' },
        ({ claim }) =>
          `set auth.scope_claims to ["${claim}"] (--scope-claim ${claim}), if its values are meant as scopes; or make the authorization server put them into scope`,
      ),
    },
    hint: 'request the missing scopes; if the user granted them, check that the authorization server puts them into the token',
    http: 403,
    oauth: 'insufficient_scope',
    spec: 'RFC 6750 section 3.1',
  },
  'claim-scope-shape': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the scopes have an unusual form',
    says: says(
      ({ claim, type }: Texts<'claim' | 'type'>) => `Scopes found in "${claim}" as ${type}`,
      { claim: 'permissions', type: 'an array' },
    ),
    hint: 'set auth.scope_claims (--scope-claim) to the claim that contains the scopes',
    spec: 'RFC 9068 section 2.2.3, RFC 8693 section 4.2',
  },
  'claim-identity': {
    ...claims,
    severity: 'medium',
    refuses: 'configured',
    title: 'a claim that identifies the token or its subject is missing',
    cases: {
      strict: says(
        ({ claims }: Texts<'claims'>) => `No ${claims}: the profile strict requires it`,
        { claims: 'client_id, jti' },
      ),
      client: states('No client_id: the client is unknown'),
      substitute: says(({ claim }: Texts<'claim'>) => `No sub; using ${claim}`, { claim: 'azp' }),
      caller: states('No sub: the caller is known by the token alone'),
    },
    hint: 'make the authorization server issue RFC 9068 access tokens, or set auth.profile to lenient (--profile lenient)',
    spec: 'RFC 9068 section 2.2',
  },
  'claim-groups-overage': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the groups may be missing from the token',
    cases: {
      elsewhere: states('The groups are not all in the token: _claim_names points elsewhere'),
      flagged: states('The groups are not all in the token: hasgroups is set'),
      near: says(
        ({ n }: Texts<'n'>) => `${n} groups are close to the limit at which issuers leave them out`,
        { n: 180 },
      ),
    },
    hint: 'use app roles instead of groups',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
