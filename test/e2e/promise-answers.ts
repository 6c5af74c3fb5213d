// More rows of the promise: what authorization servers answer about opaque tokens.
import { mintRaw } from '../support/tokens.ts'
import { audience, type Lab } from './promise-lab.ts'
import { accepted, now, rejected, undecided, type Row } from './promise-row.ts'

const answers: readonly Row[] = [
  accepted('introspection', 'active with scopes in a list', (lab) =>
    lab.opaque(lab.active({ scope: ['mcp:read'] })),
  ),
  accepted('introspection', 'active with a fraction in exp', (lab) =>
    lab.opaque(lab.active({ exp: now() + 3600.5 })),
  ),
  accepted('introspection', 'active without iss', (lab) =>
    lab.opaque(lab.active({ iss: undefined })),
  ),
  accepted('introspection', 'active with null for what it does not know', (lab) =>
    lab.opaque(lab.active({ nbf: null, username: null, cnf: null })),
  ),
  accepted('introspection', 'a JWT that is only asked about', (lab) =>
    lab.jwt().then((token) => lab.introspected(token, lab.active())),
  ),
  rejected('introspection', 'intro-active', 'active is 1', (lab) =>
    lab.opaque(lab.active({ active: 1 })),
  ),
  rejected('introspection', 'intro-aud', 'active with an empty aud', (lab) =>
    lab.opaque(lab.active({ aud: [] })),
  ),
  rejected('introspection', 'intro-aud', 'active with aud null', (lab) =>
    lab.opaque(lab.active({ aud: null })),
  ),
  rejected('introspection', 'claim-aud', 'active for the origin alone', (lab) =>
    lab.opaque(lab.active({ aud: new URL(audience).origin })),
  ),
  rejected('introspection', 'intro-claims', 'active but not yet valid', (lab) =>
    lab.opaque(lab.active({ nbf: now() + 600 })),
  ),
  rejected('introspection', 'intro-claims', 'active until a date in milliseconds', (lab) =>
    lab.opaque(lab.active({ exp: Date.now() + 3_600_000 })),
  ),
  rejected('introspection', 'claim-token-kind', 'active, and a refresh token', (lab) =>
    lab.opaque(lab.active({ token_use: 'refresh_token' })),
  ),
  rejected('introspection', 'pop-mtls', 'active and bound to a certificate', (lab) =>
    lab.opaque(lab.active({ cnf: { 'x5t#S256': 'thumbprint' } })),
  ),
  undecided('introspection', 'intro-reach', 'introspection answers a list', (lab) =>
    lab.opaque({ body: [{ active: true }] }),
  ),
  undecided('introspection', 'intro-reach', 'introspection answers 404', (lab) =>
    lab.opaque({ status: 404, body: 'not here' }),
  ),
  undecided('introspection', 'intro-duplicate-member', 'active: false, then true', (lab) =>
    lab.opaque({ body: '{"active":false,"active":true}' }),
  ),
  rejected('introspection', 'intro-active', '401 that says invalid_token', (lab) =>
    lab.opaque({ status: 401, body: { error: 'invalid_token' } }),
  ),
  rejected('introspection', 'intro-active', '404 that says active: false', (lab) =>
    lab.opaque({ status: 404, body: { active: false } }),
  ),
  accepted('introspection', 'active after a list and nothing', (lab) => lab.opaque(lab.active())),
  undecided('introspection', 'intro-reach', 'introspection points elsewhere', (lab) =>
    lab.opaque({ status: 302, headers: { location: 'https://id.example/introspect' }, body: '' }),
  ),
  undecided('introspection', 'intro-client-auth', 'introspection forbids our client', (lab) =>
    lab.opaque({ status: 403, body: { error: 'access_denied' } }),
  ),
  accepted('introspection', 'active after all of that', (lab) => lab.opaque(lab.active())),
]

/** RFC 9701: the answer about a token, signed for our client. */
const signedAnswer = async (
  lab: Lab,
  envelope: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const body = mintRaw(await lab.key(), {
    header: { typ: 'token-introspection+jwt', ...header },
    payload: {
      iss: lab.issuer,
      aud: 'resource-server',
      iat: now(),
      token_introspection: lab.active().body,
      ...envelope,
    },
  })
  return lab.opaque({ headers: { 'content-type': 'application/token-introspection+jwt' }, body })
}

const signed: readonly Row[] = [
  accepted('signed-answers', 'active, signed for us', (lab) => signedAnswer(lab)),
  rejected('signed-answers', 'intro-active', 'inactive, signed for us', (lab) =>
    signedAnswer(lab, { token_introspection: { active: false } }),
  ),
  undecided('signed-answers', 'intro-jwt', 'active, signed for another client', (lab) =>
    signedAnswer(lab, { aud: 'another-client' }),
  ),
  undecided('signed-answers', 'intro-jwt', 'active, in an access token', (lab) =>
    signedAnswer(lab, {}, { typ: 'at+jwt' }),
  ),
  accepted('signed-answers', 'active, signed for us, after failures', (lab) => signedAnswer(lab)),
  undecided('signed-answers', 'intro-jwt', 'active, not signed', (lab) => lab.opaque(lab.active())),
]

export const moreAnswers: readonly Row[] = [...answers, ...signed]
