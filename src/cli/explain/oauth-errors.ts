// The error codes of OAuth and OpenID Connect.
import { known, type KnownError, type Row } from './known-error.ts'

const dpop = 'RFC 9449 section 12.2'
const authorization = 'RFC 6749 section 4.1.2.1'
const token = 'RFC 6749 section 5.2'
const connect = 'OpenID Connect Core 1.0 section 3.1.2.6'

/** Codes that say which rule was broken lead; invalid_token and its like leave that open. */
export const oauthErrors: readonly KnownError[] = (
  [
    [
      'invalid_token',
      'the access token is expired, revoked, malformed or meant for another server',
      'time-exp claim-aud claim-iss sig-verify intro-active jose-shape claim-token-kind',
      'RFC 6750 section 3.1',
    ],
    [
      'insufficient_scope',
      'the token is good and lacks a scope: log in with the scopes that the challenge names',
      'claim-scope prm-scopes prm-scope-param',
      'RFC 6750 section 3.1',
    ],
    [
      'invalid_request',
      'a parameter is missing, repeated or malformed; from an MCP server: the Authorization header',
      'req-authorization-malformed login-refused',
      'RFC 6749 section 5.2, RFC 6750 section 3.1',
    ],
    [
      'invalid_dpop_proof',
      'the DPoP proof does not fit the request: method, URL, time, key or hash of the token',
      'pop-dpop-proof pop-dpop-replay time-clock',
      dpop,
    ],
    [
      'use_dpop_nonce',
      'the DPoP proof needs the nonce from the DPoP-Nonce header of this answer',
      'pop-dpop-nonce pop-dpop-proof',
      dpop,
    ],
    [
      'invalid_client',
      'the client is unknown, or its secret or its way of authenticating is wrong',
      'intro-client-auth login-refused login-client config-secret-shape config-secret-newline',
      token,
    ],
    [
      'unauthorized_client',
      'the client is known and may not use this grant or this endpoint',
      'login-refused intro-client-auth',
      token,
    ],
    [
      'invalid_grant',
      'the authorization code, refresh token or assertion is expired, used, revoked or of another client',
      'login-needed login-refused asm-pkce',
      token,
    ],
    [
      'unsupported_grant_type',
      'the authorization server does not offer this flow',
      'login-refused login-unsupported asm-endpoints',
      token,
    ],
    [
      'invalid_scope',
      'a scope is unknown, malformed or not allowed for the client',
      'login-refused prm-scopes claim-scope',
      token,
    ],
    [
      'invalid_target',
      'the authorization server does not know the resource, or does not issue tokens for it',
      'login-refused prm-resource claim-aud',
      'RFC 8707 section 2',
    ],
    [
      'access_denied',
      'the user, or a policy of the authorization server, declined',
      'login-declined login-refused',
      authorization,
    ],
    [
      'unsupported_response_type',
      'the authorization code flow is not offered, or not to this client',
      'asm-endpoints login-unsupported',
      authorization,
    ],
    [
      'server_error',
      'the authorization server failed on its side',
      'login-refused login-unreachable intro-reach',
      authorization,
    ],
    [
      'temporarily_unavailable',
      'the authorization server is overloaded or under maintenance: try again later',
      'login-refused login-unreachable intro-reach',
      authorization,
    ],
    [
      'unsupported_token_type',
      'the endpoint neither introspects nor revokes tokens of this kind',
      'intro-active intro-reach',
      'RFC 7009 section 2.2.1',
    ],
    [
      'authorization_pending',
      'the user has not confirmed the device code yet: an answer of polling, and no fault',
      'login-timeout',
      'RFC 8628 section 3.5',
    ],
    [
      'slow_down',
      'the client polls too often: it has to wait five seconds longer between two requests',
      'login-timeout login-refused',
      'RFC 8628 section 3.5',
    ],
    [
      'expired_token',
      'the device code has expired: log in again for a new one',
      'login-timeout login-needed',
      'RFC 8628 section 3.5',
    ],
    [
      'invalid_redirect_uri',
      'the redirect URI is not allowed in a registration',
      'login-refused login-client',
      'RFC 7591 section 3.2.2',
    ],
    [
      'invalid_client_metadata',
      'a member of the registration is not allowed: redirect URIs, grant types or authentication',
      'login-refused login-client asm-registration',
      'RFC 7591 section 3.2.2',
    ],
    [
      'invalid_software_statement',
      'the software statement of the registration is not valid',
      'login-refused asm-registration',
      'RFC 7591 section 3.2.2',
    ],
    [
      'unapproved_software_statement',
      'the software statement of the registration is not approved there',
      'login-refused asm-registration',
      'RFC 7591 section 3.2.2',
    ],
    [
      'insufficient_user_authentication',
      'the login behind the token is too weak or too old for the request: log in again',
      'login-needed claim-identity',
      'RFC 9470 section 3',
    ],
    [
      'invalid_authorization_details',
      'authorization_details of the request are not understood',
      'login-refused',
      'RFC 9396 section 5',
    ],
    [
      'login_required',
      'a silent login needs an interactive one before it',
      'login-needed',
      connect,
    ],
    [
      'consent_required',
      'the user has to consent: a silent login is not enough',
      'login-needed login-declined',
      connect,
    ],
    [
      'interaction_required',
      'the user has to do something (log in, consent, confirm a second factor): a silent login is not enough',
      'login-needed',
      connect,
    ],
    [
      'account_selection_required',
      'the user has to choose an account: a silent login is not enough',
      'login-needed',
      connect,
    ],
    [
      'invalid_request_object',
      'the request object is not valid',
      'login-refused',
      'RFC 9101 section 7',
    ],
    [
      'invalid_request_uri',
      'the request_uri cannot be read, or has expired',
      'login-refused',
      'RFC 9101 section 7',
    ],
    [
      'request_not_supported',
      'the authorization server does not take request objects',
      'login-refused',
      connect,
    ],
    [
      'request_uri_not_supported',
      'the authorization server does not take request_uri',
      'login-refused',
      connect,
    ],
    [
      'registration_not_supported',
      'the authorization server does not take the registration parameter',
      'login-refused asm-registration',
      connect,
    ],
  ] satisfies readonly Row[]
).map(known)

/** These leave open what is wrong: words beside them say more. */
export const vagueOauthErrors: ReadonlySet<string> = new Set([
  'invalid_token',
  'invalid_request',
  'invalid_grant',
  'access_denied',
  'server_error',
])
