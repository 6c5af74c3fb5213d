// What people have in hand leads to the page of its cause: each row is a text as it is met in the field.
import { describe, expect, it } from 'vitest'
import { isProblemCode } from '../../../src/problems/problem.ts'
import { vendorErrors } from '../../../src/core/providers/error-codes.ts'
import { explainText } from '../../../src/cli/explain/explain-check.ts'
import { libraryErrors } from '../../../src/cli/explain/library-errors.ts'
import { oauthErrors, vagueOauthErrors } from '../../../src/cli/explain/oauth-errors.ts'
import { pagesOf, signsIn } from '../../../src/cli/explain/signs.ts'
import { httpStatuses, rpcErrors, systemErrors } from '../../../src/cli/explain/wire-errors.ts'
import { plain } from '../../../src/cli/terminal/style.ts'

const metadata =
  'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'

/** A text, the page that leads, and the kind of the sign that decides. */
const rows: readonly (readonly [text: string, page: string, kind: string])[] = [
  // codes by themselves
  ['invalid_token', 'time-exp', 'vague'],
  ['insufficient_scope', 'claim-scope', 'oauth'],
  ['invalid_client', 'intro-client-auth', 'oauth'],
  ['unauthorized_client', 'login-refused', 'oauth'],
  ['invalid_target', 'login-refused', 'oauth'],
  ['access_denied', 'login-declined', 'vague'],
  ['temporarily_unavailable', 'login-refused', 'oauth'],
  ['authorization_pending', 'login-timeout', 'oauth'],
  ['expired_token', 'login-timeout', 'oauth'],
  ['invalid_redirect_uri', 'login-refused', 'oauth'],
  ['invalid_client_metadata', 'login-refused', 'oauth'],
  ['use_dpop_nonce', 'pop-dpop-nonce', 'oauth'],
  ['invalid_dpop_proof', 'pop-dpop-proof', 'oauth'],
  ['AADSTS50011', 'login-refused', 'vendor'],
  ['700082', 'login-needed', 'vendor'],
  ['E0000011', 'time-exp', 'vendor'],
  ['-32601', 'req-method', 'rpc'],
  ['401', 'req-token-missing', 'status'],
  ['503 Service Unavailable', 'intro-reach', 'status'],
  ['ECONNREFUSED', 'net-reach', 'system'],
  // messages
  [`SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON`, 'asm-first', 'words'],
  ['OAuthRegistrationError: Registration failed: 403 ', 'login-client', 'words'],
  ['Code challenge required', 'asm-pkce', 'words'],
  ['error=bad_verification_code&error_description=x', 'login-refused', 'words'],
  ['We are sorry... HTTPS required', 'asm-tls-urls', 'words'],
  ['MSIS9605: The client is not allowed to access the resource.', 'login-refused', 'words'],
  // challenges
  [`Bearer ${metadata}`, 'login-needed', 'challenge'],
  [
    `WWW-Authenticate: Bearer error="insufficient_scope", scope="files:write", ${metadata}`,
    'claim-scope',
    'oauth',
  ],
  [
    `< www-authenticate: Bearer error="invalid_token", error_description="claim-aud: the token was issued for another audience", ${metadata}`,
    'claim-aud',
    'check',
  ],
  [
    'WWW-Authenticate: Bearer error="invalid_token", error_description="Invalid issuer"',
    'claim-iss',
    'words',
  ],
  [
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="intranet"\r\n',
    'prm-challenge',
    'challenge',
  ],
  ['Negotiate realm="x"', 'prm-challenge', 'challenge'],
  ['WWW-Authenticate: DPoP algs="ES256", error="use_dpop_nonce"', 'pop-dpop-nonce', 'oauth'],
  ['Bearer realm="mcp"', 'login-needed', 'challenge'],
  [
    `{"status":401,"headers":{"www-authenticate":"Bearer error=\\"insufficient_scope\\", scope=\\"a\\""}}`,
    'claim-scope',
    'oauth',
  ],
  ['Bearer realm="unclosed, error="x', 'prm-challenge', 'challenge'],
  // bodies of token, registration and introspection endpoints
  [
    '{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired due to inactivity. Trace ID: 0 Correlation ID: 1","error_codes":[700082]}',
    'login-needed',
    'vendor',
  ],
  [
    '{"error":"invalid_client","error_codes":[7000215],"trace_id":"0"}',
    'intro-client-auth',
    'vendor',
  ],
  [
    '{"error":"access_denied","error_description":"Service not found: https://mcp.example.com"}',
    'claim-aud',
    'vendor',
  ],
  [
    '{"error":"unauthorized_client","error_description":"Client not enabled to retrieve service account"}',
    'login-refused',
    'vendor',
  ],
  [
    '{"error":"invalid_grant","error_description":"Invalid token issuer. Expected \'https://id.example.com/realms/a\'"}',
    'claim-iss',
    'vendor',
  ],
  [
    '{"error":"invalid_request","error_description":"Policy \'Trusted Hosts\' rejected request to client-registration service."}',
    'login-client',
    'vendor',
  ],
  [
    '{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests."}',
    'intro-reach',
    'vendor',
  ],
  ['Error 400: redirect_uri_mismatch', 'login-refused', 'vendor'],
  ['redirect_mismatch', 'login-refused', 'vendor'],
  // JSON-RPC
  [
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such tool, prompt or resource","data":{"code":"name-unknown"}}}',
    'name-unknown',
    'check',
  ],
  ['{"code":-32602,"message":"Invalid params"}', 'req-params', 'rpc'],
  ['McpError: MCP error -32001: Request timed out', 'backend-timeout', 'rpc'],
  [
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"},"id":null}',
    'req-session-missing',
    'words',
  ],
  // lines of a log
  [
    '13:50:01.091 warn  refused event=audit request_id=5 outcome=rejected code=claim-aud detail="aud is \\"a\\"" status=401 iss=http://127.0.0.1:4000',
    'claim-aud',
    'check',
  ],
  [
    '{"level":"warn","time":1796083200000,"event":"audit","outcome":"undecided","code":"jwks-fetch","status":503,"msg":"refused"}',
    'jwks-fetch',
    'check',
  ],
  // messages of libraries
  ['JsonWebTokenError: jwt malformed', 'jose-shape', 'words'],
  ['TokenExpiredError: jwt expired', 'time-exp', 'words'],
  ['JWTClaimValidationFailed: unexpected "aud" claim value', 'claim-aud', 'words'],
  ['IDX10205: Issuer validation failed.', 'claim-iss', 'words'],
  ['JWSSignatureVerificationFailed: signature verification failed', 'sig-verify', 'words'],
  [
    'Error: Incompatible auth server: does not support dynamic client registration',
    'asm-registration',
    'words',
  ],
  [
    'Error: Protected resource https://a.example/ does not match expected https://a.example/mcp (or origin)',
    'prm-resource',
    'words',
  ],
  [
    'TypeError: fetch failed; cause: Error: getaddrinfo ENOTFOUND mcp.example.com',
    'net-dns',
    'words',
  ],
  ['code: "DEPTH_ZERO_SELF_SIGNED_CERT"', 'net-tls', 'system'],
]

