// Whether a key of the issuer made the signature.
import { advice, refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const signature = { group: 'signature', ...refused } as const

export const signatureProblems = {
  'sig-kid-found': {
    ...signature,
    severity: 'fatal',
    refuses: 'always',
    title: 'the signing key is not in the key set',
    cases: {
      remote: says(
        ({ kid, keys, place }: Texts<'kid' | 'keys' | 'place'>) =>
          `kid ${kid} is not among the ${keys} at ${place}`,
        { kid: '"2026-01"', keys: '2 keys', place: 'https://id.example.com/jwks' },
        'run mcp-proxy validate --follow-iss @token.txt: it shows whether another issuer or tenant signed the token; if none did, the key was rotated away: request a new token',
      ),
      local: says(
        ({ kid, keys, place }: Texts<'kid' | 'keys' | 'place'>) =>
          `kid ${kid} is not among the ${keys} in ${place}`,
        { kid: '"2026-01"', keys: '1 key', place: 'keys.json' },
        'download the key set of the issuer again, or set jwks_uri so that new keys are found',
      ),
    },
    hint: 'look for a wrong tenant (validate --follow-iss tries the issuer that the token names), a key that was rotated away or a stale cache',
    spec: 'RFC 7515 section 4.1.4',
  },
  'sig-kid-ambiguous': {
    ...signature,
    severity: 'high',
    refuses: 'always',
    title: 'more than one key could fit',
    cases: {
      unnamed: says(
        ({ n }: Texts<'n'>) => `The token has no kid, and ${n} keys could fit`,
        { n: 2 },
        'make the authorization server put the kid of its key into the header',
      ),
      shared: says(
        ({ n, kid }: Texts<'n' | 'kid'>) => `${n} keys have the kid ${kid} and could fit`,
        { n: 2, kid: '"main"' },
      ),
    },
    hint: 'publish a unique kid for each key',
    spec: 'RFC 7517 section 4.5',
  },
  'sig-key-fit': {
    ...signature,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key does not suit the algorithm',
    cases: {
      named: says(
        ({ kid, key, use, alg }: Texts<'kid' | 'key' | 'use' | 'alg'>) =>
          `Key ${kid} is ${key} for ${use}, the token says ${alg}`,
        { kid: '"2026-01"', key: 'EC P-256', use: 'sig', alg: 'RS256' },
      ),
      none: says(
        ({ alg }: Texts<'alg'>) => `No key in the set suits ${alg}`,
        { alg: 'ES256' },
        'publish the key that signs, or configure the authorization server to sign with a published key',
      ),
      unable: says(({ kid, alg }: Texts<'kid' | 'alg'>) => `Key ${kid} cannot verify ${alg}`, {
        kid: '"2026-01"',
        alg: 'RS512',
      }),
    },
    hint: 'correct kty, crv, alg, use and key_ops of this key in the published key set',
    spec: 'RFC 7517 section 4.2, RFC 7517 section 4.3, RFC 7517 section 4.4',
  },
  'sig-verify': {
    ...signature,
    severity: 'fatal',
    refuses: 'always',
    title: 'the signature does not match',
    cases: {
      mismatch: says(
        ({ kid }: Texts<'kid'>) => `The signature does not match key ${kid}`,
        { kid: '"2026-01"' },
        'request a new token and pass it on unchanged; if that one fails too, the keys are of another issuer: mcp-proxy validate --follow-iss @token.txt finds it',
      ),
      'no-key': states(
        'The key set has no key to check the signature with',
        'publish the key that signs in the key set of the issuer',
      ),
      unchecked: states(
        'The signature was not checked',
        'this should not happen: please report it',
      ),
      'no-issuer': states(
        'No configured issuer vouches for the token',
        'add the issuer of the token to the configuration, if you trust it',
      ),
    },
    hint: 'get the token again: it was altered, or the key set is of another issuer (validate --follow-iss tries the one that the token names)',
    spec: 'RFC 7515 section 5.2',
  },
  'sig-format': {
    ...signature,
    severity: 'medium',
    refuses: 'always',
    title: 'the signature has the wrong form',
    cases: {
      length: says(
        ({ alg, n, wanted }: Texts<'alg' | 'n' | 'wanted'>) =>
          `The ${alg} signature has ${n} bytes instead of ${wanted}`,
        { alg: 'RS256', n: 200, wanted: 256 },
        'copy the whole token again: its end is missing or altered',
      ),
      der: says(
        ({ alg, n, wanted }: Texts<'alg' | 'n' | 'wanted'>) =>
          `The ${alg} signature is ${n} bytes of DER instead of ${wanted} raw bytes`,
        { alg: 'ES256', n: 71, wanted: 64 },
      ),
    },
    hint: 'make the signer output the raw form: R and S concatenated (RFC 7518 section 3.4)',
    spec: 'RFC 7518 section 3.4',
  },
  'sig-wrong-authority': {
    ...signature,
    ...advice,
    severity: 'info',
    title: 'the token verifies against another issuer',
    says: says(
      ({ other, what }: Texts<'other' | 'what'>) =>
        `Verifies against ${other}: the configured ${what} is the wrong one`,
      { other: 'https://other.example.com', what: 'issuer' },
    ),
    hint: 'set issuer (and jwks_uri, if it is set) to those of the issuer that verifies, if you trust it',
    spec: 'RFC 8725 section 3.8',
  },
} as const satisfies Record<string, ProblemSpec>
