// More rows of the promise: tokens that are bound to a key, with and without its proof.
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { mintRaw, type Members, type SigningKey } from '../support/tokens.ts'
import { audience, type Lab } from './promise-lab.ts'
import { accepted, now, rejected, type Row } from './promise-row.ts'

let made = 0

/** RFC 9449 section 4.2, with changes. */
const makeProof = (key: SigningKey, token: string, claims: Members, header: Members): string => {
  made += 1
  const { kty, crv, x, y } = key.publicJwk
  return mintRaw(key, {
    header: { typ: 'dpop+jwt', jwk: { kty, crv, x, y }, kid: undefined, ...header },
    payload: {
      jti: `proof-${made}`,
      htm: 'POST',
      htu: audience,
      iat: now(),
      ath: createHash('sha256').update(token).digest('base64url'),
      ...claims,
    },
  })
}

const bound = async (lab: Lab): Promise<string> =>
  lab.jwt({ cnf: { jkt: await calculateJwkThumbprint(lab.odd.callers.publicJwk) } })

const proving = (row: Row, claims: Members = {}, header: Members = {}): Row => ({
  ...row,
  proof: async (lab, token) => makeProof(lab.odd.callers, token, claims, header),
})

const wrongProofs: readonly (readonly [string, Members, Members?])[] = [
  ['made for another method', { htm: 'GET' }],
  ['made for another URL', { htu: 'https://other.example/mcp' }],
  ['made for another token', { ath: createHash('sha256').update('x').digest('base64url') }],
  ['made an hour ago', { iat: now() - 3600 }],
  ['made for the method in small letters', { htm: 'post' }],
  ['made for a URL with a slash more', { htu: `${audience}/` }],
  ['made in the future', { iat: now() + 3600 }],
  ['dated in milliseconds', { iat: now() * 1000 }],
  ['without a jti', { jti: undefined }],
  ['without the hash of the token', { ath: undefined }],
  ['without its key', {}, { jwk: undefined, kid: 'my-key' }],
  ['with a shared secret as its key', {}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } }],
  ['by an algorithm that nobody verifies', {}, { alg: 'ES256K' }],
  ['with an extension', {}, { crit: ['x'], x: 1 }],
  ['of another type', {}, { typ: 'JWT' }],
]

export const boundTokens: readonly Row[] = [
  proving(accepted('dpop', 'a bound token with its proof', bound)),
  accepted('dpop', 'an unbound token as bearer', (lab) => lab.jwt()),
  rejected('dpop', 'pop-dpop', 'a bound token as bearer', bound),
  proving(rejected('dpop', 'pop-dpop', 'an unbound token with a proof', (lab) => lab.jwt())),
  ...wrongProofs.map(([name, claims, header]) =>
    proving(
      rejected('dpop', 'pop-dpop-proof', `a bound token with a proof ${name}`, bound),
      claims,
      header,
    ),
  ),
  {
    ...rejected('dpop', 'pop-dpop', 'a bound token with the proof of a stranger', bound),
    proof: async (lab, token) => makeProof(lab.strangerKey, token, {}, {}),
  },
  proving(
    rejected('dpop', 'time-exp', 'an expired bound token with its proof', async (lab) =>
      lab.jwt({
        cnf: { jkt: await calculateJwkThumbprint(lab.odd.callers.publicJwk) },
        exp: now() - 312,
      }),
    ),
  ),
  rejected('dpop', 'pop-mtls', 'a token that is bound to a certificate', (lab) =>
    lab.jwt({ cnf: { 'x5t#S256': 'thumbprint' } }),
  ),
  proving(accepted('dpop-required', 'a bound token with its proof', bound)),
  rejected('dpop-required', 'pop-dpop', 'an unbound token', (lab) => lab.jwt()),
  accepted('mtls', 'an unbound token', (lab) => lab.jwt()),
  rejected('mtls', 'pop-mtls', 'a bound token without its certificate', (lab) =>
    lab.jwt({ cnf: { 'x5t#S256': 'thumbprint' } }),
  ),
  rejected('mtls', 'pop-dpop', 'a token that is bound to a DPoP key', bound),
]
