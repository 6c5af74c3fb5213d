// The promise as a table: tokens, and what each deserves at every door.
import {
  base64url,
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  mintUnsigned,
  withForeignSignature,
  withPart,
} from '../support/tokens.ts'
import { moreAnswers } from './promise-answers.ts'
import { moreJwts } from './promise-jwts.ts'
import { audience, staticToken } from './promise-lab.ts'
import { boundTokens } from './promise-possession.ts'
import { accepted, now, rejected, undecided, type Row } from './promise-row.ts'
import { severalIssuers, routing } from './promise-routing.ts'

const goodJwts: readonly Row[] = [
  accepted('jwt', 'ES256', (lab) => lab.jwt()),
  accepted('jwt', 'ES384', (lab) => lab.jwt({}, {}, 'ES384')),
  accepted('jwt', 'ES512', (lab) => lab.jwt({}, {}, 'ES512')),
  accepted('jwt', 'RS256', (lab) => lab.jwt({}, {}, 'RS256')),
  accepted('jwt', 'PS256', (lab) => lab.jwt({}, {}, 'PS256')),
  accepted('jwt', 'EdDSA', (lab) => lab.jwt({}, {}, 'EdDSA')),
  accepted('jwt', 'audience in a list', (lab) => lab.jwt({ aud: ['other', audience] })),
  accepted('jwt', 'scopes as scp list', (lab) => lab.jwt({ scope: undefined, scp: ['mcp:read'] })),
  accepted('jwt', 'typ JWT', (lab) => lab.jwt({}, { typ: 'JWT' })),
  accepted('jwt', 'no typ', (lab) => lab.jwt({}, { typ: undefined })),
  accepted('jwt', 'fractional exp', (lab) => lab.jwt({ exp: now() + 3600.5 })),
  accepted('jwt', 'expired within the tolerance', (lab) => lab.jwt({ exp: now() - 20 })),
  accepted('jwt', 'a foreign jku is ignored', (lab) =>
    lab.jwt({}, { jku: 'https://evil.example/jwks' }),
  ),
  accepted('strict', 'all that RFC 9068 wants', (lab) => lab.jwt()),
]

