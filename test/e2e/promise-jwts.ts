// More rows of the promise: what signed tokens can be like, good and bad.
import { base64url, mintHmac, mintRaw, mintToken, withPart } from '../support/tokens.ts'
import { audience } from './promise-lab.ts'
import { accepted, now, rejected, type Row } from './promise-row.ts'

const otherAlgorithms = ['RS384', 'RS512', 'PS384', 'PS512', 'Ed25519'] as const

const good: readonly Row[] = [
  ...otherAlgorithms.map((alg) => accepted('jwt', alg, (lab) => lab.jwt({}, {}, alg))),
  accepted('jwt', 'no kid, and one key that fits', (lab) =>
    lab.jwt({}, { kid: undefined }, 'ES384'),
  ),
  accepted('jwt', 'scopes as a list in scope', (lab) => lab.jwt({ scope: ['mcp:read', 'x'] })),
  accepted('jwt', 'nbf within the tolerance', (lab) => lab.jwt({ nbf: now() + 20 })),
  accepted('jwt', 'issued in the future, which only a strict profile minds', (lab) =>
    lab.jwt({ iat: now() + 600, nbf: undefined }),
  ),
  accepted('jwt', 'no sub, no client_id', (lab) =>
    lab.jwt({ sub: undefined, client_id: undefined }),
  ),
  accepted('jwt', 'many audiences beside ours', (lab) =>
    lab.jwt({ aud: ['account', 'https://a.example', 'https://b.example', audience] }),
  ),
  accepted('jwt', 'groups that did not fit in', (lab) =>
    lab.jwt({ _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } }),
  ),
  accepted('strict', 'typ with its prefix and in capitals', (lab) =>
    lab.jwt({}, { typ: 'application/AT+JWT' }),
  ),
  accepted('lax', 'an ID token where the profile is off', (lab) =>
    lab.jwt({ nonce: 'n-1', at_hash: 'abc' }, { typ: 'JWT' }),
  ),
  accepted('lax', 'a DPoP-bound token where bindings are ignored', (lab) =>
    lab.jwt({ cnf: { jkt: 'thumbprint' } }),
  ),
  accepted('two-audiences', 'the first audience', (lab) => lab.jwt()),
  accepted('two-audiences', 'the second audience', (lab) =>
    lab.jwt({ aud: 'https://api.example.com' }),
  ),
  accepted('client-as-audience', 'no aud, and a client that is listed', (lab) =>
    lab.jwt({ aud: undefined }),
  ),
]

