// DPoP proofs (RFC 9449): each way in which one can be wrong, and what makes it right.
import { refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const proof = {
  group: 'binding',
  ...refused,
  oauth: 'invalid_dpop_proof',
  severity: 'high',
  refuses: 'configured',
} as const

const oneHeader =
  'send one DPoP header with one proof: find what duplicates or joins headers on the way'
const goodKey =
  'put a public key of P-256, P-384, P-521, Ed25519 or RSA with 2048 to 4096 bits into jwk, with all members of its type'

/** What carries the proof: headers, the form of a JWT. */
const formCases = {
  absent: states(
    'No DPoP header came with the token',
    'send a DPoP header with a proof that is made for this request',
  ),
  several: says(
    ({ n }: Texts<'n'>) => `${n} DPoP headers came with the token`,
    { n: 2 },
    oneHeader,
  ),
  joined: says(
    ({ n }: Texts<'n'>) => `The DPoP header has ${n} proofs, separated by commas`,
    { n: 2 },
    oneHeader,
  ),
  large: says(
    ({ n, max }: Texts<'n' | 'max'>) => `The DPoP proof has ${n} characters, more than ${max}`,
    { n: 20_000, max: 16_384 },
    'leave everything out of the proof but typ, alg and jwk, and jti, htm, htu, iat, ath and nonce',
  ),
  token: states(
    'The DPoP header contains the access token instead of a proof',
    'send the token in Authorization, and in the DPoP header a JWT that the client signs for this request',
  ),
  parts: says(
    ({ n }: Texts<'n'>) => `The DPoP proof is not a signed JWT: it has ${n} of 3 parts`,
    { n: 1 },
    'send the whole proof in compact form: header, claims and signature with a dot between them',
  ),
  encrypted: states(
    'The DPoP proof is encrypted',
    'sign the proof and do not encrypt it: header, claims and signature with a dot between them',
  ),
  encoding: says(
    ({ why }: Texts<'why'>) => `The DPoP proof cannot be read: ${why}`,
    { why: 'The payload is not base64url: it is padded' },
    'encode header and claims of the proof as JSON objects, and all three parts as base64url without padding (RFC 7515 section 2)',
  ),
  duplicate: says(
    ({ why }: Texts<'why'>) => `The DPoP proof is ambiguous: ${why}`,
    { why: '"jti" appears twice in the payload' },
    'write each member of the proof once',
  ),
}

/** RFC 9449 section 4.2: typ, alg, jwk. */
const headerCases = {
  typ: says(
    ({ typ }: Texts<'typ'>) => `typ of the DPoP proof is ${typ}, not dpop+jwt`,
    { typ: '"JWT"' },
    'set typ in the header of the proof to dpop+jwt',
  ),
  'alg-missing': states(
    'The header of the DPoP proof has no alg',
    'set alg in the header of the proof to the algorithm of its signature, such as ES256',
  ),
  unsigned: says(
    ({ alg }: Texts<'alg'>) => `The DPoP proof is unsigned: alg is ${alg}`,
    { alg: '"none"' },
    'sign the proof with the private key that belongs to jwk, and set alg to the algorithm (ES256)',
  ),
  secret: says(
    ({ alg }: Texts<'alg'>) => `The DPoP proof is signed with a shared secret: alg is ${alg}`,
    { alg: '"HS256"' },
    'sign the proof with a private key (ES256), and put its public key into jwk',
  ),
  'alg-listed': says(
    ({ alg, list }: Texts<'alg' | 'list'>) =>
      `alg of the DPoP proof is ${alg}, allowed are ${list}`,
    { alg: 'ES256', list: 'RS256, PS256' },
    ({ alg, list }) => `sign the proof by one of ${list}; or add ${alg} to auth.dpop_algorithms`,
  ),
  'alg-unknown': says(
    ({ alg, list }: Texts<'alg' | 'list'>) =>
      `alg of the DPoP proof is ${alg}, allowed are ${list}`,
    { alg: '"ES256K"', list: 'RS256, ES256' },
    'sign the proof by one of the algorithms that the challenge lists in algs',
  ),
  crit: says(
    ({ why }: Texts<'why'>) => `crit in the header of the DPoP proof is refused: ${why}`,
    { why: '"x" is not supported' },
    'leave crit out of the header of the proof: it needs no extension',
  ),
  nested: says(
    ({ why }: Texts<'why'>) => `The DPoP proof is not a plain JWT: ${why}`,
    { why: 'the payload is compressed' },
    'leave cty, zip and b64 out of the header of the proof, and write the claims as they are',
  ),
  'jwk-missing': states(
    'The header of the DPoP proof has no jwk',
    'put the public key into the header of the proof as jwk: kid, jku, x5u and x5c do not replace it',
  ),
  'jwk-private': states(
    'jwk in the DPoP proof is a private key (value not shown)',
    'put only the public members into jwk (kty, crv, x, y; or kty, n, e), and request a token for a new key: this one was sent',
  ),
  'jwk-secret': states(
    'jwk in the DPoP proof is a shared secret (value not shown)',
    'sign the proof with a private key (ES256), put its public key into jwk, and replace the secret: it was sent',
  ),
  'jwk-unusable': says(
    ({ why }: Texts<'why'>) => `jwk in the DPoP proof cannot be used: ${why}`,
    { why: 'it lacks x and y' },
    goodKey,
  ),
  'jwk-costly': says(
    ({ bits }: Texts<'bits'>) =>
      `jwk in the DPoP proof is larger than RSA ${bits} with a short exponent`,
    { bits: 4096 },
    'use a key of P-256, or of RSA with 2048 to 4096 bits and the exponent 65537',
  ),
  'jwk-misfit': says(
    ({ alg, why }: Texts<'alg' | 'why'>) => `jwk in the DPoP proof does not suit ${alg}: ${why}`,
    { alg: 'ES256', why: 'it is RSA, ES256 wants EC P-256' },
    'put the public key of the key that signs into jwk, without alg, use and key_ops, and set alg to its algorithm: ES256 for P-256, EdDSA for Ed25519, RS256 or PS256 for RSA',
  ),
  signature: states(
    'The signature of the DPoP proof does not match jwk',
    'sign the proof with the private key that belongs to jwk, and change nothing in it afterwards',
  ),
  'signature-der': states(
    'The signature of the DPoP proof is in DER form',
    'write R and S of the signature side by side, each as long as the curve: 64 bytes for ES256 (RFC 7518 section 3.4)',
  ),
  'signature-length': says(
    ({ n }: Texts<'n'>) => `The signature of the DPoP proof has ${n} bytes, too few or too many`,
    { n: 40 },
    'send the whole proof: what follows its last dot was cut, or something was put behind it',
  ),
}

/** RFC 9449 section 4.3: what ties a proof to one request. */
const requestCases = {
  'htm-missing': says(
    ({ method }: Texts<'method'>) => `The DPoP proof has no htm, the method is ${method}`,
    { method: 'POST' },
    'set htm in the proof to the method of the request',
  ),
  'htm-case': says(
    ({ htm, method }: Texts<'htm' | 'method'>) =>
      `htm in the DPoP proof is ${htm}, the method is ${method}: letter case counts`,
    { htm: '"post"', method: 'POST' },
    'write htm in the proof in capitals, as the method of the request',
  ),
  htm: says(
    ({ htm, method }: Texts<'htm' | 'method'>) =>
      `htm in the DPoP proof is ${htm}, the method is ${method}`,
    { htm: '"GET"', method: 'POST' },
    'make one proof for each request, and set htm to its method',
  ),
  'htu-missing': says(
    ({ url }: Texts<'url'>) => `The DPoP proof has no htu, the URL is ${url}`,
    { url: 'https://mcp.example.com/mcp' },
    ({ url }) => `set htu in the proof to ${url}`,
  ),
  'htu-form': says(
    ({ htu, url }: Texts<'htu' | 'url'>) =>
      `htu in the DPoP proof is ${htu}, not an absolute URL; the URL is ${url}`,
    { htu: '"/mcp"', url: 'https://mcp.example.com/mcp' },
    ({ url }) => `set htu in the proof to ${url}`,
  ),
  'htu-scheme': says(
    ({ htu, url }: Texts<'htu' | 'url'>) =>
      `htu in the DPoP proof is ${htu}, the URL is ${url}: the scheme differs`,
    { htu: '"http://mcp.example.com/mcp"', url: 'https://mcp.example.com/mcp' },
    ({ htu, url }) =>
      `set htu in the proof to ${url}; or set proxy.public_url to ${htu}, if that is how callers reach the endpoint`,
  ),
  'htu-slash': says(
    ({ htu, url }: Texts<'htu' | 'url'>) =>
      `htu in the DPoP proof is ${htu}, the URL is ${url}: a slash at the end differs`,
    { htu: '"https://mcp.example.com/mcp/"', url: 'https://mcp.example.com/mcp' },
    ({ url }) => `set htu in the proof to ${url}`,
  ),
  'htu-host': says(
    ({ htu, url }: Texts<'htu' | 'url'>) =>
      `htu in the DPoP proof is ${htu}, the URL is ${url}: another host`,
    { htu: '"https://internal.example.com/mcp"', url: 'https://mcp.example.com/mcp' },
    ({ htu, url }) =>
      `set htu in the proof to ${url}; or set proxy.public_url to ${htu}, if that is how callers reach the endpoint`,
  ),
  htu: says(
    ({ htu, url }: Texts<'htu' | 'url'>) => `htu in the DPoP proof is ${htu}, the URL is ${url}`,
    { htu: '"https://mcp.example.com/token"', url: 'https://mcp.example.com/mcp' },
    ({ url }) => `make one proof for each request, and set htu to ${url}`,
  ),
  'iat-missing': states(
    'The DPoP proof has no iat',
    'set iat in the proof to the current time in seconds since 1970',
  ),
  'iat-form': says(
    ({ iat }: Texts<'iat'>) => `iat in the DPoP proof is ${iat}, not a number of seconds`,
    { iat: '"2026-11-29T12:00:00Z"' },
    'set iat in the proof to the current time as a number of seconds since 1970',
  ),
  'iat-unit': says(
    ({ iat }: Texts<'iat'>) => `iat in the DPoP proof looks like milliseconds (${iat})`,
    { iat: 1_790_000_000_000 },
    'divide iat by 1000: it is a number of seconds since 1970',
  ),
  'iat-old': says(
    ({ age, max }: Texts<'age' | 'max'>) =>
      `The DPoP proof was made ${age} s ago, more than ${max} s`,
    { age: 300, max: 60 },
    'make each proof right before its request, with the current time as iat; if it was, correct the clock of the client, or raise auth.dpop_max_age',
  ),
  'iat-future': says(
    ({ ahead, tolerance }: Texts<'ahead' | 'tolerance'>) =>
      `The DPoP proof is dated ${ahead} s in the future, more than ${tolerance} s`,
    { ahead: 90, tolerance: 60 },
    'set iat to the current time, not to an expiry; if it is, correct the clock of the client, or raise auth.clock_tolerance',
  ),
  'jti-missing': states(
    'The DPoP proof has no jti',
    'set jti in the proof to a random string, another one for each proof',
  ),
  'jti-form': says(
    ({ jti }: Texts<'jti'>) => `jti in the DPoP proof is ${jti}, not a non-empty string`,
    { jti: '7' },
    'set jti in the proof to a random string, another one for each proof',
  ),
  'ath-missing': states(
    'The DPoP proof has no ath',
    'set ath in the proof to the base64url of the SHA-256 of the access token: only the proof for a token endpoint has none',
  ),
  'ath-encoding': states(
    'ath in the DPoP proof is the hash of this access token in another encoding',
    'encode the 32 bytes of the SHA-256 as base64url without padding: 43 characters',
  ),
  'ath-scheme': states(
    'ath in the DPoP proof is the hash of the access token together with its scheme',
    'hash the access token alone, without "DPoP " or "Bearer " before it and without a line end after it',
  ),
  ath: states(
    'ath in the DPoP proof is not the hash of this access token',
    'set ath to the base64url of the SHA-256 of the very token that is sent, and make new proofs after each refresh',
  ),
}

export const dpopProofProblems = {
  'pop-dpop-proof': {
    ...proof,
    title: 'the DPoP proof is not valid for this request',
    cases: { ...formCases, ...headerCases, ...requestCases },
    hint: 'make one proof for each request: with its method, the public URL of the endpoint, the hash of the access token and the current time',
    spec: 'RFC 9449 section 4.3',
  },
  'pop-dpop-nonce': {
    ...proof,
    oauth: 'use_dpop_nonce',
    severity: 'medium',
    title: 'the DPoP proof needs the nonce of this server',
    cases: {
      missing: states('The DPoP proof has no nonce'),
      form: states(
        'nonce in the DPoP proof is not a string',
        'set nonce in the proof to the value of the DPoP-Nonce header of this answer, as a string',
      ),
      stale: states(
        'The DPoP proof has a nonce of this server that has expired',
        'take the nonce for each proof from the DPoP-Nonce header of the latest answer: one is good for a minute at least',
      ),
      unknown: states(
        'The DPoP proof has a nonce that this server did not give out',
        'take the nonce from the DPoP-Nonce header of this answer: that of the authorization server is another, and so are those of other instances and those before a restart',
      ),
    },
    hint: 'repeat the request with a proof that contains the value of the DPoP-Nonce header of this answer',
    spec: 'RFC 9449 section 9',
  },
  'pop-dpop-replay': {
    ...proof,
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
} as const satisfies Record<string, ProblemSpec>
