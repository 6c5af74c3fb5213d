// Tokens that only one sender may use: DPoP (RFC 9449), certificates (RFC 8705).
import { refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const binding = { group: 'binding', ...refused } as const

export const possessionProblems = {
  'pop-dpop': {
    ...binding,
    severity: 'high',
    refuses: 'always',
    title: 'the token was not sent as its DPoP binding requires',
    cases: {
      bearer: says(
        ({ thumb }: Texts<'thumb'>) =>
          `The token is bound to a DPoP key (${thumb}) but was sent as a bearer token`,
        { thumb: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
        'send the token as "Authorization: DPoP <token>", with a proof by that key in the DPoP header',
      ),
      refused: says(
        ({ thumb, constraint }: Texts<'thumb' | 'constraint'>) =>
          `The token is bound to a DPoP key (${thumb}), and sender_constraint = "${constraint}" accepts no proof of it`,
        { thumb: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', constraint: 'refuse' },
        'set auth.sender_constraint to "dpop" and send the token with a proof (validate: --dpop-proof); or disable DPoP binding for this resource at the authorization server',
      ),
      required: states(
        'The token is not bound to a DPoP key, and sender_constraint_required demands it',
        'make the client request the token with a DPoP proof, and let the authorization server bind it',
      ),
      unbound: states(
        'The token is not bound to a DPoP key, but was sent with the scheme DPoP',
        'send the token with the scheme Bearer, or request it with a DPoP proof so that it is bound',
      ),
      unnamed: states(
        'The token is DPoP-bound, but cnf.jkt does not name the key',
        'make the authorization server set cnf.jkt to the thumbprint of the key (RFC 9449 section 6.1)',
      ),
      other: says(
        ({ bound, proof }: Texts<'bound' | 'proof'>) =>
          `The token is bound to the DPoP key ${bound}, the proof is by ${proof}`,
        { bound: '0ZcOCORZNYy', proof: 'NzbLsXh8uDC' },
        'sign the proof with the key that the token was requested with',
      ),
      disagree: says(
        ({ own, said }: Texts<'own' | 'said'>) =>
          `The token is bound to ${own}, but its authorization server says to ${said}`,
        { own: '0ZcOCORZNYy', said: 'NzbLsXh8uDC' },
        'report it to the authorization server: token and introspection answer must name the same key',
      ),
    },
    hint: 'send the token with a DPoP proof by the key that it was requested with',
    spec: 'RFC 9449 section 7.1, RFC 9449 section 7.2',
  },
  'pop-mtls': {
    ...binding,
    severity: 'high',
    refuses: 'always',
    title: 'the token was not sent with the certificate that it is bound to',
    cases: {
      refused: says(
        ({ thumb, constraint }: Texts<'thumb' | 'constraint'>) =>
          `The token is bound to the certificate ${thumb}, and sender_constraint = "${constraint}" accepts no certificate`,
        { thumb: 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2', constraint: 'refuse' },
        'set auth.sender_constraint to "mtls" and connect with that certificate (validate: --certificate); or disable certificate binding for this resource at the authorization server',
      ),
      both: says(
        ({ members }: Texts<'members'>) =>
          `The token is bound by ${members}, but only one of them can be proven here`,
        { members: 'cnf.jkt and cnf.x5t#S256' },
        'make the authorization server bind the token to one of them',
      ),
      unknown: says(
        ({ members }: Texts<'members'>) =>
          `The token is bound by ${members}, which cannot be proven here`,
        { members: 'cnf.kid' },
        'make the authorization server bind the token by the string cnf.jkt (DPoP) or the string cnf["x5t#S256"] (certificate), or not at all',
      ),
      null: states(
        'The token has a cnf that is null',
        'make the authorization server omit cnf from tokens that are not bound',
      ),
      required: states(
        'The token is not bound to a certificate, and sender_constraint_required demands it',
        'make the client request the token over mutual TLS, and let the authorization server bind it',
      ),
      missing: says(
        ({ thumb, why }: Texts<'thumb' | 'why'>) =>
          `The token is bound to the certificate ${thumb}: ${why}`,
        {
          thumb: 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2',
          why: 'no client certificate came with it',
        },
        'connect with that certificate, and let the TLS terminator forward it in the header of client_cert_header',
      ),
      other: says(
        ({ thumb, shown }: Texts<'thumb' | 'shown'>) =>
          `The token is bound to the certificate ${thumb}, the caller's is ${shown}`,
        { thumb: 'bwcK0esc3ACC', shown: 'A4DtL2JmUMhA' },
        'connect with the certificate that the token was requested with',
      ),
      disagree: says(
        ({ own, said }: Texts<'own' | 'said'>) =>
          `The token is bound to ${own}, but its authorization server says to ${said}`,
        { own: 'bwcK0esc3ACC', said: 'A4DtL2JmUMhA' },
        'report it to the authorization server: token and introspection answer must name the same certificate',
      ),
    },
    hint: 'connect with the certificate that the token was requested with',
    spec: 'RFC 8705 section 3, RFC 7800 section 3.1',
  },
} as const satisfies Record<string, ProblemSpec>
