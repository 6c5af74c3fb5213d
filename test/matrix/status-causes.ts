// The rows of the status matrix: what can be wrong with a caller, and what each strategy answers.
import { makeKey } from '../../src/core/api-keys/key-form.ts'
import { mistyped, newKey } from '../support/keys.ts'
import { mintHmac, mintUnsigned, type Members } from '../support/tokens.ts'
import { audience, staticToken, type Lab } from '../e2e/promise-lab.ts'
import { now } from '../e2e/promise-row.ts'
import type { Credential } from './status-doors.ts'

export const strategies = [
  'none',
  'bearer',
  'scoped',
  'keys',
  'jwt',
  'introspection',
  'both',
  'issuers',
  'dpop',
  'mtls',
] as const
export type Strategy = (typeof strategies)[number]

/** `down`: nobody answers for the issuer. */
export type Issuer = 'up' | 'down'

/** 'accepted', or status and id; null where the cause cannot arise. */
export type Word = 'accepted' | `${number} ${string}` | null

export interface Cause {
  readonly issuer?: Issuer
  readonly shown: (lab: Lab, strategy: Strategy) => Credential | Promise<Credential>
  readonly answers: Readonly<Record<Strategy, Word>>
}

/** Nothing to say about claims, and no issuer to point to. */
export const isStatic = (strategy: Strategy): boolean =>
  strategy === 'none' || strategy === 'bearer' || strategy === 'scoped' || strategy === 'keys'

const scopes = ['mcp:read']

/** What the key file of the matrix has. */
export const keys = {
  good: newKey({ name: 'good', scopes }),
  expired: newKey({ name: 'expired', scopes, expires: '2026-01-02T00:00:00Z' }),
  poor: newKey({ name: 'poor', scopes: ['other'] }),
} as const

/** The key of which is true what a token would claim. */
const keyFor = ({ exp, scope }: Members): string => {
  if (exp !== undefined) return keys.expired.text
  return scope === undefined ? keys.good.text : keys.poor.text
}

/** A token as the strategy knows it: static, opaque or a JWT. */
const tokenFor = async (lab: Lab, strategy: Strategy, claims: Members = {}): Promise<string> => {
  if (strategy === 'keys') return keyFor(claims)
  if (isStatic(strategy)) return staticToken
  return strategy === 'introspection' ? lab.opaque(lab.active(claims)) : lab.jwt(claims)
}

const bearer = (token: string): Credential => ({ authorization: `Bearer ${token}` })

/** One answer for all strategies that look at callers at all. */
const all = (word: Word, but: Partial<Record<Strategy, Word>> = {}): Cause['answers'] => ({
  none: 'accepted',
  bearer: word,
  scoped: word,
  keys: word,
  jwt: word,
  introspection: word,
  both: word,
  issuers: word,
  dpop: word,
  mtls: word,
  ...but,
})

/** About what a token says: without claims there is nothing to say. */
const claims = (word: Word, but: Partial<Record<Strategy, Word>> = {}): Cause['answers'] =>
  all(word, { none: null, bearer: null, scoped: null, keys: null, ...but })

/** About what one strategy alone knows. */
const none = (but: Partial<Record<Strategy, Word>>): Cause['answers'] =>
  claims(null, { none: null, ...but })

const saying = (members: (lab: Lab) => Members, answers: Cause['answers']): Cause => ({
  shown: async (lab, strategy) => bearer(await tokenFor(lab, strategy, members(lab))),
  answers,
})

const header = (text: (token: string) => Credential, answers: Cause['answers']): Cause => ({
  shown: async (lab, strategy) => text(await tokenFor(lab, strategy)),
  answers,
})

const malformed = all('400 req-authorization-malformed')
const missing = all('401 req-token-missing')

