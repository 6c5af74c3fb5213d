// More rows of the promise: who is asked about which token, and which of several issuers it belongs to.
import {
  mintEncrypted,
  mintHmac,
  mintRaw,
  mintToken,
  mintUnsigned,
  withForeignSignature,
} from '../support/tokens.ts'
import { audience, type Lab } from './promise-lab.ts'
import { accepted, now, rejected, undecided, type Mint, type Row } from './promise-row.ts'

/** A token that the authorization server calls active, whatever it looks like from here. */
const calledActive =
  (mint: Mint): Mint =>
  async (lab) =>
    lab.introspected(await mint(lab), lab.active())

const forged = async (lab: Lab): Promise<string> =>
  withForeignSignature(await lab.jwt({ jti: 'forged' }), await lab.jwt({ sub: 'user-2' }))

const critical = async (lab: Lab): Promise<string> =>
  mintRaw(await lab.key(), { header: { crit: ['ext'], ext: true }, payload: lab.claims() })

const ofStranger = (lab: Lab): Promise<string> => mintToken(lab.strangerKey, lab.claims())

const openQuestions: readonly Row[] = [
  accepted(
    'both',
    'an encrypted token',
    calledActive((lab) => mintEncrypted(lab.claims())),
  ),
  rejected('both', 'intro-active', 'an encrypted token that nobody knows', (lab) =>
    mintEncrypted(lab.claims({ jti: 'unknown' })),
  ),
  accepted(
    'both',
    'HS256, which only the issuer can check',
    calledActive((lab) => mintHmac('x'.repeat(32), lab.claims())),
  ),
  accepted(
    'both',
    'ES256K, which only the issuer can check',
    calledActive(async (lab) =>
      mintRaw(await lab.key(), { header: { alg: 'ES256K' }, payload: lab.claims() }),
    ),
  ),
  rejected('both', 'intro-active', 'an unknown key, and nobody knows the token', (lab) =>
    mintToken(lab.strangerKey, lab.claims({ jti: 'unknown' })),
  ),
  undecided('introspection-down', 'intro-reach', 'an unknown key, and nobody to ask', ofStranger),
  accepted(
    'both-keys-down',
    'a good JWT, by asking',
    calledActive((lab) => lab.jwt()),
  ),
  rejected('both-keys-down', 'intro-active', 'a JWT that is not active', (lab) =>
    lab.jwt({ jti: 'inactive' }),
  ),
  rejected(
    'both-keys-down',
    'time-exp',
    'an expired JWT that is called active',
    calledActive((lab) => lab.jwt({ exp: now() - 400 })),
  ),
]

/** Settled here, whatever the authorization server says of them. */
const settled: readonly Row[] = [
  rejected(
    'both',
    'jose-alg-none',
    'unsigned, called active',
    calledActive((lab) => mintUnsigned(lab.claims())),
  ),
  rejected('both', 'jose-crit', 'a critical extension, called active', calledActive(critical)),
  rejected(
    'both',
    'claim-aud',
    'another audience, called active',
    calledActive((lab) => lab.jwt({ aud: 'https://other.example' })),
  ),
  rejected(
    'both',
    'claim-iss',
    'another issuer, called active',
    calledActive((lab) => lab.jwt({ iss: 'https://id.example' })),
  ),
  rejected(
    'both',
    'time-nbf',
    'not yet valid, called active',
    calledActive((lab) => lab.jwt({ nbf: now() + 600 })),
  ),
  rejected(
    'both',
    'pop-dpop',
    'DPoP-bound, called active',
    calledActive((lab) => lab.jwt({ cnf: { jkt: 'thumbprint' } })),
  ),
]

const anyRefusal: readonly Row[] = [
  accepted('both-any', 'a good JWT', (lab) => lab.jwt()),
  accepted('both-any', 'an opaque token', (lab) => lab.opaque(lab.active())),
  accepted('both-any', 'a forged JWT, called active', calledActive(forged)),
  accepted('both-any', 'a critical extension, called active', calledActive(critical)),
  accepted('both-any', 'an unknown key, called active', calledActive(ofStranger)),
  rejected('both-any', 'intro-active', 'a forged JWT that nobody knows', async (lab) =>
    withForeignSignature(await lab.jwt({ jti: 'unknown' }), await lab.jwt({ sub: 'user-2' })),
  ),
  rejected(
    'both-any',
    'claim-aud',
    'another audience, called active',
    calledActive((lab) => lab.jwt({ aud: 'https://other.example' })),
  ),
  rejected(
    'both-any',
    'claim-iss',
    'another issuer, called active',
    calledActive((lab) => lab.jwt({ iss: 'https://id.example' })),
  ),
  rejected(
    'both-any',
    'time-exp',
    'expired, called active',
    calledActive((lab) => lab.jwt({ exp: now() - 312 })),
  ),
]

const bothMustAccept: readonly Row[] = [
  accepted(
    'both-strictly',
    'a good JWT that is active',
    calledActive((lab) => lab.jwt()),
  ),
  rejected('both-strictly', 'intro-active', 'a good JWT that was revoked', (lab) =>
    lab.jwt({ jti: 'revoked' }),
  ),
  rejected(
    'both-strictly',
    'time-exp',
    'an expired JWT that is active',
    calledActive((lab) => lab.jwt({ exp: now() - 312 })),
  ),
  undecided('both-strictly', 'intro-reach', 'a good JWT, and the issuer is ill', async (lab) =>
    lab.introspected(await lab.jwt({ jti: 'ill' }), { status: 500, body: 'broken' }),
  ),
  accepted('both-strictly', 'an opaque token that is active', (lab) => lab.opaque(lab.active())),
]

export const routing: readonly Row[] = [
  ...openQuestions,
  ...settled,
  ...anyRefusal,
  ...bothMustAccept,
]

const ofSecond = (lab: Lab, claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  mintToken(
    lab.odd.second,
    lab.claims({ iss: `${lab.issuer}/second`, aud: 'https://second.example', ...claims }),
  )

export const severalIssuers: readonly Row[] = [
  accepted('issuers', 'of the first issuer', (lab) => lab.jwt()),
  accepted('issuers', 'of the second issuer', (lab) => ofSecond(lab)),
  rejected('issuers', 'claim-aud', 'of the second, for the audience of the first', (lab) =>
    ofSecond(lab, { aud: audience }),
  ),
  rejected('issuers', 'claim-identity', 'of the second, which alone is strict', (lab) =>
    ofSecond(lab, { client_id: undefined }),
  ),
  accepted('issuers', 'of the first, which is not strict', (lab) =>
    lab.jwt({ client_id: undefined }),
  ),
  rejected('issuers', 'sig-kid-found', 'by the key of the second in the name of the first', (lab) =>
    mintToken(lab.odd.second, lab.claims()),
  ),
  undecided('issuers', 'jwks-fetch', 'of the third issuer, which is down', (lab) =>
    lab.jwt({ iss: lab.issuerOf('issuer-down') }),
  ),
  rejected('issuers', 'claim-iss', 'of a stranger', (lab) =>
    lab.jwt({ iss: 'https://id.example' }),
  ),
  rejected('issuers', 'jose-shape', 'opaque, where no issuer can be asked', () => 'opaque-token-2'),
]