const structure: readonly Row[] = [
  rejected('jwt', 'jose-base64', 'a payload in plain base64', async (lab) => {
    const payload = JSON.stringify(lab.claims({ note: '???>>>' }))
    const text = Buffer.from(payload.padEnd(payload.length + ((3 - (payload.length % 3)) % 3)))
    return withPart(await lab.jwt(), 1, text.toString('base64').replace(/^(.{8})./, '$1+'))
  }),
  rejected('jwt', 'jose-json', 'a payload that is not JSON', async (lab) =>
    mintRaw(await lab.key(), { payload: 'not json' }),
  ),
  rejected('jwt', 'jose-json', 'a payload that is a list', async (lab) =>
    mintRaw(await lab.key(), { payload: '[1,2]' }),
  ),
  rejected('jwt', 'jose-duplicate-member', 'aud twice', async (lab) =>
    mintRaw(await lab.key(), {
      payload: JSON.stringify(lab.claims()).replace('{', '{"aud":"https://other.example",'),
    }),
  ),
  rejected('jwt', 'jose-duplicate-member', 'alg twice', async (lab) => {
    const key = await lab.key()
    const header = `{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${key.kid}"}`
    return mintRaw(key, { header, payload: lab.claims() })
  }),
  rejected('jwt', 'jose-alg-none', 'alg none', (lab) => mintUnsigned(lab.claims())),
  rejected('jwt', 'jose-alg-none', 'alg nOnE', (lab) => mintUnsigned(lab.claims(), 'nOnE')),
  rejected('jwt', 'jose-alg-hmac', 'HS256 keyed with the public key', async (lab) => {
    const { publicJwk } = await lab.key('RS256')
    return mintHmac(JSON.stringify(publicJwk), lab.claims(), { kid: publicJwk.kid })
  }),
  rejected('strict', 'jose-alg-allowed', 'an algorithm that is not allowed', (lab) =>
    lab.jwt({}, {}, 'RS256'),
  ),
  rejected('jwt', 'jose-alg-allowed', 'an algorithm that nobody knows', async (lab) =>
    mintRaw(await lab.key(), { header: { alg: 'ES256K' }, payload: lab.claims() }),
  ),
  rejected('strict', 'jose-typ', 'typ JWT where RFC 9068 is demanded', (lab) =>
    lab.jwt({}, { typ: 'JWT' }),
  ),
  rejected('jwt', 'jose-crit', 'an unknown critical extension', async (lab) =>
    mintRaw(await lab.key(), { header: { crit: ['ext'], ext: true }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-crit', 'an empty crit', async (lab) =>
    mintRaw(await lab.key(), { header: { crit: [] }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-nested', 'cty JWT', (lab) => lab.jwt({}, { cty: 'JWT' })),
  rejected('jwt', 'jose-nested', 'zip', async (lab) =>
    mintRaw(await lab.key(), { header: { zip: 'DEF' }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-nested', 'b64 false', async (lab) =>
    mintRaw(await lab.key(), {
      header: { b64: false, crit: ['b64'] },
      payload: lab.claims(),
    }),
  ),
  rejected('jwt', 'jose-encrypted', 'a JWE', (lab) => mintEncrypted(lab.claims())),
]

const signature: readonly Row[] = [
  rejected('jwt', 'sig-kid-found', 'a kid that is not in the set', (lab) =>
    mintToken(lab.strangerKey, lab.claims()),
  ),
  rejected('jwt', 'sig-kid-found', 'a key that the token brings along', (lab) =>
    mintToken(lab.strangerKey, lab.claims(), { jwk: lab.strangerKey.publicJwk }),
  ),
  rejected('jwt', 'sig-key-fit', 'the kid of an RSA key on an ES256 token', async (lab) =>
    lab.jwt({}, { kid: (await lab.key('RS256')).kid }),
  ),
  rejected('jwt', 'sig-verify', 'the signature of another token', async (lab) =>
    withForeignSignature(await lab.jwt(), await lab.jwt({ sub: 'user-2' })),
  ),
  rejected('jwt', 'sig-verify', 'altered claims', async (lab) =>
    withPart(await lab.jwt(), 1, lab.claims({ sub: 'admin' })),
  ),
  rejected('jwt', 'sig-format', 'an ECDSA signature in DER', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims(), dsaEncoding: 'der' }),
  ),
  rejected('jwt', 'in-truncated', 'a token cut short', async (lab) =>
    (await lab.jwt({}, {}, 'RS256')).slice(0, -120),
  ),
  rejected('keys-without-kid', 'sig-kid-ambiguous', 'no kid, and two keys that fit', (lab) =>
    mintToken(lab.nameless[0]!, lab.claims(), { kid: undefined }),
  ),
]

const claims: readonly Row[] = [
  rejected('jwt', 'claim-iss', 'another issuer', (lab) => lab.jwt({ iss: 'https://id.example' })),
  rejected('jwt', 'claim-iss', 'a slash too many in iss', (lab) =>
    lab.jwt({ iss: `${lab.issuer}/` }),
  ),
  rejected('jwt', 'claim-iss', 'no iss', (lab) => lab.jwt({ iss: undefined })),
  rejected('jwt', 'claim-aud', 'another audience', (lab) =>
    lab.jwt({ aud: 'https://other.example' }),
  ),
  rejected('jwt', 'claim-aud', 'the origin instead of the endpoint', (lab) =>
    lab.jwt({ aud: new URL(audience).origin }),
  ),
  rejected('jwt', 'claim-aud-missing', 'no aud', (lab) => lab.jwt({ aud: undefined })),
  rejected('jwt', 'claim-aud-missing', 'aud is a number', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ aud: 7 }) }),
  ),
  rejected('jwt', 'claim-token-kind', 'an ID token', (lab) =>
    lab.jwt({ nonce: 'n-1', at_hash: 'abc' }, { typ: 'JWT' }),
  ),
  rejected('jwt', 'claim-token-kind', 'a refresh token', (lab) =>
    lab.jwt({ typ: 'Refresh' }, { typ: 'JWT' }),
  ),
  rejected('jwt', 'claim-token-kind', 'a logout token', (lab) =>
    lab.jwt({}, { typ: 'logout+jwt' }),
  ),
  rejected(
    'jwt',
    'claim-scope',
    'a required scope is missing',
    (lab) => lab.jwt({ scope: 'x' }),
    403,
  ),
  rejected('jwt', 'claim-scope', 'no scopes at all', (lab) => lab.jwt({ scope: undefined }), 403),
  rejected('strict', 'claim-identity', 'no sub where RFC 9068 is demanded', (lab) =>
    lab.jwt({ sub: undefined }),
  ),
  rejected('jwt', 'pop-dpop', 'a DPoP-bound token as bearer', (lab) =>
    lab.jwt({ cnf: { jkt: 'thumbprint' } }),
  ),
  rejected('jwt', 'pop-mtls', 'a certificate-bound token', (lab) =>
    lab.jwt({ cnf: { 'x5t#S256': 'thumbprint' } }),
  ),
]

const times: readonly Row[] = [
  rejected('jwt', 'time-exp', 'expired', (lab) => lab.jwt({ exp: now() - 312 })),
  rejected('jwt', 'time-exp-missing', 'no exp', (lab) => lab.jwt({ exp: undefined })),
  rejected('jwt', 'time-nbf', 'not yet valid', (lab) => lab.jwt({ nbf: now() + 600 })),
  rejected('jwt', 'time-units', 'exp in milliseconds', (lab) =>
    lab.jwt({ exp: Date.now() + 3_600_000 }),
  ),
  rejected('jwt', 'time-units', 'exp as a string', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ exp: String(now() + 3600) }) }),
  ),
  rejected('strict', 'time-iat-future', 'issued in the future', (lab) =>
    lab.jwt({ iat: now() + 900, nbf: undefined, exp: now() + 3600 }),
  ),
  rejected('strict', 'time-lifetime', 'lives longer than allowed', (lab) =>
    lab.jwt({ exp: now() + 86_400 }),
  ),
]

