// The published keys of an issuer (RFC 7517).
import { advice, refused, unsettled } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const keySet = { group: 'key-set', ...refused } as const

const keySetAdvice = { group: 'key-set', ...advice } as const

export const keySetProblems = {
  'jwks-duplicate-member': {
    group: 'key-set',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'a member of the key set appears twice',
    says: says(
      ({ name, url }: Texts<'name' | 'url'>) => `"${name}" appears twice in the key set: ${url}`,
      { name: 'kty', url: 'https://id.example.com/jwks.json' },
    ),
    hint: 'remove one of them: parsers disagree about which value counts',
    spec: 'RFC 7517 section 4, RFC 7517 section 5',
  },
  'jwks-fetch': {
    group: 'key-set',
    ...unsettled,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set cannot be fetched',
    cases: {
      unreachable: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url}: ${why}`,
        { url: 'https://id.example.com/jwks', why: 'connection refused (ECONNREFUSED)' },
        'check that host and port of jwks_uri are reachable from here; cached keys are used until jwks_max_stale has passed',
      ),
      status: says(
        ({ url, status }: Texts<'url' | 'status'>) => `${url}: answered ${status}`,
        { url: 'https://id.example.com/jwks', status: 404 },
        'correct jwks_uri (--jwks-uri), or leave it out so that it is discovered from the metadata',
      ),
      html: says(
        ({ url }: Texts<'url'>) => `${url}: the answer is HTML, not a key set`,
        { url: 'https://id.example.com/jwks' },
        'set jwks_uri (--jwks-uri) to the key set: this URL leads to a page for people, often a login page',
      ),
      'not-keys': says(
        ({ url }: Texts<'url'>) => `${url}: the answer is not a key set`,
        { url: 'https://id.example.com/jwks' },
        'set jwks_uri (--jwks-uri) to the document with the member keys; the metadata document is a common mistake',
      ),
      'no-uri': says(
        ({ issuer }: Texts<'issuer'>) => `the metadata of ${issuer} names no jwks_uri`,
        { issuer: 'https://id.example.com' },
        'set auth.jwks_uri (--jwks-uri), or set token_validation to introspection (--strategy introspection)',
      ),
      'no-metadata': says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy:
            'compare the issuer https://id.example.com with iss of a token, or let the reverse proxy forward /.well-known',
        },
        ({ remedy }) => `${remedy}; or set auth.jwks_uri (--jwks-uri)`,
      ),
      emptied: says(
        ({ url }: Texts<'url'>) =>
          `${url}: the set has no usable key; the earlier one is kept for now`,
        { url: 'https://id.example.com/jwks' },
        'publish the signing keys again: the earlier set is used for ten minutes',
      ),
      pending: states('the key set has not been fetched yet', 'wait: the key set is being fetched'),
      stale: says(
        ({ why, age }: Texts<'why' | 'age'>) => `${why}; the last key set is too old (${age} s)`,
        { why: 'https://id.example.com/jwks: answered 503', age: 90_000 },
        'make jwks_uri answer again, or raise jwks_max_stale',
      ),
      'new-kid': says(
        ({ why, kid }: Texts<'why' | 'kid'>) => `${why}; kid ${kid} is not in the last key set`,
        { why: 'https://id.example.com/jwks: answered 503', kid: '"2026-02"' },
        'make jwks_uri answer again: the key may be new',
      ),
      gone: states('given up by the caller', 'repeat the request and wait for the answer'),
      loose: says(
        ({ findings, url }: Texts<'findings' | 'url'>) => `${findings}: ${url}`,
        { findings: 'served as text/plain', url: 'https://id.example.com/jwks' },
        'serve the key set directly, with Content-Type: application/jwk-set+json',
      ),
    },
    hint: 'check the network and the authorization server; cached keys are used until jwks_max_stale has passed',
    spec: 'RFC 7517 section 5',
  },
  'jwks-usable': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set has no usable key',
    cases: {
      empty: states(
        '0 keys, none usable: the set is empty',
        'configure an asymmetric signing key at the authorization server: an empty set usually means that it signs with HS256',
      ),
      unfit: says(
        ({ n, why }: Texts<'n' | 'why'>) => `${n} keys, none usable: ${why}`,
        { n: 1, why: 'key 1: RSA/RSA-OAEP/enc' },
        'publish a key for signatures (use "sig") of RSA with 2048 bits or more, P-256, P-384, P-521 or Ed25519',
      ),
      flawed: says(
        ({ n, why }: Texts<'n' | 'why' | 'remedy'>) => `${n} keys, none usable: ${why}`,
        {
          n: 1,
          why: 'kid "2026-01" lacks n and e',
          remedy: 'publish these members of the key: clients ignore it without them',
        },
        ({ remedy }) => String(remedy),
      ),
      incomplete: says(
        ({ key, lacking }: Texts<'key' | 'lacking'>) => `${key} lacks ${lacking}`,
        { key: 'kid "2026-01"', lacking: 'n and e' },
        'publish these members of the key: clients ignore it without them',
      ),
      certificate: says(
        ({ key, lacking }: Texts<'key' | 'lacking'>) =>
          `${key} lacks ${lacking}: its certificate (x5c) does not replace them`,
        { key: 'kid "2026-01"', lacking: 'n and e' },
        'publish the members of the key beside its certificate: clients take the key from them',
      ),
      unknown: says(
        ({ key, what }: Texts<'key' | 'what'>) => `${key}: ${what} is not supported here`,
        { key: 'kid "2026-01"', what: 'kty "AKP"' },
        'sign with a key of RSA, P-256, P-384, P-521 or Ed25519, and publish it too',
      ),
      unreadable: says(
        ({ key, type }: Texts<'key' | 'type'>) => `${key}: not a readable ${type} key`,
        { key: 'kid "2026-01"', type: 'RSA' },
        'publish the key again with all members of its type, in base64url',
      ),
      'not-allowed': says(
        ({ keys, algorithms }: Texts<'keys' | 'algorithms'>) =>
          `${keys}, none of them for auth.algorithms (${algorithms})`,
        { keys: '2 keys', algorithms: 'ES256' },
        'add the algorithm of the published keys to auth.algorithms (--algorithm), or publish a key for the allowed ones',
      ),
      many: says(
        ({ n }: Texts<'n'>) => `${n} keys or more: only that many are read`,
        { n: 1000 },
        'remove the keys that are not used from the key set',
      ),
    },
    hint: 'publish an asymmetric signing key',
    spec: 'RFC 7517 section 5',
  },
  'jwks-duplicate-kid': {
    ...keySetAdvice,
    severity: 'high',
    title: 'several keys share one kid',
    says: says(({ kid, n }: Texts<'kid' | 'n'>) => `${n} keys have the kid ${kid}`, {
      kid: '"main"',
      n: 2,
    }),
    hint: 'give each key its own kid',
    spec: 'RFC 7517 section 4.5',
  },
  'jwks-missing-kid': {
    ...keySetAdvice,
    severity: 'medium',
    title: 'keys without kid',
    says: says(({ n, total }: Texts<'n' | 'total'>) => `${n} of ${total} keys have no kid`, {
      n: 1,
      total: 2,
    }),
    hint: 'give each key a kid',
    spec: 'RFC 7517 section 4.5',
  },
  'jwks-weak-key': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key is too weak',
    cases: {
      short: says(
        ({ key, bits }: Texts<'key' | 'bits'>) => `${key}: ${bits}-bit RSA`,
        { key: 'kid "old"', bits: 1024 },
        'replace the key with RSA of 2048 bits or more, or with P-256',
      ),
      exponent: says(
        ({ key }: Texts<'key'>) => `${key}: unsafe public exponent`,
        { key: 'kid "old"' },
        'replace the key with one of exponent 65537',
      ),
      long: says(
        ({ key, bits }: Texts<'key' | 'bits'>) => `${key}: ${bits}-bit RSA is too large`,
        { key: 'kid "big"', bits: 32_768 },
        'replace the key with RSA of 2048 to 4096 bits',
      ),
      roca: says(
        ({ key }: Texts<'key'>) => `${key}: its private key can be computed (ROCA, CVE-2017-15361)`,
        { key: 'kid "card"' },
        'replace the key now: generate it outside the affected device',
      ),
    },
    hint: 'replace the key',
    spec: 'RFC 7518 section 3.3, RFC 8725 section 3.4',
  },
  'jwks-private-key': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set publishes a private key',
    says: says(({ key }: Texts<'key'>) => `PRIVATE KEY PUBLISHED in ${key} (value not shown)`, {
      key: 'kid "2026-01"',
    }),
    hint: 'revoke and replace the key now',
    spec: 'RFC 7517 section 9.2',
  },
  'jwks-symmetric': {
    ...keySet,
    severity: 'fatal',
    refuses: 'always',
    title: 'the key set publishes a shared secret',
    says: says(({ key }: Texts<'key'>) => `Shared secret published as ${key} (value not shown)`, {
      key: 'kid "hmac"',
    }),
    hint: 'replace the secret now, and publish asymmetric keys only',
    spec: 'RFC 7518 section 6.4',
  },
  'jwks-x5c': {
    ...keySetAdvice,
    severity: 'medium',
    title: 'a certificate does not fit its key',
    says: says(({ key, why }: Texts<'key' | 'why'>) => `The certificate of ${key}: ${why}`, {
      key: 'kid "2026-01"',
      why: 'it expired on 2026-01-31',
    }),
    hint: 'publish the key with its current certificate, or without one',
    spec: 'RFC 7517 section 4.7',
  },
  'jwks-cache': {
    ...keySetAdvice,
    severity: 'low',
    title: 'the key set has an unhelpful cache lifetime',
    cases: {
      forbidden: states('max-age is none: the answer forbids reuse'),
      unstated: states('max-age is none: each verifier chooses its own lifetime'),
      short: says(
        ({ age }: Texts<'age'>) => `max-age is ${age}: too short, verifiers ask all the time`,
        { age: 10 },
      ),
      long: says(({ age }: Texts<'age'>) => `max-age is ${age}: too long for an urgent rotation`, {
        age: 604_800,
      }),
      cached: says(
        ({ age, held }: Texts<'age' | 'held'>) =>
          `max-age is ${age}: a cache in between returned it at the age of ${held}`,
        { age: 300, held: 900 },
        'make the cache in front of jwks_uri respect max-age, or exclude the key set from it',
      ),
    },
    hint: 'send Cache-Control: max-age between 300 and 86400, below the overlap of a rotation',
    spec: 'RFC 9111 section 5.2',
  },
  'jwks-rotation': {
    ...keySetAdvice,
    severity: 'info',
    title: 'only one key is published',
    says: states('One key: the next rotation will cut off verifiers that cached the set'),
    hint: 'publish the next key before it signs',
    spec: 'OpenID Connect Core section 10.1.1',
  },
} as const satisfies Record<string, ProblemSpec>
