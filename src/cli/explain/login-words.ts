// Messages that clients and authorization servers show in the middle of a login.
import { sdk, type Phrase } from './known-error.ts'

export const loginWords: readonly Phrase[] = [
  [
    /\bun(?:expected|recognized) token '?<|\bis not valid json\b/i,
    "Unexpected token '<'",
    'a web page came where the client expected JSON: usually a single-page application or a login page at a well-known location or at an endpoint',
    'asm-first asm-found mcp-answer prm-location',
    sdk,
  ],
  [
    /\bOAuthRegistrationError\b|\bregistration failed: 40[13]\b/i,
    'Registration failed',
    'the authorization server does not register this client: give the client an id',
    'login-client asm-registration asm-cimd',
    'https://github.com/modelcontextprotocol/python-sdk',
  ],
  [
    /\bcode challenge (?:is )?required\b|\bpkce (?:is )?required\b|\bmissing parameter: code_challenge/i,
    'PKCE required',
    'the client sent no code_challenge: it has to use PKCE with S256',
    'asm-pkce login-refused',
    'RFC 7636 section 4.4.1',
  ],
  [
    /\bbad_verification_code\b/i,
    'bad_verification_code',
    'the authorization code is wrong, used or expired',
    'login-refused login-needed',
    'https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors',
  ],
  [
    /\bhttps required\b/i,
    'HTTPS required',
    'the authorization server was asked over http, or its reverse proxy does not say that it was https (X-Forwarded-Proto)',
    'asm-tls-urls asm-issuer',
    'https://www.keycloak.org/server/reverseproxy',
  ],
  [
    /\bmsis\d{4}\b/i,
    'MSIS',
    'AD FS refuses the request: its event log has the code with the reason',
    'login-refused claim-iss',
    'https://learn.microsoft.com/windows-server/identity/ad-fs/troubleshooting/ad-fs-tshoot-overview',
  ],
]
