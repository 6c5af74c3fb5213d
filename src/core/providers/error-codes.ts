// The errors of single authorization servers that people paste: what each means, in terms of our checks. The texts of
// vendors change, so a phrase is in the table only where it has been the same for years.
import type { ProblemCode } from '../../problems/problem.ts'
import { entraErrors, entraPage, type Row } from './entra-errors.ts'

export interface VendorError {
  readonly vendor: string
  /** As it is shown. */
  readonly code: string
  /** Where it is recognised by words instead of by its code. */
  readonly words?: RegExp
  /** Goes on from "Microsoft Entra ID AADSTS50011: ". */
  readonly means: string
  /** The checks that look at its cause, the likeliest first. */
  readonly checks: readonly [ProblemCode, ...ProblemCode[]]
  /** Where the vendor documents it. */
  readonly source: string
}

const oktaPage = 'https://developer.okta.com/docs/reference/error-codes/'

/** These are errors of the management API: a client of MCP sees them where it calls the wrong API. */
const okta: readonly Row[] = [
  ['E0000001', 'a value of the request is not valid; errorCauses names it', 'login-refused'],
  ['E0000003', 'the body of the request is not well-formed', 'login-refused'],
  [
    'E0000004',
    'the authentication failed: the user name or the password is wrong',
    'login-declined',
  ],
  ['E0000005', 'the session is not valid: log in again', 'login-needed'],
  [
    'E0000006',
    'the caller may not do this: the token lacks a role or a scope of the Okta API',
    'claim-scope login-refused',
  ],
  ['E0000007', 'what was asked for does not exist: check the address', 'asm-found mcp-answer'],
  [
    'E0000008',
    'the path does not exist at this organisation: check the issuer, /oauth2/<server> included',
    'asm-found claim-iss',
  ],
  [
    'E0000011',
    'the token is expired, revoked or malformed, or it is no token of this API: access tokens of Okta and SSWS API tokens are not the same',
    'time-exp intro-active in-wrong-kind',
  ],
  [
    'E0000013',
    'the client id is not known at this organisation: check it, and the domain of the issuer',
    'login-client intro-client-auth',
  ],
  ['E0000015', 'a feature of Okta that this needs is not licensed', 'login-refused'],
  [
    'E0000021',
    'the content type of the request is not accepted: token and introspection requests are form-encoded',
    'login-refused intro-reach',
  ],
  ['E0000022', 'the endpoint does not support the method of the request', 'login-refused'],
  [
    'E0000047',
    'a rate limit of the organisation is reached: wait, raise cache_ttl, or use token_validation = "jwt"',
    'intro-reach limit-introspection',
  ],
  ['E0000119', 'the account is locked or not active', 'login-declined'],
]

type Phrase = readonly [words: RegExp, code: string, means: string, checks: string]