export const causes: Readonly<Record<string, Cause>> = {
  'a good token': header(bearer, all('accepted')),
  'a good token under the scheme in other letters': header(
    (token) => ({ authorization: `bEARER ${token}` }),
    all('accepted'),
  ),
  'no token': { shown: () => ({}), answers: missing },
  'an empty Authorization header': header(() => ({ authorization: '' }), missing),
  'the token in the query': header(
    (token) => ({ query: `?access_token=${encodeURIComponent(token)}` }),
    missing,
  ),
  'the token in a cookie': header((token) => ({ headers: { cookie: `token=${token}` } }), missing),
  'another scheme': header(() => ({ authorization: 'Basic YTpi' }), malformed),
  'no scheme': header((token) => ({ authorization: token }), malformed),
  'the scheme twice': header((token) => ({ authorization: `Bearer Bearer ${token}` }), malformed),
  'two tokens in one header': header(
    (token) => ({ authorization: `Bearer ${token} ${token}` }),
    malformed,
  ),
  'the same token in two headers': header(
    (token) => ({ authorization: [`Bearer ${token}`, `Bearer ${token}`] }),
    malformed,
  ),
  'the scheme alone': header(() => ({ authorization: 'Bearer' }), all('401 in-empty')),
  'a token that is not known': {
    shown: () => bearer('never-heard-of-this-token-0123456789'),
    answers: all('401 jose-shape', {
      bearer: '401 token-unknown',
      scoped: '401 token-unknown',
      keys: '401 key-unknown',
      introspection: '401 intro-active',
      both: '401 intro-active',
    }),
  },
  'an API key that was never made': {
    shown: () => bearer(makeKey().text),
    answers: none({ keys: '401 key-unknown' }),
  },
  'a mistyped API key': {
    shown: () => bearer(mistyped(keys.good.text)),
    answers: none({ keys: '401 key-form' }),
  },
  'an expired token': saying(
    () => ({ exp: now() - 600 }),
    claims('401 time-exp', { introspection: '401 intro-claims', keys: '401 key-expired' }),
  ),
  'a token that is not valid yet': saying(
    () => ({ nbf: now() + 600 }),
    claims('401 time-nbf', { introspection: '401 intro-claims' }),
  ),
  'an issuer with a slash too many': saying(
    ({ issuer }) => ({ iss: `${issuer}/` }),
    claims('401 claim-iss', { introspection: '401 intro-claims' }),
  ),
  'another audience': saying(() => ({ aud: 'https://other.example' }), claims('401 claim-aud')),
  'the audience among others': saying(
    () => ({ aud: ['https://other.example', audience] }),
    claims('accepted'),
  ),
  'no audience': saying(
    () => ({ aud: undefined }),
    claims('401 claim-aud-missing', { introspection: '401 intro-aud' }),
  ),
  'no end': saying(
    () => ({ exp: undefined }),
    claims('401 time-exp-missing', { introspection: 'accepted' }),
  ),
  'a scope too few': saying(
    () => ({ scope: 'other' }),
    claims('403 claim-scope', { keys: '403 claim-scope' }),
  ),
  'a token that is bound to a DPoP key, without its proof': saying(
    () => ({ cnf: { jkt: 'thumbprint' } }),
    claims('401 pop-dpop'),
  ),
  'a token that is bound to a certificate, without it': saying(
    () => ({ cnf: { 'x5t#S256': 'thumbprint' } }),
    claims('401 pop-mtls'),
  ),
  'alg none': {
    shown: (lab) => bearer(mintUnsigned(lab.claims())),
    answers: claims('401 jose-alg-none'),
  },
  'HS256 with the public key': {
    shown: async (lab) => {
      const { publicJwk } = await lab.key('RS256')
      return bearer(mintHmac(JSON.stringify(publicJwk), lab.claims(), { kid: publicJwk.kid }))
    },
    answers: claims('401 jose-alg-hmac', {
      // With a secret of its own: the issuer alone knows, and is asked.
      introspection: '401 intro-active',
      both: '401 intro-active',
    }),
  },
  'no kid, and several keys that fit': {
    shown: async (lab) => bearer(await lab.jwt({}, { kid: undefined })),
    answers: claims('401 sig-kid-ambiguous', { introspection: '401 intro-active' }),
  },
  'a good token while the issuer is down': {
    issuer: 'down',
    shown: async (lab, strategy) => bearer(await tokenFor(lab, strategy)),
    answers: claims('503 jwks-fetch', {
      introspection: '503 intro-reach',
      both: '503 intro-reach',
    }),
  },
  'an expired token while the issuer is down': {
    issuer: 'down',
    shown: async (lab, strategy) => bearer(await tokenFor(lab, strategy, { exp: now() - 600 })),
    answers: claims('401 time-exp', { introspection: '503 intro-reach' }),
  },
  'no token while the issuer is down': {
    issuer: 'down',
    shown: () => ({}),
    answers: claims('401 req-token-missing'),
  },
}