const introspected: readonly Row[] = [
  accepted('introspection', 'active', (lab) => lab.opaque(lab.active())),
  accepted('introspection', 'active, aud in a list', (lab) =>
    lab.opaque(lab.active({ aud: ['other', audience] })),
  ),
  accepted('introspection', 'active without exp', (lab) =>
    lab.opaque(lab.active({ exp: undefined })),
  ),
  accepted('introspection', 'active, in the shape of a personal access token', (lab) =>
    lab.introspected('ghp_0123456789abcdefghijklmnopqrstuvwxyz', lab.active()),
  ),
  rejected('introspection', 'intro-active', 'inactive', (lab) =>
    lab.opaque({ body: { active: false } }),
  ),
  rejected('introspection', 'intro-active', 'active is the word "true"', (lab) =>
    lab.opaque(lab.active({ active: 'true' })),
  ),
  rejected('introspection', 'intro-aud', 'active without aud', (lab) =>
    lab.opaque(lab.active({ aud: undefined })),
  ),
  rejected('introspection', 'claim-aud', 'active for another audience', (lab) =>
    lab.opaque(lab.active({ aud: 'https://other.example' })),
  ),
  rejected('introspection', 'intro-claims', 'active but expired', (lab) =>
    lab.opaque(lab.active({ exp: now() - 600 })),
  ),
  rejected('introspection', 'intro-claims', 'active of another issuer', (lab) =>
    lab.opaque(lab.active({ iss: 'https://id.example' })),
  ),
  rejected('introspection', 'pop-dpop', 'active and DPoP-bound', (lab) =>
    lab.opaque(lab.active({ cnf: { jkt: 'thumbprint' }, token_type: 'DPoP' })),
  ),
  rejected(
    'introspection',
    'claim-scope',
    'active without the required scope',
    (lab) => lab.opaque(lab.active({ scope: 'other' })),
    403,
  ),
  undecided('introspection', 'intro-reach', 'introspection answers 500', (lab) =>
    lab.opaque({ status: 500, body: 'broken' }),
  ),
  undecided('introspection', 'intro-reach', 'introspection answers 429', (lab) =>
    lab.opaque({ status: 429, headers: { 'retry-after': '7' }, body: '' }),
  ),
  undecided('introspection', 'intro-reach', 'introspection answers HTML', (lab) =>
    lab.opaque({ headers: { 'content-type': 'text/html' }, body: '<p>hello</p>' }),
  ),
  // In between, a good answer: failures in a row would open the breaker of the long-running door.
  accepted('introspection', 'active after failures', (lab) => lab.opaque(lab.active())),
  undecided('introspection', 'intro-reach', 'introspection resets the connection', (lab) =>
    lab.opaque({ reset: true }),
  ),
  undecided('introspection', 'intro-reach', 'introspection never answers', (lab) =>
    lab.opaque({ until: new Promise(() => undefined) }),
  ),
  accepted('introspection', 'active after silence', (lab) => lab.opaque(lab.active())),
  undecided('introspection', 'intro-client-auth', 'introspection refuses our client', (lab) =>
    lab.opaque({ status: 401, body: { error: 'invalid_client' } }),
  ),
]

