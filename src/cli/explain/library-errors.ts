// Messages of libraries and SDKs. No pattern looks at a run of characters more than once.
import {
  known,
  type KnownError,
  sdk,
  systemSource,
  tlsSource,
  type Phrase,
  untrusted,
} from './known-error.ts'
import { loginWords } from './login-words.ts'

export interface KnownWords extends KnownError {
  readonly words: RegExp
}

const jsonwebtoken = 'https://github.com/auth0/node-jsonwebtoken#errors--codes'
const jose = 'https://github.com/panva/jose'
const pyjwt = 'https://pyjwt.readthedocs.io/en/stable/api.html#exceptions'
const identityModel =
  'https://github.com/AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet'
const spring =
  'https://docs.spring.io/spring-security/reference/servlet/oauth2/resource-server/jwt.html'

export const libraryErrors: readonly KnownWords[] = (
  [
    [
      /\bjwt expired\b|\btoken is expired\b|\b(?:the )?(?:access )?token (?:has )?expired\b/i,
      'token expired',
      'the token is past its exp',
      'time-exp time-clock login-needed',
      jsonwebtoken,
    ],
    [
      /"?\\?"exp\\?"? claim timestamp check failed/i,
      '"exp" claim timestamp check failed',
      'the token is past its exp',
      'time-exp time-clock',
      jose,
    ],
    [
      /\bsignature has expired\b/i,
      'Signature has expired',
      'the token is past its exp; the signature itself is not in question',
      'time-exp time-clock',
      pyjwt,
    ],
    [
      /\bidx10223\b/i,
      'IDX10223',
      'the token is past its exp',
      'time-exp time-clock',
      identityModel,
    ],
    [
      /\bjwt not active\b|"?\\?"nbf\\?"? claim timestamp check failed|\bidx10222\b|\bthe token is not yet valid\b/i,
      'not active yet',
      'the token is not valid yet: compare the clocks',
      'time-nbf time-clock',
      jsonwebtoken,
    ],
    [
      /\bjwt audience invalid\b|\binvalid audience\b|\baudience doesn't match\b/i,
      'audience invalid',
      'aud of the token is not what the server expects',
      'claim-aud claim-aud-missing claim-aud-near-miss',
      jsonwebtoken,
    ],
    [
      /unexpected \\?"aud\\?" claim value/i,
      'unexpected "aud" claim value',
      'aud of the token is not what the server expects',
      'claim-aud claim-aud-near-miss',
      jose,
    ],
    [
      /\bidx10214\b/i,
      'IDX10214',
      'aud of the token is not what the server expects',
      'claim-aud claim-aud-near-miss',
      identityModel,
    ],
    [
      /\bthe aud claim is not valid\b/i,
      'The aud claim is not valid',
      'aud of the token is not what the server expects',
      'claim-aud claim-aud-near-miss',
      spring,
    ],
    [
      /\btoken was not issued for this resource\b/i,
      'Token was not issued for this resource',
      'aud of the token does not name this server',
      'claim-aud claim-aud-missing prm-resource',
      sdk,
    ],
    [
      /\bjwt issuer invalid\b|\binvalid issuer\b/i,
      'issuer invalid',
      'iss of the token is not the issuer that the server expects',
      'claim-iss claim-iss-near-miss',
      jsonwebtoken,
    ],
    [
      /unexpected \\?"iss\\?" claim value/i,
      'unexpected "iss" claim value',
      'iss of the token is not the issuer that the server expects',
      'claim-iss claim-iss-near-miss',
      jose,
    ],
    [
      /\bidx10205\b/i,
      'IDX10205',
      'iss of the token is not the issuer that the server expects',
      'claim-iss claim-iss-near-miss',
      identityModel,
    ],
    [
      /\bthe iss claim is not valid\b/i,
      'The iss claim is not valid',
      'iss of the token is not the issuer that the server expects',
      'claim-iss claim-iss-near-miss',
      spring,
    ],
    [
      /\bno applicable key found in the json web key set\b|\bunable to find a signing key that matches\b|\bidx1050[03]\b|\bno matching (?:key|jwk)\b/i,
      'no matching key',
      'no key of the set fits kid and alg of the token',
      'sig-kid-found jwks-rotation jwks-cache claim-iss',
      jose,
    ],
    [
      /\bsignature verification failed\b|\bidx1051[01]\b|\binvalid signature\b|\bjwt signature does not match\b/i,
      'signature verification failed',
      'no key that was tried made the signature: another issuer, or a token that was changed',
      'sig-verify sig-wrong-authority claim-iss',
      jose,
    ],
    [
      /\bjwt malformed\b|\bnot enough segments\b|\binvalid compact jws\b|\bidx12741\b|\binvalid serialized unsecured\/jws\/jwe object\b/i,
      'jwt malformed',
      'this is no signed JWT: perhaps an opaque token',
      'jose-shape in-truncated in-wrong-kind',
      jsonwebtoken,
    ],
    [
      /\bthe specified alg value is not allowed\b|\bjwt algorithm invalid\b|\bunsupported "?alg"? value\b|\bexpected .?alg.? .{1,40}not allowed/i,
      'algorithm not allowed',
      'the server does not allow the algorithm of the token',
      'jose-alg-allowed jose-alg-hmac',
      jose,
    ],
    [
      /\bdoes not support dynamic client registration\b/i,
      'does not support dynamic client registration',
      'the authorization server registers no clients itself: give the client an id',
      'asm-registration asm-cimd login-client',
      sdk,
    ],
    [
      /\bdoes not support code challenge method\b/i,
      'does not support code challenge method',
      'the metadata does not list S256 in code_challenge_methods_supported',
      'asm-pkce',
      sdk,
    ],
    [
      /\bdoes not support response type\b/i,
      'does not support response type',
      'the metadata does not list code in response_types_supported',
      'asm-endpoints',
      sdk,
    ],
    [
      /\bprotected resource .{1,300} does not match expected\b/i,
      'Protected resource does not match expected',
      'resource in the metadata is not the address that the client called',
      'prm-resource mcp-url-slash',
      sdk,
    ],
    [
      /\bdoes not implement oauth 2\.0 protected resource metadata\b|\btrying to load well-known oauth protected resource metadata\b/i,
      'no OAuth protected resource metadata',
      'the MCP server publishes no metadata where clients look for it',
      'prm-location prm-resource-metadata-param',
      sdk,
    ],
    [
      /\btrying to load (?:well-known )?(?:oauth|openid provider) metadata\b/i,
      'trying to load OAuth metadata',
      'the authorization server answers with an error where its metadata is looked for',
      'asm-found asm-first asm-http',
      sdk,
    ],
    [
      /\bserver returned 401 after successful authentication\b/i,
      'Server returned 401 after successful authentication',
      'the login worked, and the MCP server refuses the new token: usually its audience',
      'claim-aud claim-iss prm-audience intro-active',
      sdk,
    ],
    [
      /\bserver returned 403 after trying upscoping\b/i,
      'Server returned 403 after trying upscoping',
      'the login worked, and the new token still lacks a scope',
      'claim-scope prm-scopes',
      sdk,
    ],
    [
      /\binvalid authorization header format\b/i,
      'Invalid Authorization header format',
      'the header is not "Bearer <token>"',
      'req-authorization-malformed in-bearer-prefix',
      sdk,
    ],
    [
      /\bmissing authorization header\b/i,
      'Missing Authorization header',
      'the client sent no token',
      'req-token-missing',
      sdk,
    ],
    [
      /\bserver not initialized\b|\bmcp-session-id header is required\b/i,
      'Server not initialized',
      'the request names no session',
      'req-session-missing req-session',
      sdk,
    ],
    [
      /\bsession not found\b/i,
      'Session not found',
      'the server does not know the session: it ended, or another instance has it',
      'req-session',
      sdk,
    ],
    [
      /\bclient must accept (?:both application\/json and )?text\/event-stream\b/i,
      'Client must accept text/event-stream',
      'the Accept header of the client lacks a media type',
      'mcp-answer mcp-errors',
      sdk,
    ],
    [
      /\bunsupported protocol version\b/i,
      'Unsupported protocol version',
      'server and client have no protocol revision in common',
      'req-version mcp-era',
      sdk,
    ],
    [
      /\bmcp error -32000: connection closed\b/i,
      'Connection closed',
      'the program of the server ended: its stderr says why',
      'backend-unavailable backend-protocol',
      sdk,
    ],
    [
      /\bgetaddrinfo enotfound\b/i,
      'getaddrinfo ENOTFOUND',
      'the host name does not resolve',
      'net-dns net-reach',
      systemSource,
    ],
    [
      /\bself[- ]signed certificate\b/i,
      'self-signed certificate',
      untrusted,
      'net-tls config-extra-ca',
      tlsSource,
    ],
    [
      /\bcertificate has expired\b/i,
      'certificate has expired',
      'the certificate has expired',
      'net-tls net-certificate',
      tlsSource,
    ],
    [
      /\bunable to (?:verify the first certificate|get local issuer certificate)\b/i,
      'unable to verify the first certificate',
      'the chain of certificates leads to no authority that is trusted here',
      'net-tls config-extra-ca',
      tlsSource,
    ],
    ...loginWords,
  ] satisfies readonly Phrase[]
).map(([words, ...row]) => ({ ...known(row), words }))
