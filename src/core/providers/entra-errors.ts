// The errors of Microsoft Entra ID that are met most: number, meaning, and the checks that look at the cause. Microsoft
// asks that programs not depend on the texts: only the numbers are read.

/** Code, meaning, and ids of checks, the likeliest first. */
export type Row = readonly [code: string, means: string, checks: string]

export const entraPage = (code: string): string =>
  `https://login.microsoftonline.com/error?code=${code}`

export const entraErrors: readonly Row[] = [
  [
    '50011',
    'the redirect URI of the request is not registered for the application; scheme, port and trailing slash count',
    'login-refused',
  ],
  [
    '65001',
    'neither the user nor an administrator has consented to the scopes: grant consent for the application, or ask for fewer scopes',
    'login-refused prm-scopes',
  ],
  [
    '65004',
    'the user declined the consent: log in again and accept it, or ask for fewer scopes',
    'login-declined',
  ],
  [
    '650053',
    'the application asks for a scope that the resource does not define: compare the scopes under "Expose an API"',
    'prm-scopes login-refused',
  ],
  [
    '650057',
    'the application asks for a resource that is not among its API permissions: add the API to them',
    'login-refused prm-scopes',
  ],
  [
    '700016',
    'no application with this client id is in the tenant: check the client id, and the tenant in the issuer',
    'login-client asm-issuer-template claim-iss',
  ],
  [
    '7000215',
    'the client secret is wrong: usually the id of the secret was copied instead of its value',
    'intro-client-auth login-refused config-secret-shape',
  ],
  [
    '7000222',
    'the client secret has expired: make a new one for the application',
    'intro-client-auth login-refused',
  ],
  [
    '7000218',
    'the request has no client secret: the application is registered as confidential; give the secret, or allow public client flows',
    'login-client login-refused',
  ],
  [
    '700025',
    'the application is registered as a public client, and a secret was sent: leave the secret out (--client-auth none)',
    'login-refused',
  ],
  [
    '70002',
    'the credentials of the client are wrong: check the client id and the secret',
    'intro-client-auth login-refused',
  ],
  [
    '700027',
    'the signature of the client assertion does not verify: upload the certificate that belongs to the private key',
    'login-refused intro-client-auth',
  ],
  [
    '9002326',
    'the redirect URI is registered for another platform than "Single-page application", so a browser cannot redeem the code',
    'login-refused asm-endpoints',
  ],
  [
    '9002325',
    'the request lacks PKCE, which this application needs: the client has to send code_challenge',
    'asm-pkce login-refused',
  ],
  [
    '501481',
    'the code_verifier does not belong to the code_challenge: two logins were mixed up, or the code was redeemed by another process',
    'login-refused asm-pkce',
  ],
  [
    '9010010',
    'the resource parameter and the scopes belong to different resources: publish scopes of this very resource, or leave resource out (--no-resource)',
    'login-refused prm-scopes prm-resource',
  ],
  [
    '500011',
    'the resource is not known in this tenant: check the application ID URI of the API and the tenant, and install the API there',
    'login-refused prm-resource prm-scopes',
  ],
  [
    '70011',
    'a scope is not valid: write scopes as api://<application>/<scope>, or <resource>/.default',
    'login-refused prm-scopes',
  ],
  [
    '28002',
    'a scope is not valid for this resource: write scopes as api://<application>/<scope>',
    'login-refused prm-scopes',
  ],
  [
    '70008',
    'the authorization code or the refresh token has expired: log in again',
    'login-needed login-refused',
  ],
  ['700082', 'the refresh token was not used for too long: log in again', 'login-needed'],
  [
    '700084',
    'the refresh token belongs to a single-page application and has reached its fixed lifetime: log in again',
    'login-needed',
  ],
  ['70043', 'a sign-in frequency policy ended the refresh token: log in again', 'login-needed'],
  [
    '50173',
    'the grant was revoked, often by a change of the password: log in again',
    'login-needed',
  ],
  [
    '54005',
    'the authorization code was redeemed before: log in again, and look for a client that sends it twice',
    'login-refused',
  ],
  [
    '500133',
    'the token that was sent as an assertion has expired, or is not valid yet',
    'time-exp time-nbf time-clock',
  ],
  [
    '50013',
    'the token that was sent as an assertion is not valid: expired, malformed, or of another token version',
    'time-exp claim-iss sig-verify',
  ],
  [
    '50027',
    'the JWT is not valid: issuer, audience, time or signature',
    'claim-iss claim-aud time-exp sig-verify',
  ],
  [
    '90002',
    'the tenant does not exist: check the tenant id in the issuer, and the cloud (.com, .us, .cn)',
    'asm-found asm-issuer-template claim-iss',
  ],
  [
    '50020',
    'the account is of another tenant: log in with an account of this tenant, or invite it as a guest',
    'login-declined claim-iss',
  ],
  [
    '50034',
    'the account is not in this tenant: log in with another one',
    'login-declined claim-iss',
  ],
  [
    '50194',
    'the application has one tenant, and /common was asked: put the tenant id in place of common',
    'asm-issuer-template claim-iss',
  ],
  [
    '50105',
    'the user is not assigned to the application, which demands it: assign the user, or turn the demand off',
    'login-declined',
  ],
  [
    '50076',
    'a policy demands multi-factor authentication: log in interactively, not with a refresh token or a password',
    'login-needed',
  ],
  [
    '50079',
    'the user has to register for multi-factor authentication: log in interactively',
    'login-needed',
  ],
  [
    '50058',
    'no one is signed in in this browser: a silent login (prompt=none) needs an interactive one before it',
    'login-needed',
  ],
  [
    '53003',
    'a Conditional Access policy refuses this login: the sign-in log of the tenant names the policy',
    'login-declined',
  ],
  ['50126', 'the user name or the password is wrong', 'login-declined'],
  [
    '70016',
    'the device code is not confirmed yet: this is an answer of polling, and no fault',
    'login-timeout',
  ],
  ['70019', 'the device code has expired: log in again for a new one', 'login-timeout'],
  [
    '700054',
    'response_type id_token is not allowed for the application: use the authorization code flow',
    'asm-endpoints login-refused',
  ],
  ['90014', 'a required parameter is missing in the request', 'login-refused'],
  ['900144', 'a required parameter is missing in the body of the request', 'login-refused'],
  [
    '9002313',
    'the request is malformed: often an authorization code that is not complete or was encoded twice',
    'login-refused',
  ],
  ['90023', 'the request is not valid', 'login-refused'],
  [
    '90009',
    'the application asks for a token for itself: name it by its GUID, or register the API apart from the client',
    'claim-aud login-refused',
  ],
]