it.each(rows)('%s leads to %s', (text, page, kind) => {
  const signs = signsIn(text)
  expect({ page: pagesOf(signs)[0], kind: signs[0]?.kind }).toEqual({ page, kind })
})

describe('the tables', () => {
  const all = [
    ...oauthErrors,
    ...rpcErrors,
    ...httpStatuses,
    ...systemErrors,
    ...libraryErrors,
    ...vendorErrors,
  ]

  it('every entry leads to checks that exist, and says where its meaning comes from', () => {
    for (const { means, checks, source } of all) {
      expect(checks.filter((id) => !isProblemCode(id))).toEqual([])
      expect(new Set(checks).size).toBe(checks.length)
      expect(means).toMatch(/^\S.*[^.\s]$/)
      expect(source).toMatch(/^https:\/\/|^RFC \d|^(?:JSON-RPC|MCP|OpenID)/)
    }
    const unknown = [...vagueOauthErrors].filter(
      (code) => !oauthErrors.some((entry) => entry.code === code),
    )
    expect(unknown).toEqual([])
  })

  it('no code is in the tables twice', () => {
    const twice = all
      .map(({ code }) => code)
      .filter((code, at, codes) => codes.indexOf(code) !== at)
    expect(twice).toEqual([])
  })

  it('every code by itself is recognised as what it is', () => {
    const wrong = [
      ...oauthErrors,
      ...rpcErrors,
      ...httpStatuses,
      ...systemErrors,
      ...vendorErrors.filter(({ words }) => words === undefined),
    ].filter(({ code }) => !signsIn(code).some(({ problem }) => problem.detail.includes(code)))
    expect(wrong).toEqual([])
  })

  it('at least twenty codes of Entra are known, each with an address of its own', () => {
    const entra = vendorErrors.filter(({ code }) => code.startsWith('AADSTS'))
    expect(entra.length).toBeGreaterThanOrEqual(20)
    expect(new Set(entra.map(({ source }) => source)).size).toBe(entra.length)
  })
})

