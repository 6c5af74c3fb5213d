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
          `The token is bound to a DPoP key (${thumb}) and came as a bearer token`,
        { thumb: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
      ),
      required: states(
        'The token is not bound to a DPoP key, and sender_constraint_required demands it',
        'make the client request the token with a DPoP proof, and let the authorization server bind it',
      ),
      unbound: states(
        'The token is not bound to a DPoP key, yet it came with the scheme DPoP',
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
          `The token is bound to ${own}, its authorization server says to ${said}`,
        { own: '0ZcOCORZNYy', said: 'NzbLsXh8uDC' },
        'report it to the authorization server: token and introspection answer must name the same key',
      ),
    },
    hint: 'where sender_constraint = "dpop" is configured, send it as "Authorization: DPoP <token>" with a proof by the same key; elsewhere, turn DPoP binding off for this resource',
    spec: 'RFC 9449 section 7.1, RFC 9449 section 7.2',
  },
  'pop-dpop-proof': {
    ...binding,
    oauth: 'invalid_dpop_proof',
    severity: 'high',
    refuses: 'configured',
    title: 'the DPoP proof is not valid for this request',
    says: says(({ why }: Texts<'why'>) => `The DPoP proof does not fit: ${why}`, {
      why: 'htm is "GET", the method is POST',
    }),
    hint: 'make one proof for each request: with its method, the public URL of the endpoint, the hash of the access token and the current time',
    spec: 'RFC 9449 section 4.3',
  },
  'pop-dpop-nonce': {
    ...binding,
    oauth: 'use_dpop_nonce',
    severity: 'medium',
    refuses: 'configured',
    title: 'the DPoP proof needs the nonce of this server',
    cases: {
      missing: states('The DPoP proof has no nonce'),
      stale: states('The DPoP proof has an expired or unknown nonce'),
    },
    hint: 'repeat the request with a proof that contains the value of the DPoP-Nonce header of this answer',
    spec: 'RFC 9449 section 9',
  },
  'pop-dpop-replay': {
    ...binding,
    oauth: 'invalid_dpop_proof',
    severity: 'high',
    refuses: 'configured',
    title: 'the DPoP proof was used before',
    cases: {
      used: states('The DPoP proof was used before'),
      full: states(
        'The DPoP proof may have been used: more proofs came than can be remembered',
        'repeat the request with a new proof in a few seconds',
      ),
    },
    hint: 'make a new proof with its own jti for each request; if the client did not repeat it, the proof may have been stolen',
    spec: 'RFC 9449 section 11.1',
  },
  'pop-mtls': {
    ...binding,
    severity: 'high',
    refuses: 'always',
    title: 'the token was not sent with the certificate that it is bound to',
    cases: {
      bearer: says(
        ({ member }: Texts<'member'>) =>
          `The token is bound by ${member} and came as a bearer token`,
        { member: 'x5t#S256' },
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
          `The token is bound to ${own}, its authorization server says to ${said}`,
        { own: 'bwcK0esc3ACC', said: 'A4DtL2JmUMhA' },
        'report it to the authorization server: token and introspection answer must name the same certificate',
      ),
    },
    hint: 'where sender_constraint = "mtls" is configured, connect with that certificate and let the TLS terminator forward it; elsewhere, turn certificate binding off for this resource',
    spec: 'RFC 8705 section 3, RFC 7800 section 3.1',
  },
} as const satisfies Record<string, ProblemSpec>