const fallback: readonly Row[] = [
  accepted('both', 'a good JWT', (lab) => lab.jwt()),
  accepted('both', 'an active opaque token', (lab) => lab.opaque(lab.active())),
  accepted('both', 'a JWT whose key only the issuer knows', async (lab) =>
    lab.introspected(await mintToken(lab.strangerKey, lab.claims()), lab.active()),
  ),
  rejected('both', 'intro-active', 'an inactive opaque token', () => 'never-heard-of-this-token'),
  rejected('both', 'time-exp', 'an expired JWT that the issuer calls active', async (lab) =>
    lab.introspected(await lab.jwt({ exp: now() - 312 }), lab.active()),
  ),
  rejected('both', 'sig-verify', 'a forged JWT that the issuer calls active', async (lab) =>
    lab.introspected(
      withForeignSignature(await lab.jwt(), await lab.jwt({ sub: 'user-2' })),
      lab.active(),
    ),
  ),
  accepted('introspection-down', 'a good JWT, the issuer deaf', (lab) => lab.jwt()),
  undecided(
    'introspection-down',
    'intro-reach',
    'an opaque token, the issuer deaf',
    () => 'opaque',
  ),
  undecided('keys-down', 'jwks-fetch', 'a good JWT, no keys to be had', (lab) => lab.jwt()),
  rejected('keys-down', 'time-exp', 'an expired JWT, no keys to be had', (lab) =>
    lab.jwt({ exp: now() - 312 }),
  ),
  rejected('keys-empty', 'jwks-usable', 'a good JWT, an empty key set', (lab) => lab.jwt()),
]

/** What keeps the keys (or the answer) away is told beside these ids; tokens are not to blame for it. */
const troubledIssuers: readonly Row[] = [
  rejected('keys-private', 'jwks-usable', 'a JWT whose private key is public', (lab) => lab.jwt()),
  ...(
    [
      ['issuer-down', 'nobody there'],
      ['issuer-foreign', 'its document names another'],
      ['issuer-plain', 'its keys travel in the clear'],
      ['issuer-keyless', 'its document names no keys'],
    ] as const
  ).map(([realm, name]) =>
    undecided(realm, 'jwks-fetch', `a JWT of an issuer: ${name}`, (lab) =>
      lab.jwt({ iss: lab.issuerOf(realm) }),
    ),
  ),
  undecided(
    'issuer-mute',
    'intro-reach',
    'an opaque token nobody may be asked about',
    () => 'opaque-token-of-a-mute-issuer',
  ),
]