const wide = { columns: undefined }
const explained = (text: string, place = 'standard input') => explainText({ text, place }, wide)

it('a code of Entra that is not in the table leads to the page of Microsoft about it', () => {
  const { report } = explained('AADSTS7000999: something new')
  expect(report.signs[0]).toMatchObject({
    message: 'Microsoft Entra ID AADSTS7000999: not in the table of explain',
    next: 'look it up: https://login.microsoftonline.com/error?code=7000999',
  })
})

it('the next command is about the server that the challenge names', () => {
  const { report } = explained(`Bearer ${metadata}`, 'the argument')
  expect(report.signs[0]?.next).toBe('mcp-proxy login https://mcp.example.com/mcp')
  const [refused] = explained(`Bearer error="invalid_token", ${metadata}`).report.signs
  expect(refused?.next).toBe('mcp-proxy validate @token.txt --for https://mcp.example.com/mcp')
})

it.each([
  'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp?key=CANARY"',
  'resource_metadata="https://CANARY:x@mcp.example.com/.well-known/oauth-protected-resource/mcp"',
  `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/CANARY${'a'.repeat(40)}"`,
  'error_description="CANARY"',
  'CANARY="x"',
])('a credential in a challenge is not repeated: %s', (parameter) => {
  const { report, text } = explained(`Bearer error="invalid_token", ${parameter}`)
  expect(JSON.stringify(report) + text(plain)).not.toContain('CANARY')
})

it.each([
  'POST /mcp\nAuthorization: Bearer CANARY\n\nHTTP/1.1 401 Unauthorized',
  '{"error":"invalid_grant","refresh_token":"CANARY","client_secret":"CANARY"}',
  'code=time-exp token=CANARY detail="CANARY"',
  'AADSTS50011: The redirect URI https://CANARY/ does not match; Trace ID: CANARY',
  'curl -u proxy:CANARY https://id.example.com/token -> 401 {"error":"invalid_client"}',
])('a secret beside the sign is not repeated: %s', (text) => {
  const result = explained(text)
  expect(result.report.signs).not.toEqual([])
  expect(JSON.stringify(result.report) + result.text(plain)).not.toContain('CANARY')
})

it.each(['CANARY', 'password=CANARY', 'CANARY invalid_tokn CANARY', ''])(
  'a text in which nothing is known is a usage error that does not repeat it: %j',
  (text) => {
    let said = ''
    try {
      explained(text)
    } catch (error) {
      said = JSON.stringify(error) + String(error)
    }
    expect(said).toContain('usage-flag')
    expect(said).not.toContain('CANARY')
    expect(said.includes('invalid_token')).toBe(text.includes('invalid_tokn'))
  },
)

it('words without a sign are searched for as before', () => {
  const { report } = explained('audience', 'the argument')
  expect(report).toMatchObject({ query: 'audience', signs: [] })
  expect(report.checks.length).toBeGreaterThan(1)
})