const structure: readonly Row[] = [
  rejected('jwt', 'jose-base64', 'a padded signature', async (lab) => `${await lab.jwt()}==`),
  rejected('jwt', 'jose-base64', 'a payload with a length that no bytes have', async (lab) =>
    withPart(await lab.jwt(), 1, 'abcde'),
  ),
  rejected('jwt', 'jose-json', 'a header that is not JSON', async (lab) =>
    withPart(await lab.jwt(), 0, base64url('alg=ES256')),
  ),
  rejected('jwt', 'jose-json', 'a payload that is not UTF-8', async (lab) =>
    mintRaw(await lab.key(), { payload: Buffer.from('7b2261223a22ff227d', 'hex') }),
  ),
  rejected('jwt', 'jose-json', 'a payload that is null', async (lab) =>
    mintRaw(await lab.key(), { payload: 'null' }),
  ),
  rejected('jwt', 'jose-duplicate-member', 'exp twice', async (lab) =>
    mintRaw(await lab.key(), {
      payload: JSON.stringify(lab.claims()).replace('{', `{"exp":${now() - 900},`),
    }),
  ),
  rejected('jwt', 'jose-alg-none', 'alg NONE with a signature', async (lab) =>
    mintRaw(await lab.key(), { header: { alg: 'NONE' }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-alg-hmac', 'HS512', (lab) =>
    mintHmac('s'.repeat(64), lab.claims(), { alg: 'HS512' }),
  ),
  rejected('jwt', 'jose-alg-allowed', 'alg that is a number', async (lab) =>
    mintRaw(await lab.key(), { header: { alg: 256 }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-crit', 'crit that names a registered member', async (lab) =>
    mintRaw(await lab.key(), { header: { crit: ['alg'] }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-crit', 'crit that names an absent member', async (lab) =>
    mintRaw(await lab.key(), { header: { crit: ['exp'] }, payload: lab.claims() }),
  ),
  rejected('jwt', 'jose-crit', 'crit that names one twice', async (lab) =>
    mintRaw(await lab.key(), {
      header: { crit: ['b64', 'b64'], b64: true },
      payload: lab.claims(),
    }),
  ),
  rejected('jwt', 'jose-shape', 'four parts', async (lab) => `${await lab.jwt()}.AAAA`),
]

const signature: readonly Row[] = [
  rejected('jwt', 'sig-verify', 'ECDSA with r and s zero', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims(), signature: new Uint8Array(64) }),
  ),
  rejected('jwt', 'sig-verify', 'Ed25519 with nothing but zeros', async (lab) =>
    mintRaw(await lab.key('Ed25519'), { payload: lab.claims(), signature: new Uint8Array(64) }),
  ),
  rejected('jwt', 'sig-verify', 'RSA with nothing but zeros', async (lab) =>
    mintRaw(await lab.key('RS256'), { payload: lab.claims(), signature: new Uint8Array(256) }),
  ),
  rejected('jwt', 'sig-format', 'an ECDSA signature with a byte more', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims(), signature: new Uint8Array(65) }),
  ),
  rejected('jwt', 'in-truncated', 'an RSA signature cut in half', async (lab) =>
    mintRaw(await lab.key('RS256'), { payload: lab.claims(), signature: new Uint8Array(128) }),
  ),
  rejected('jwt', 'jwks-weak-key', 'a published key of 1024 bits', (lab) =>
    mintRaw(lab.odd.weak, { payload: lab.claims() }),
  ),
  rejected('jwt', 'sig-key-fit', 'a key that is published for encryption', (lab) =>
    mintToken(lab.odd.forEncryption, lab.claims()),
  ),
  rejected('jwt', 'sig-key-fit', 'PS256 under the kid of an RS256 key', async (lab) =>
    lab.jwt({}, { kid: (await lab.key('RS256')).kid }, 'PS256'),
  ),
  rejected('jwt', 'sig-kid-ambiguous', 'a kid that two keys have', (lab) =>
    mintToken(lab.odd.twin, lab.claims()),
  ),
]

const claims: readonly Row[] = [
  ...([null, {}, [], [''], [[audience]]] as const).map((aud) =>
    rejected('jwt', 'claim-aud-missing', `aud is ${JSON.stringify(aud)}`, async (lab) =>
      mintRaw(await lab.key(), { payload: { ...lab.claims(), aud } }),
    ),
  ),
  rejected('jwt', 'claim-aud', 'a slash too many in aud', (lab) =>
    lab.jwt({ aud: `${audience}/` }),
  ),
  rejected('jwt', 'claim-aud', 'aud in plain http', (lab) =>
    lab.jwt({ aud: audience.replace('https:', 'http:') }),
  ),
  rejected('jwt', 'claim-aud', 'aud with the default port', (lab) =>
    lab.jwt({ aud: audience.replace('.com', '.com:443') }),
  ),
  rejected('two-audiences', 'claim-aud', 'neither of two audiences', (lab) =>
    lab.jwt({ aud: 'https://other.example' }),
  ),
  rejected('client-as-audience', 'claim-aud-missing', 'no aud, and no client either', (lab) =>
    lab.jwt({ aud: undefined, client_id: undefined }),
  ),
  rejected('jwt', 'claim-iss', 'iss that is a list', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ iss: [lab.issuer] }) }),
  ),
  rejected('jwt', 'claim-token-kind', 'token_use id', (lab) => lab.jwt({ token_use: 'id' })),
  rejected('jwt', 'claim-token-kind', 'a DPoP proof', (lab) => lab.jwt({}, { typ: 'dpop+jwt' })),
  rejected('jwt', 'claim-token-kind', 'a signed introspection answer', (lab) =>
    lab.jwt({}, { typ: 'token-introspection+jwt' }),
  ),
  rejected(
    'jwt',
    'claim-scope',
    'scopes parted by commas',
    (lab) => lab.jwt({ scope: 'mcp:read,x' }),
    403,
  ),
  ...(['client_id', 'iat', 'jti'] as const).map((name) =>
    rejected('strict', 'claim-identity', `no ${name} where RFC 9068 is demanded`, (lab) =>
      lab.jwt({ [name]: undefined, nbf: undefined }),
    ),
  ),
  rejected('jwt', 'pop-mtls', 'bound to something unknown', (lab) =>
    lab.jwt({ cnf: { kid: '1' } }),
  ),
  rejected('jwt', 'pop-dpop', 'DPoP-bound by its token_type', (lab) =>
    lab.jwt({ token_type: 'DPoP' }),
  ),
]

const times: readonly Row[] = [
  rejected('jwt', 'time-exp', 'exp at the beginning of time', (lab) => lab.jwt({ exp: 0 })),
  rejected('two-audiences', 'time-exp', 'expired 20 s ago without tolerance', (lab) =>
    lab.jwt({ exp: now() - 20 }),
  ),
  rejected('jwt', 'time-units', 'exp is negative', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ exp: -1 }) }),
  ),
  rejected('jwt', 'time-units', 'exp is beyond all dates', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ exp: 1e300 }) }),
  ),
  rejected('jwt', 'time-units', 'iat in milliseconds', (lab) => lab.jwt({ iat: Date.now() })),
  rejected('jwt', 'time-units', 'nbf as a string', async (lab) =>
    mintRaw(await lab.key(), { payload: lab.claims({ nbf: String(now()) }) }),
  ),
  rejected('jwt', 'time-units', 'exp is null', async (lab) =>
    mintRaw(await lab.key(), { payload: { ...lab.claims(), exp: null } }),
  ),
]

export const moreJwts: readonly Row[] = [...good, ...structure, ...signature, ...claims, ...times]