const realIssuer: readonly Row[] = [
  accepted('real-jwt', 'a JWT of the real issuer', ({ real }) =>
    real.token({ resource: audience }),
  ),
  rejected('real-jwt', 'time-exp', 'an expired JWT of the real issuer', ({ real }) =>
    real.token({ resource: audience, expiredSecondsAgo: 312 }),
  ),
  rejected('real-jwt', 'claim-aud', 'a JWT for another resource', ({ real }) =>
    real.token({ resource: 'https://other.example/mcp' }),
  ),
  accepted('real-introspection', 'an opaque token of the real issuer', ({ real }) =>
    real.token({ format: 'opaque', resource: audience }),
  ),
  rejected('real-introspection', 'intro-active', 'a revoked token', async ({ real }) => {
    const token = await real.token({ format: 'opaque', resource: audience })
    await real.revoke(token)
    return token
  }),
  rejected('real-introspection', 'claim-aud', 'an opaque token for another resource', ({ real }) =>
    real.token({ format: 'opaque', resource: 'https://other.example/mcp' }),
  ),
  accepted('real-both', 'a JWT, by its signature', ({ real }) =>
    real.token({ resource: audience }),
  ),
  accepted('real-both', 'an opaque token, by asking', ({ real }) =>
    real.token({ format: 'opaque', resource: audience }),
  ),
  rejected('real-both', 'intro-active', 'a revoked token, by asking', async ({ real }) => {
    const token = await real.token({ format: 'opaque', resource: audience })
    await real.revoke(token)
    return token
  }),
  rejected('real-both', 'time-exp', 'an expired JWT, without asking', ({ real }) =>
    real.token({ resource: audience, expiredSecondsAgo: 312 }),
  ),
]

const configured: readonly Row[] = [
  accepted('bearer', 'a configured token', () => staticToken),
  rejected('bearer', 'token-unknown', 'a token that is not configured', () => 'something-else'),
  rejected(
    'bearer',
    'token-unknown',
    'a configured token with a letter more',
    () => `${staticToken}x`,
  ),
]

const input: readonly Row[] = [
  rejected('jwt', 'in-empty', 'nothing at all', () => ''),
  rejected('jwt', 'in-unexpanded-variable', 'a shell variable', () => '${ACCESS_TOKEN}'),
  rejected('both', 'in-unexpanded-variable', 'a template', () => '{{access_token}}'),
  rejected('introspection', 'in-unexpanded-variable', 'a placeholder', () => '<token>'),
  rejected('jwt', 'in-truncated', 'three dots at the end', async (lab) =>
    (await lab.jwt()).slice(0, 40).concat('...'),
  ),
  rejected('introspection', 'in-truncated', 'stars in the middle', () => 'abcd****wxyz'),
  rejected('introspection', 'in-non-ascii', 'a comma', () => 'abcd,efgh'),
]

const shapes: readonly Row[] = [
  rejected('jwt', 'jose-shape', 'an opaque token where only JWTs are read', () => 'opaque-token-1'),
  ...(['jwt', 'both'] as const).map((realm) =>
    rejected(realm, 'in-wrong-kind', `a GitHub token (${realm})`, (lab) =>
      lab.introspected(`ghp_${'aB3dE6gH9jK2'.repeat(3)}`, { body: { active: false } }),
    ),
  ),
  rejected('introspection', 'in-wrong-kind', 'an npm token that is not active', (lab) =>
    lab.introspected(`npm_${'aB3dE6gH9jK2'.repeat(3)}`, { body: { active: false } }),
  ),
  rejected('jwt', 'in-wrong-kind', 'a PASETO', () => `v4.public.${'aB3dE6gH9jK2'.repeat(8)}`),
  rejected('jwt', 'jose-alg-none', 'alg none without the last dot', (lab) =>
    mintUnsigned(lab.claims()).replace(/\.$/, ''),
  ),
  rejected('jwt', 'claim-aud', 'a token for Microsoft Graph that has ended', (lab) =>
    lab.jwt({ aud: 'https://graph.microsoft.com', exp: now() - 900 }),
  ),
  rejected(
    'jwt',
    'in-truncated',
    'a JWT without its signature',
    () => `${base64url('{"alg":"ES256"}')}.e30`,
  ),
]

export const table: readonly Row[] = [
  ...goodJwts,
  ...structure,
  ...signature,
  ...claims,
  ...times,
  ...introspected,
  ...fallback,
  ...troubledIssuers,
  ...realIssuer,
  ...configured,
  ...input,
  ...shapes,
  ...moreJwts,
  ...moreAnswers,
  ...routing,
  ...severalIssuers,
  ...boundTokens,
]
