// The checks about tokens and introspection answers: what each one asks, what it says and what to do about it.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const refused = { outcome: 'rejected', http: 401, oauth: 'invalid_token' } as const
const unsettled = { outcome: 'undecided', http: 503, oauth: undefined } as const
const advice = { refuses: 'never', outcome: 'rejected', http: undefined, oauth: undefined } as const

const input = { group: 'input', ...refused } as const
const repair = { group: 'input', ...advice } as const
const structure = { group: 'structure', ...refused } as const
const signature = { group: 'signature', ...refused } as const
const claims = { group: 'claims', ...refused } as const
const claimAdvice = { group: 'claims', ...advice } as const
const time = { group: 'time', ...refused } as const
const binding = { group: 'binding', ...refused } as const
const introspection = { group: 'introspection', ...refused } as const
const introspectionAdvice = { group: 'introspection', ...advice } as const

export const tokenProblems = {
  'in-empty': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is empty',
    says: says(({ source }: Texts<'source'>) => `No token: ${source} is empty`, {
      source: 'TOKEN',
    }),
    hint: 'check the variable, the file or the pipe that should contain the token',
    spec: 'RFC 6750 section 2.1',
  },
  'in-bearer-prefix': {
    ...repair,
    severity: 'low',
    title: 'the token was pasted with its scheme',
    says: says(({ prefix }: Texts<'prefix'>) => `Stripped a pasted "${prefix}"`, {
      prefix: 'Bearer',
    }),
    hint: 'paste the bare token: a doubled prefix on the wire is rejected',
    spec: 'RFC 6750 section 2.1',
  },
  'in-quotes': {
    ...repair,
    severity: 'low',
    title: 'the token was pasted with quotes',
    says: states('Stripped quotes around the token'),
    hint: 'print it without quotes, for example with `jq -r`',
    spec: '',
  },
  'in-whitespace': {
    ...repair,
    severity: 'medium',
    title: 'the token was pasted with white space',
    says: says(({ n }: Texts<'n'>) => `Removed ${n} white-space characters from the token`, {
      n: 3,
    }),
    hint: 'copy the token without wrapping; take the newline out of the secret file',
    spec: 'RFC 6750 section 2.1',
  },
  'in-url-encoded': {
    ...repair,
    severity: 'medium',
    title: 'the token was URL-encoded',
    says: states('Decoded a URL-encoded token'),
    hint: 'decode it once before use, and do not send tokens in URLs',
    spec: 'RFC 6750 section 5.3',
  },
  'in-json-envelope': {
    ...repair,
    severity: 'low',
    title: 'a whole token response was pasted',
    cases: {
      alone: states('Took access_token from the pasted response'),
      others: says(
        ({ ignored }: Texts<'ignored'>) =>
          `Took access_token from the pasted response; its ${ignored} was ignored`,
        { ignored: 'refresh_token' },
        'pass the access token alone: the other tokens of the response are not for this server',
      ),
    },
    hint: 'pass the access token alone, for example with `jq -r .access_token`',
    spec: 'RFC 6749 section 5.1',
  },
  'in-unexpanded-variable': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'a placeholder was sent instead of a token',
    says: says(
      ({ placeholder }: Texts<'placeholder'>) => `${placeholder} is a placeholder, not a token`,
      { placeholder: '$TOKEN' },
    ),
    hint: 'export the variable, and use double quotes so that the shell expands it',
    spec: '',
  },
  'in-truncated': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token was cut',
    cases: {
      ellipsis: states(
        'The token was cut: it contains an ellipsis',
        'print the token in full: the program that displayed it shortened it',
      ),
      json: says(
        ({ n }: Texts<'n'>) => `The token was cut: the JSON around it ends after ${n} characters`,
        { n: 1024 },
      ),
      parts: says(
        ({ parts, wanted, n }: Texts<'parts' | 'wanted' | 'n'>) =>
          `The token was cut: ${parts} of ${wanted} parts, ${n} characters`,
        { parts: 2, wanted: 3, n: 512 },
      ),
      signature: says(
        ({ n, wanted }: Texts<'n' | 'wanted'>) =>
          `The token was cut: the signature has ${n} of ${wanted} bytes`,
        { n: 180, wanted: 256 },
      ),
    },
    hint: 'copy the whole token: terminals, logs and length limits shorten it',
    spec: 'RFC 7515 section 7.1',
  },
  'in-non-ascii': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token contains a character that no token may contain',
    cases: {
      foreign: says(
        ({ hex, pos, what }: Texts<'hex' | 'pos' | 'what'>) =>
          `U+${hex} at position ${pos}${what} cannot appear in a bearer token`,
        { hex: '2026', pos: 40, what: ' (a horizontal ellipsis)' },
      ),
      invisible: says(
        ({ n, names }: { readonly n: number; readonly names: string }) =>
          `Removed ${n} invisible character${n === 1 ? '' : 's'} (${names})`,
        { n: 1, names: 'U+200B' },
        'copy the token again from its source: rich text added the characters',
      ),
    },
    hint: 'copy the token again from its source, as plain text',
    spec: 'RFC 6750 section 2.1',
  },
  'in-wrong-kind': {
    ...input,
    severity: 'high',
    refuses: 'configured',
    title: 'the token is another kind of credential',
    cases: {
      looks: says(({ kind }: Texts<'kind'>) => `Looks like ${kind}, not an access token`, {
        kind: 'a refresh token',
      }),
      key: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a GitHub personal access token (ghp_)', issuer: '"https://id.example.com"' },
        ({ issuer }) => `log in at ${issuer} and send the access token that it issues`,
      ),
      grant: says(({ kind }: Texts<'kind'>) => `This is ${kind}, not an access token`, {
        kind: 'a GitHub refresh token (ghr_)',
      }),
      code: says(
        ({ kind }: Texts<'kind'>) => `This is ${kind}, not an access token`,
        { kind: 'the address of a redirect with an authorization code' },
        'exchange the code at the token endpoint and send the access_token of its answer; mcp-proxy login does both',
      ),
      scheme: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a user name with a password (Basic)', issuer: '"https://id.example.com"' },
        ({ issuer }) =>
          `send an access token of ${issuer} as "Authorization: Bearer <token>": passwords, cookies and addresses are not accepted`,
      ),
      format: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a SAML assertion', issuer: '"https://id.example.com"' },
        ({ issuer }) =>
          `send an access token of ${issuer} in compact form (RFC 7519): no other format is read here`,
      ),
    },
    hint: 'use the access_token field of the token response',
    spec: 'RFC 6750 section 2.1, RFC 9700',
  },
  'in-size': {
    ...input,
    severity: 'medium',
    refuses: 'always',
    title: 'the token is too large',
    cases: {
      refused: says(
        ({ n }: Texts<'n'>) => `${n} bytes: more than the 16 KiB that are accepted here`,
        { n: 17_012 },
      ),
      proxies: says(
        ({ n }: Texts<'n'>) => `${n} bytes: more than the 8 KiB at which many proxies stop`,
        { n: 9011 },
      ),
      near: says(({ n }: Texts<'n'>) => `${n} bytes: many proxies stop at 8 KiB`, { n: 5020 }),
    },
    hint: 'put fewer groups or roles into the token, or use reference tokens',
    spec: 'RFC 9110 section 5.4',
  },
  'token-unknown': {
    ...input,
    severity: 'fatal',
    refuses: 'configured',
    title: 'the token is not one of the configured ones',
    says: says(
      ({ fingerprint, n }: Texts<'fingerprint' | 'n'>) =>
        `Token ${fingerprint} is not one of the ${n} configured ones`,
      { fingerprint: '3f9a1c02', n: 2 },
    ),
    hint: 'send a token that is listed in auth.tokens, or add this one there',
    spec: 'RFC 6750 section 3.1',
  },
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
          `add ${String(alg)} to auth.algorithms, or change the algorithm at the authorization server`,
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
  'claim-iss': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is from another issuer',
    cases: {
      other: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) => `iss is ${iss}, expected ${expected}`,
        { iss: '"https://other.example.com"', expected: '"https://id.example.com"' },
        ({ iss }) =>
          `request the token from the expected issuer; or set auth.issuer (--issuer) to ${iss}, if you trust that issuer`,
      ),
      near: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) => `iss is ${iss}, expected ${expected}`,
        { iss: '"https://id.example.com/"', expected: '"https://id.example.com"' },
        ({ iss }) =>
          `set auth.issuer (--issuer) to exactly ${iss}, if that is the issuer you trust`,
      ),
      tenant: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `iss is ${iss}, expected ${expected}: another tenant`,
        {
          iss: '"https://id.example.com/realms/dev"',
          expected: '"https://id.example.com/realms/main"',
        },
        ({ iss, expected }) =>
          `log in at the tenant ${expected}; or set auth.issuer (--issuer) to ${iss}, if this server is for that tenant`,
      ),
      adfs: says(
        ({ iss, expected }: Texts<'iss' | 'expected' | 'keys'>) =>
          `iss is ${iss}, expected ${expected}: AD FS names its service in access tokens (access_token_issuer in its metadata)`,
        {
          iss: '"http://adfs.example.com/adfs/services/trust"',
          expected: '"https://adfs.example.com/adfs"',
          keys: '"https://adfs.example.com/adfs/discovery/keys"',
        },
        ({ iss, keys }) =>
          `set auth.issuer (--issuer) to ${iss} and auth.jwks_uri (--jwks-uri) to ${keys}: nothing is published at that issuer`,
      ),
      api: says(
        ({ iss, expected, api }: Texts<'iss' | 'expected' | 'api' | 'remedy'>) =>
          `The token is for ${api}: iss is ${iss}, expected ${expected}`,
        {
          iss: '"https://sts.windows.net/11111111-2222-3333-4444-555555555555/"',
          expected: '"https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"',
          api: 'Microsoft Graph',
          remedy: 'request a scope of your own API (api://<app>/<scope>)',
        },
        ({ api, remedy }) => `${remedy}: a token for ${api} is accepted only there`,
      ),
      workload: says(
        ({ iss, expected, workload }: Texts<'iss' | 'expected' | 'workload'>) =>
          `This is ${workload}: iss is ${iss}, expected ${expected}`,
        {
          iss: '"https://token.actions.githubusercontent.com"',
          expected: '"https://id.example.com"',
          workload: 'an OIDC token of a GitHub Actions job',
        },
        ({ expected }) => `log in at ${expected} and send the access token that it issues`,
      ),
      'not-url': says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `iss is ${iss}, expected ${expected}: not an http URL`,
        { iss: '"acme"', expected: '"https://id.example.com"' },
        ({ expected }) =>
          `make the authorization server set iss to its https URL (${expected} is expected): no other issuer can be configured`,
      ),
      absent: says(
        ({ expected }: Texts<'expected'>) => `iss is absent, expected ${expected}`,
        { expected: '"https://id.example.com"' },
        'make the authorization server set iss, or send an access token of this issuer instead',
      ),
    },
    hint: 'set auth.issuer (--issuer) to the exact iss of the token, if you trust that issuer',
    spec: 'RFC 9068 section 4, RFC 8725 section 3.8',
  },
  'claim-iss-near-miss': {
    ...claimAdvice,
    severity: 'high',
    title: 'the issuer is almost the expected one',
    says: says(({ b, what }: Texts<'b' | 'what'>) => `iss differs from ${b} only by ${what}`, {
      b: 'https://id.example.com',
      what: 'a trailing slash',
    }),
    hint: 'copy the string exactly: issuers are never normalised',
    spec: 'RFC 8414 section 3.3',
  },
  'claim-aud': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is for another audience',
    cases: {
      other: says(
        ({ aud, expected }: Texts<'aud' | 'expected'>) => `aud is ${aud}, expected ${expected}`,
        { aud: '"https://api.example.com"', expected: '"https://mcp.example.com/mcp"' },
        ({ aud, expected }) =>
          `request the token for ${expected} (parameter resource, RFC 8707); or add ${aud} to auth.audience (--audience), if tokens for it may be used here`,
      ),
      near: says(
        ({ aud, expected }: Texts<'aud' | 'near' | 'expected'>) =>
          `aud is ${aud}, expected ${expected}`,
        {
          aud: '"https://mcp.example.com/mcp/"',
          near: '"https://mcp.example.com/mcp/"',
          expected: '"https://mcp.example.com/mcp"',
        },
        ({ near }) =>
          `set auth.audience (--audience) and proxy.public_url to exactly ${near}, or make the client request the expected audience`,
      ),
      api: says(
        ({ aud, expected, api }: Texts<'aud' | 'expected' | 'api' | 'remedy'>) =>
          `The token is for ${api}: aud is ${aud}, expected ${expected}`,
        {
          aud: '"https://graph.microsoft.com"',
          expected: '"https://mcp.example.com/mcp"',
          api: 'Microsoft Graph',
          remedy: 'request a scope of your own API (api://<app>/<scope>)',
        },
        ({ api, remedy }) => `${remedy}: a token for ${api} is accepted only there`,
      ),
      shared: says(
        ({ aud, expected }: Texts<'aud' | 'expected'>) =>
          `aud is ${aud}, which every token of this provider has; expected ${expected}`,
        { aud: '"account"', expected: '"https://mcp.example.com/mcp"' },
        ({ expected }) =>
          `configure the authorization server to add ${expected} to aud (an audience mapper, an API or a resource)`,
      ),
    },
    hint: 'request the token for this resource, or add its audience to auth.audience (--audience)',
    spec: 'RFC 9068 section 4, RFC 8707 section 2',
  },
  'claim-aud-missing': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token names no audience',
    says: says(({ why }: Texts<'why'>) => `The token names no audience: ${why}`, {
      why: 'aud is absent',
    }),
    hint: 'make the authorization server bind tokens to the requested resource (RFC 8707), or set auth.audience_claims to the claim that names it',
    spec: 'RFC 9068 section 2.2',
  },
  'claim-aud-near-miss': {
    ...claimAdvice,
    severity: 'high',
    title: 'the audience is almost the expected one',
    says: says(
      ({ a, b, what }: Texts<'a' | 'b' | 'what'>) =>
        `aud ${a} differs from ${b} only by ${what}; did the client ask for resource=${a}?`,
      {
        a: 'https://mcp.example.com/mcp/',
        b: 'https://mcp.example.com/mcp',
        what: 'a trailing slash',
      },
    ),
    hint: 'use one string for the resource everywhere: in auth.audience, in proxy.public_url and at the authorization server',
    spec: 'RFC 8707 section 2, RFC 9728 section 3.3',
  },
  'claim-aud-broad': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the token is valid elsewhere too',
    says: says(({ others }: Texts<'others'>) => `The token is also valid at ${others}`, {
      others: '"https://api.example.com"',
    }),
    hint: 'issue tokens with one audience each',
    spec: 'RFC 9700 section 2.3',
  },
  'claim-token-kind': {
    ...claims,
    severity: 'fatal',
    refuses: 'always',
    title: 'this is not an access token',
    says: says(
      ({ kind, why }: Texts<'kind' | 'why'>) => `This is ${kind}, not an access token: ${why}`,
      { kind: 'an ID token', why: 'it has at_hash' },
    ),
    hint: 'send the access token',
    spec: 'RFC 9068 section 5, RFC 8725 section 3.12',
  },
  'claim-scope': {
    ...claims,
    severity: 'high',
    refuses: 'configured',
    title: 'a required scope is missing',
    says: says(
      ({ list, req }: Texts<'list' | 'req'>) => `Missing scope ${list}; required are ${req}`,
      { list: '"tools:write"', req: '"tools:read", "tools:write"' },
    ),
    hint: 'request the missing scopes; if the user granted them, check that the authorization server puts them into the token',
    http: 403,
    oauth: 'insufficient_scope',
    spec: 'RFC 6750 section 3.1',
  },
  'claim-scope-shape': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the scopes have an unusual form',
    says: says(
      ({ claim, type }: Texts<'claim' | 'type'>) => `Scopes found in "${claim}" as ${type}`,
      { claim: 'permissions', type: 'an array' },
    ),
    hint: 'set auth.scope_claims to the claim that contains the scopes',
    spec: 'RFC 9068 section 2.2.3, RFC 8693 section 4.2',
  },
  'claim-identity': {
    ...claims,
    severity: 'medium',
    refuses: 'configured',
    title: 'a claim that identifies the token or its subject is missing',
    cases: {
      strict: says(
        ({ claims }: Texts<'claims'>) => `No ${claims}: the profile strict requires it`,
        { claims: 'client_id, jti' },
      ),
      client: states('No client_id: the client is unknown'),
      substitute: says(({ claim }: Texts<'claim'>) => `No sub; using ${claim}`, { claim: 'azp' }),
      caller: states('No sub: the caller is known by the token alone'),
    },
    hint: 'make the authorization server issue RFC 9068 access tokens, or set auth.profile to lenient (--profile lenient)',
    spec: 'RFC 9068 section 2.2',
  },
  'claim-groups-overage': {
    ...claimAdvice,
    severity: 'medium',
    title: 'the groups may be missing from the token',
    cases: {
      elsewhere: states('The groups are not all in the token: _claim_names points elsewhere'),
      flagged: states('The groups are not all in the token: hasgroups is set'),
      near: says(
        ({ n }: Texts<'n'>) => `${n} groups are close to the limit at which issuers leave them out`,
        { n: 180 },
      ),
    },
    hint: 'use app roles instead of groups',
    spec: '',
  },
  'time-exp': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token has expired',
    says: says(({ ago, iso }: Texts<'ago' | 'iso'>) => `Expired ${ago} ago (${iso})`, {
      ago: '5 min',
      iso: '2026-11-28T16:00:00Z',
    }),
    hint: 'request a new token; if it is new, compare the clocks',
    spec: 'RFC 7519 section 4.1.4',
  },
  'time-exp-missing': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token has no expiry',
    says: states('No exp: the token would never expire'),
    hint: 'make the authorization server set exp',
    spec: 'RFC 9068 section 2.2',
  },
  'time-nbf': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is not valid yet',
    says: says(({ wait, iso }: Texts<'wait' | 'iso'>) => `Not valid for another ${wait} (${iso})`, {
      wait: '5 min',
      iso: '2026-11-28T16:00:00Z',
    }),
    hint: 'wait, or compare the clocks of the issuer and of this machine',
    spec: 'RFC 7519 section 4.1.5',
  },
  'time-iat-future': {
    ...time,
    severity: 'medium',
    refuses: 'configured',
    title: 'the token was issued in the future',
    says: says(({ n }: Texts<'n'>) => `Issued ${n} s in the future: a clock is wrong`, { n: 300 }),
    hint: 'synchronise the clocks of the issuer and of this machine (NTP)',
    spec: 'RFC 7519 section 4.1.6',
  },
  'time-lifetime': {
    ...time,
    severity: 'medium',
    refuses: 'configured',
    title: 'the token is valid for too long',
    says: says(
      ({ lifetime, limit }: Texts<'lifetime' | 'limit'>) =>
        `Valid for ${lifetime}, longer than ${limit}`,
      { lifetime: '30 d', limit: '1 d' },
    ),
    hint: 'shorten the lifetime, or introspect to see revocation',
    spec: 'RFC 9700 section 2.2',
  },
  'time-units': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'a date in the token is not in seconds',
    cases: {
      milliseconds: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} looks like milliseconds (${value})`,
        { claim: 'exp', value: 1_790_000_000_000 },
        'make the issuer divide by 1000: dates are seconds since 1970',
      ),
      text: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} is a string (${value}), not a number of seconds`,
        { claim: 'exp', value: '"1790000000"' },
        'make the issuer write the number without quotes',
      ),
      form: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} is ${value}, not a number of seconds`,
        { claim: 'iat', value: 'true' },
      ),
      beyond: says(({ claim }: Texts<'claim'>) => `${claim} is beyond any date`, { claim: 'exp' }),
      negative: says(
        ({ claim, value }: Texts<'claim' | 'value'>) => `${claim} is negative (${value})`,
        { claim: 'nbf', value: -1 },
      ),
    },
    hint: 'make the issuer write dates as a number of seconds since 1970',
    spec: 'RFC 7519 section 2',
  },
  'time-clock': {
    group: 'time',
    ...advice,
    severity: 'high',
    title: 'the local clock is wrong',
    says: says(({ n, dir }: Texts<'n' | 'dir'>) => `The local clock is ${n} s ${dir}`, {
      n: 90,
      dir: 'behind',
    }),
    hint: 'synchronise the clock (NTP) before you raise clock_tolerance',
    spec: 'RFC 9110 section 6.6.1',
  },
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
  'intro-reach': {
    group: 'introspection',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the introspection endpoint gave no usable answer',
    cases: {
      failed: says(
        ({ why }: Texts<'why'>) => `introspection request failed: ${why}`,
        { why: 'connection refused (ECONNREFUSED)' },
        'check that the host and port of introspection_endpoint are reachable from here: mcp-proxy doctor looks at both',
      ),
      'not-found': says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 404, words: '' },
        'correct introspection_endpoint (--introspection-endpoint), or leave it out so that it is discovered',
      ),
      busy: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 429, words: '' },
        'raise cache_ttl so that fewer calls are made, or raise the rate limit at the authorization server',
      ),
      status: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}`,
        { status: 503, words: ': temporarily_unavailable' },
        'check the log of the authorization server',
      ),
      html: states(
        'invalid introspection response: HTML or XML, not JSON',
        'correct introspection_endpoint (--introspection-endpoint): this is a page for people, often a login page',
      ),
      invalid: says(
        ({ why }: Texts<'why'>) => `invalid introspection response: ${why}`,
        { why: 'missing field `active`' },
        'correct introspection_endpoint (--introspection-endpoint): what answers there is not RFC 7662 introspection',
      ),
      signed: states(
        'invalid introspection response: a signed answer was not asked for',
        'set introspection_response to jwt, or turn signed answers off for this client',
      ),
      paused: says(
        ({ why }: Texts<'why'>) => `${why} (not asked again yet)`,
        { why: 'introspection endpoint returned 503' },
        'wait a few seconds: calls are paused because the last ones failed',
      ),
      endpoint: says(
        ({ why }: Texts<'why'>) => `${why}`,
        { why: 'the metadata of https://id.example.com names no introspection_endpoint' },
        'set introspection_endpoint (--introspection-endpoint), or token_validation to jwt (--strategy jwt)',
      ),
      'no-metadata': says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy: 'correct the issuer (--issuer), or the reverse proxy that hides /.well-known',
        },
        ({ remedy }) => `${remedy}; or set auth.introspection_endpoint (--introspection-endpoint)`,
      ),
      gone: states('given up by the caller', 'repeat the request and wait for the answer'),
      closed: states(
        'the validator was closed',
        'repeat the request: the configuration was reloaded',
      ),
      fragment: states('not asked: what was sent is not a whole token', 'copy the whole token'),
      stranger: states(
        'not asked: the token is of none of the issuers that introspect',
        'request the token from a configured issuer',
      ),
    },
    hint: 'check introspection_endpoint: 404 means a wrong URL, 429 means slow down',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-duplicate-member': {
    group: 'introspection',
    ...unsettled,
    severity: 'high',
    refuses: 'always',
    title: 'a member of the introspection answer appears twice',
    says: says(
      ({ member }: Texts<'member'>) => `"${member}" appears twice in the introspection answer`,
      { member: 'active' },
    ),
    hint: 'report it to the operator of the authorization server: parsers disagree about which value counts',
    spec: 'RFC 8259 section 4, RFC 7662 section 2.2',
  },
  'intro-client-auth': {
    group: 'introspection',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the authorization server refused our own credentials',
    cases: {
      credentials: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}: the authorization server refused our own credentials (the token is not at fault)`,
        { status: 401, words: ': invalid_client' },
      ),
      client: says(
        ({ answer, client, method }: Texts<'answer' | 'client' | 'method'>) =>
          `${answer}: client "${client}" is rejected (${method})`,
        { answer: '401 invalid_client', client: 'mcp-proxy', method: 'client_secret_basic' },
      ),
      forbidden: says(
        ({ status, words }: Texts<'status' | 'words'>) =>
          `introspection endpoint returned ${status}${words}: the authorization server does not let our client introspect (the token is not at fault)`,
        { status: 403, words: ': access_denied' },
        'allow the client to introspect at the authorization server (a role, a scope or a client setting)',
      ),
    },
    hint: 'check client_id, client_auth and the secret, key or certificate of our client; look for a newline in the secret',
    spec: 'RFC 7662 section 2.3',
  },
  'intro-open': {
    ...introspectionAdvice,
    severity: 'medium',
    title: 'the introspection endpoint needs no authentication',
    says: states('The introspection endpoint answers without authentication'),
    hint: 'require client authentication at the introspection endpoint',
    spec: 'RFC 7662 section 2.1, RFC 7662 section 4',
  },
  'intro-active': {
    ...introspection,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is not active',
    cases: {
      inactive: states(
        'token is not active',
        'request a new token: it expired, was revoked, or is of another issuer (RFC 7662 gives no reason)',
      ),
      everywhere: says(
        ({ issuers }: Texts<'issuers'>) => `token is not active at any of ${issuers}`,
        { issuers: 'https://a.example.com, https://b.example.com' },
        'request a new token from one of these issuers',
      ),
      refused: says(
        ({ words }: Texts<'words'>) => `token is not active: the server answered ${words}`,
        { words: 'invalid_token (The token is expired)' },
      ),
      unsupported: says(
        ({ words }: Texts<'words'>) => `token is not active: the server answered ${words}`,
        { words: 'unsupported_token_type' },
        'set token_validation to jwt or both (--strategy): this server does not introspect such tokens',
      ),
      nonsense: says(
        ({ value, type }: Texts<'value' | 'type'>) =>
          `invalid introspection response: active is ${value} (${type})`,
        { value: '"true"', type: 'string' },
        'make the authorization server answer active with true or false (RFC 7662 section 2.2)',
      ),
    },
    hint: 'request a new token',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-inactive-valid': {
    ...introspectionAdvice,
    severity: 'high',
    title: 'a token that verifies locally is not active',
    says: states(
      'Signature and dates are valid, yet the token is inactive: it was revoked, or this client may not introspect it',
    ),
    hint: 'add our client to the audience of the token, and check the realm or tenant',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-aud': {
    ...introspection,
    severity: 'fatal',
    refuses: 'always',
    title: 'the introspection answer names no audience',
    says: says(({ why }: Texts<'why'>) => `The answer names no audience: ${why}`, {
      why: 'aud is absent',
    }),
    hint: 'make the authorization server return aud, or set auth.audience_claims to the member that names it',
    spec: 'RFC 7662 section 2.2',
  },
  'intro-claims': {
    ...introspection,
    severity: 'high',
    refuses: 'always',
    title: 'the introspection answer contradicts itself',
    cases: {
      contradicts: says(({ why }: Texts<'why'>) => `active, but ${why}`, {
        why: 'Expired 5 min ago (2026-11-28T16:00:00Z)',
      }),
      dates: says(
        ({ why }: Texts<'why'>) => `active, but ${why}`,
        { why: 'exp looks like milliseconds (1790000000000)' },
        'make the authorization server write exp, nbf and iat as numbers of seconds since 1970',
      ),
      differs: says(
        ({ why }: Texts<'why'>) => `active, but ${why}`,
        { why: 'aud is "a", in the token "b"' },
        'compare introspection_endpoint with the issuer of the token: the answer may be about another token',
      ),
    },
    hint: 'compare the clocks and the configured issuer: the local check decides',
    spec: 'RFC 7662 section 4',
  },
  'intro-latency': {
    ...introspectionAdvice,
    severity: 'medium',
    title: 'introspection is slow',
    says: says(({ p50 }: Texts<'p50'>) => `${p50} ms per call, uncached`, { p50: 350 }),
    hint: 'raise cache_ttl, or set token_validation to jwt',
    spec: 'RFC 7662 section 4',
  },
  'intro-jwt': {
    ...introspection,
    ...unsettled,
    severity: 'low',
    refuses: 'configured',
    title: 'the signed introspection answer does not verify',
    cases: {
      unsigned: says(
        ({ type }: Texts<'type'>) => `The answer is not signed: its content type is ${type}`,
        { type: 'application/json' },
        'turn signed introspection answers on for our client, or remove introspection_response = "jwt"',
      ),
      unverified: states(
        'The signed answer was not verified',
        'this should not happen: please report it',
      ),
      issuer: says(
        ({ iss, expected }: Texts<'iss' | 'expected'>) =>
          `The signed answer is from ${iss}, expected ${expected}`,
        { iss: '"https://other.example.com"', expected: '"https://id.example.com"' },
        'set issuer to the exact iss of the answer, if you trust it',
      ),
      audience: says(
        ({ client }: Texts<'client'>) => `The signed answer is not for our client ${client}`,
        { client: '"mcp-proxy"' },
        'set client_id to the client that the authorization server answers to',
      ),
      check: says(({ check }: Texts<'check'>) => `The signed answer fails ${check}`, {
        check: 'sig-verify: The signature does not match key "2026-01"',
      }),
    },
    hint: 'correct the algorithm or the audience that is registered for our client',
    spec: 'RFC 9701 section 5, RFC 9701 section 8',
  },
} as const satisfies Record<string, ProblemSpec>