const auth0Page = 'https://auth0.com/docs/api/authentication'
const auth0: readonly Phrase[] = [
  [
    /\bservice not found: /i,
    'Service not found',
    'the audience of the request is not the identifier of an API there: compare it character by character, trailing slash included',
    'claim-aud login-refused prm-resource',
  ],
  [
    /\bcallback url mismatch\b/i,
    'Callback URL mismatch',
    'the redirect URI is not among the Allowed Callback URLs of the application',
    'login-refused',
  ],
  [
    /\bclient is not authorized to access ["\\]*https?:|\bis not authorized to access resource server\b/i,
    'Client is not authorized to access',
    'the application has no grant for this API: authorize it under the API, "Machine to Machine Applications"',
    'login-refused claim-aud',
  ],
  [
    /\bgrant type '[\w:-]{1,60}' not allowed for the client/i,
    'Grant type not allowed for the client',
    'the grant is turned off for the application: Advanced Settings, Grant Types',
    'login-refused',
  ],
]

const keycloakPage = 'https://www.keycloak.org/docs/latest/server_admin/'
const keycloak: readonly Phrase[] = [
  [
    /\binvalid token issuer\. expected\b/i,
    'Invalid token issuer',
    'iss of the token is not the address under which the server was asked: fix its address with the hostname option',
    'claim-iss claim-iss-near-miss asm-issuer',
  ],
  [
    /\binvalid client or invalid client credentials\b/i,
    'Invalid client or Invalid client credentials',
    'the client id or its secret is wrong for this realm',
    'intro-client-auth login-refused',
  ],
  [
    /\bclient not enabled to retrieve service account\b/i,
    'Client not enabled to retrieve service account',
    'client credentials are turned off: enable "Service accounts roles" for the client',
    'login-refused',
  ],
  [
    /\binvalid parameter: redirect_uri\b/i,
    'Invalid parameter: redirect_uri',
    'the redirect URI is not among the Valid redirect URIs of the client',
    'login-refused',
  ],
  [
    /\bclient not allowed for direct access grants\b/i,
    'Client not allowed for direct access grants',
    'the password grant is turned off for the client: use another flow',
    'login-refused asm-legacy-grants',
  ],
  [
    /\bsession (?:not active|doesn't have required client)\b|\btoken is not active\b/i,
    'Session not active',
    'the session behind the token has ended: log in again',
    'login-needed intro-active time-exp',
  ],
  [
    /\brealm does not exist\b/i,
    'Realm does not exist',
    'the issuer names a realm that is not there; names of realms are case-sensitive',
    'asm-found claim-iss',
  ],
  [
    /\bpolicy 'trusted hosts' rejected request\b/i,
    "Policy 'Trusted Hosts' rejected request",
    'anonymous client registration is allowed for trusted hosts only: add the host, or register the client by hand',
    'login-client asm-registration',
  ],
]

const cognitoPage = 'https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html'
const cognito: readonly Phrase[] = [
  [
    /\bredirect_mismatch\b/i,
    'redirect_mismatch',
    'the redirect URI is not among the callback URLs of the app client',
    'login-refused',
  ],
  [
    /\bunable to verify secret hash for client\b/i,
    'Unable to verify secret hash for client',
    'the secret of the app client is wrong, or it has none',
    'login-refused intro-client-auth',
  ],
  [
    /\baccess token has been revoked\b/i,
    'Access Token has been revoked',
    'the token was revoked, by a sign-out or by its refresh token: log in again',
    'login-needed intro-active',
  ],
  [
    /\bcould not verify signature for access token\b/i,
    'Could not verify signature for Access Token',
    'the token is not of this user pool: check the region and the pool in the issuer',
    'sig-verify claim-iss',
  ],
]

const googlePage = 'https://developers.google.com/identity/protocols/oauth2/web-server'
const google: readonly Phrase[] = [
  [
    /\bredirect_uri_mismatch\b/i,
    'redirect_uri_mismatch',
    'the redirect URI is not among the authorized redirect URIs of the client',
    'login-refused',
  ],
  [
    /\bdeleted_client\b/i,
    'deleted_client',
    'the client was deleted: make a new one',
    'login-client',
  ],
  [
    /\borg_internal\b/i,
    'org_internal',
    'the client is for users of one organisation: log in with such an account',
    'login-declined',
  ],
  [
    /\badmin_policy_enforced\b/i,
    'admin_policy_enforced',
    'the administrator of the account does not allow these scopes for the client',
    'login-declined',
  ],
  [
    /\bdisallowed_useragent\b/i,
    'disallowed_useragent',
    'the login runs in an embedded browser: open it in the browser of the system',
    'login-declined',
  ],
  [
    /\btoken has been expired or revoked\b/i,
    'Token has been expired or revoked',
    'the refresh token has expired (after seven days while the consent screen is in testing): log in again',
    'login-needed',
  ],
]

const checksOf = (ids: string): VendorError['checks'] =>
  ids.split(' ') as unknown as VendorError['checks']

const phrases = (vendor: string, source: string, rows: readonly Phrase[]): VendorError[] =>
  rows.map(([words, code, means, ids]) => ({
    vendor,
    code,
    words,
    means,
    checks: checksOf(ids),
    source,
  }))

const entraName = 'Microsoft Entra ID'
const oktaName = 'Okta'

export const vendorErrors: readonly VendorError[] = [
  ...entraErrors.map(([code, means, ids]) => ({
    vendor: entraName,
    code: `AADSTS${code}`,
    means,
    checks: checksOf(ids),
    source: entraPage(code),
  })),
  ...okta.map(([code, means, ids]) => ({
    vendor: oktaName,
    code,
    means,
    checks: checksOf(ids),
    source: oktaPage,
  })),
  ...phrases('Auth0', auth0Page, auth0),
  ...phrases('Keycloak', keycloakPage, keycloak),
  ...phrases('Amazon Cognito', cognitoPage, cognito),
  ...phrases('Google', googlePage, google),
]

/** The code of a vendor that has too many for a table, with the page where it can be looked up. */
export const vendorOfCode = (
  code: string,
): Pick<VendorError, 'vendor' | 'source' | 'checks'> | undefined => {
  const number = /^AADSTS(\d{5,8})$/.exec(code)?.[1]
  if (number !== undefined) {
    return { vendor: entraName, source: entraPage(number), checks: ['login-refused'] }
  }
  return /^E0\d{6}$/.test(code)
    ? { vendor: oktaName, source: oktaPage, checks: ['login-refused'] }
    : undefined
}
