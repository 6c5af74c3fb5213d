// The shape of a JWT and what its header declares.
import { advice, refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const structure = { group: 'structure', ...refused } as const

export const structureProblems = {
  'jose-shape': {
    ...structure,
    severity: 'info',
    refuses: 'configured',
    title: 'the token is not a signed JWT',
    cases: {
      opaque: says(
        ({ parts }: Texts<'parts'>) =>
          `${parts}opaque token: only introspection can tell whether it is valid`,
        { parts: '' },
      ),
      other: says(
        ({ parts, kind }: Texts<'parts' | 'kind'>) =>
          `${parts}opaque token that looks like ${kind}: only introspection can tell whether it is valid`,
        { parts: '', kind: 'an AWS access key id' },
        'send the access token instead; if this is one, set token_validation to introspection (--strategy introspection)',
      ),
      dotted: states(
        'Three parts, none of them JSON: it looks like an opaque token, and only introspection can judge it',
        'set token_validation to introspection (--strategy introspection), or request a JWT access token',
      ),
      header: states(
        'Three parts, but the first is not a JOSE header: only introspection can tell whether it is valid',
      ),
      alg: states(
        'Three parts, but the header has no alg: only introspection can tell whether it is valid',
      ),
      cut: says(
        ({ kind }: Texts<'kind'>) =>
          `The beginning of ${kind} token: only introspection can tell whether it is valid`,
        { kind: 'a signed' },
        'copy the whole token',
      ),
    },
    hint: 'request a JWT access token, or set token_validation to introspection or both',
    spec: 'RFC 7515 section 3, RFC 7516 section 3',
  },
  'jose-base64': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'a part of the token is not base64url',
    cases: {
      plain: says(
        ({ part }: Texts<'part' | 'n'>) =>
          `The ${part} is not base64url: it uses + or / of plain base64`,
        { part: 'payload', n: 120 },
        'make the issuer encode as base64url: - and _ instead of + and /, no padding (RFC 7515 section 2)',
      ),
      padded: says(
        ({ part }: Texts<'part' | 'n'>) => `The ${part} is not base64url: it is padded`,
        { part: 'header', n: 120 },
        'make the issuer leave out the trailing = (RFC 7515 section 2)',
      ),
      foreign: says(
        ({ part }: Texts<'part' | 'n'>) =>
          `The ${part} is not base64url: it contains other characters`,
        { part: 'payload', n: 120 },
      ),
      length: says(
        ({ part, n }: Texts<'part' | 'n'>) =>
          `The ${part} is not base64url: ${n} characters do not encode whole bytes`,
        { part: 'signature', n: 341 },
      ),
      spare: says(
        ({ part }: Texts<'part' | 'n'>) =>
          `The ${part} is not base64url: its last character has bits that belong to no byte`,
        { part: 'signature', n: 342 },
      ),
    },
    hint: 'copy the whole token again from its source; if it arrives like this, the issuer encodes it wrongly',
    spec: 'RFC 7515 section 2',
  },
  'jose-json': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'a part of the token is not a JSON object',
    cases: {
      syntax: says(
        ({ part, why }: Texts<'part' | 'why'>) => `The ${part} is not a JSON object: ${why}`,
        { part: 'payload', why: 'unexpected end at 120' },
      ),
      kind: says(
        ({ part, kind }: Texts<'part' | 'kind'>) =>
          `The ${part} is not a JSON object: it is ${kind}`,
        { part: 'payload', kind: 'an array' },
        'send the access token: this is not a JWT',
      ),
    },
    hint: 'copy the whole token; if it is complete, it is not a JWT',
    spec: 'RFC 7519 section 7.2, RFC 8725 section 3.7',
  },
  'jose-duplicate-member': {
    ...structure,
    severity: 'high',
    refuses: 'always',
    title: 'a member name appears twice',
    says: says(
      ({ name, part }: Texts<'name' | 'part'>) => `"${name}" appears twice in the ${part}`,
      { name: 'aud', part: 'payload' },
    ),
    hint: 'report it to the issuer: parsers disagree about which value counts',
    spec: 'RFC 7515 section 4, RFC 7519 section 4',
  },
  'jose-alg-none': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is unsigned',
    says: says(({ alg }: Texts<'alg'>) => `The token is unsigned: alg is "${alg}"`, {
      alg: 'none',
    }),
    hint: 'make the authorization server sign its tokens: unsigned ones are never accepted',
    spec: 'RFC 8725 section 3.2',
  },
  'jose-alg-hmac': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is signed with a shared secret',
    says: says(
      ({ alg }: Texts<'alg'>) => `${alg} would let anyone who can verify a token also make one`,
      { alg: 'HS256' },
    ),
    hint: 'configure an asymmetric signing key (RS256, ES256 or EdDSA) at the authorization server',
    spec: 'RFC 8725 section 3.1',
  },
  'jose-alg-allowed': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'the signature algorithm is not allowed',
    cases: {
      listed: says(
        ({ alg, list }: Texts<'alg' | 'list'>) => `alg is ${alg}, allowed are ${list}`,
        { alg: 'PS256', list: 'RS256, ES256' },
        ({ alg }) =>
          `add ${String(alg)} to auth.algorithms (--algorithm ${String(alg)}), or change the algorithm at the authorization server`,
      ),
      unknown: says(
        ({ alg, list }: Texts<'alg' | 'list'>) => `alg is ${alg}, allowed are ${list}`,
        { alg: 'ES256K', list: 'RS256, ES256' },
        ({ alg }) =>
          `change the algorithm at the authorization server, or set token_validation to introspection (--strategy introspection): ${String(alg).slice(0, 60)} cannot be verified here`,
      ),
    },
    hint: 'change the algorithm at the authorization server',
    spec: 'RFC 8725 section 3.1, RFC 9068 section 2.1',
  },
  'jose-typ': {
    ...structure,
    severity: 'medium',
    refuses: 'configured',
    title: 'the typ header does not mark an access token',
    cases: {
      absent: states('typ is absent: the header does not mark this as an access token'),
      jwt: says(
        ({ typ }: Texts<'typ'>) => `typ is ${typ}: any JWT, not an access token in particular`,
        { typ: '"JWT"' },
      ),
      other: says(
        ({ typ }: Texts<'typ'>) => `typ is ${typ}: not the type of an access token`,
        { typ: '"logout+jwt"' },
        'send the access token; if this is one, make the authorization server issue typ "at+jwt"',
      ),
      form: says(
        ({ typ }: Texts<'typ'>) => `typ is ${typ}: not a media type`,
        { typ: '7' },
        'make the authorization server issue typ "at+jwt"',
      ),
    },
    hint: 'make the authorization server issue typ "at+jwt", or set auth.profile to lenient (--profile lenient)',
    spec: 'RFC 9068 section 2.1, RFC 8725 section 3.11',
  },
  'jose-crit': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'a critical header extension is not supported',
    cases: {
      form: says(
        ({ why }: Texts<'why'>) => `crit is malformed: ${why}`,
        { why: 'the list is empty' },
        'correct crit at the authorization server (RFC 7515 section 4.1.11), or leave it out',
      ),
      unknown: says(
        ({ name }: Texts<'name'>) => `crit demands the extension ${name}, which is not supported`,
        { name: '"exp"' },
      ),
    },
    hint: 'turn the extension off at the authorization server',
    spec: 'RFC 7515 section 4.1.11',
  },
  'jose-embedded-key': {
    ...structure,
    ...advice,
    severity: 'high',
    title: 'the header carries its own key',
    says: says(({ name }: Texts<'name'>) => `The header carries ${name}; it is ignored`, {
      name: 'jwk',
    }),
    hint: 'treat it as suspicious: no access token needs its own key',
    spec: 'RFC 8725 section 3.10',
  },
  'jose-encrypted': {
    ...structure,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is encrypted',
    says: says(
      ({ alg, enc }: Texts<'alg' | 'enc'>) =>
        `Encrypted (${alg}, ${enc}), and there is no key to decrypt it here`,
      { alg: 'RSA-OAEP', enc: 'A256GCM' },
    ),
    hint: 'request signed tokens (some providers issue them once an audience is requested), or set token_validation to introspection',
    spec: 'RFC 7516, RFC 9068 section 4',
  },
  'jose-nested': {
    ...structure,
    severity: 'medium',
    refuses: 'always',
    title: 'the content is nested, compressed or detached',
    cases: {
      type: says(({ cty }: Texts<'cty'>) => `The content is another token: cty is ${cty}`, {
        cty: '"JWT"',
      }),
      payload: states('The payload is itself a token'),
      compressed: states('The payload is compressed: the header has zip'),
      detached: states('The payload is not encoded: b64 is false'),
    },
    hint: 'make the authorization server issue plain signed tokens',
    spec: 'RFC 7519 section 5.2, RFC 7797 section 7',
  },
} as const satisfies Record<string, ProblemSpec>
