// Mints tokens at run time: good ones through jose, and deliberately broken ones byte by byte.
import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { CompactEncrypt, SignJWT, exportJWK, type JWK, type JWTPayload } from 'jose'
import { testEpochMs } from './manual-clock.ts'

export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

export const signingAlgorithms: readonly SigningAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

export interface SigningKey {
  readonly alg: SigningAlgorithm
  readonly kid: string | undefined
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As a key set publishes it: with alg, use and kid. */
  readonly publicJwk: JWK
}

export const testIssuer = 'https://id.acme.test'
export const testAudience = 'https://mcp.acme.test/mcp'
/** The moment that `goodClaims` is written for when no other is given. */
export const testNowSeconds = testEpochMs / 1000

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const

const generate = (alg: SigningAlgorithm, modulusLength: number) => {
  if (alg === 'EdDSA' || alg === 'Ed25519') return generateKeyPairSync('ed25519')
  if (alg === 'ES256' || alg === 'ES384' || alg === 'ES512') {
    return generateKeyPairSync('ec', { namedCurve: curves[alg] })
  }
  return generateKeyPairSync('rsa', { modulusLength })
}

export interface SigningKeyOptions {
  /** `undefined` publishes the key without a kid. */
  readonly kid?: string | undefined
  readonly modulusLength?: number
}

/** A fresh key pair. RSA takes a tenth of a second: prefer `testKey` where any key will do. */
export const newSigningKey = async (
  alg: SigningAlgorithm,
  options: SigningKeyOptions = {},
): Promise<SigningKey> => {
  const kid = 'kid' in options ? options.kid : `${alg}-${generatedKeys++}`
  const { privateKey, publicKey } = generate(alg, options.modulusLength ?? 2048)
  const publicJwk: JWK = {
    ...(await exportJWK(publicKey)),
    alg,
    use: 'sig',
    ...(kid === undefined ? {} : { kid }),
  }
  return { alg, kid, privateKey, publicKey, publicJwk }
}
let generatedKeys = 1

const sharedKeys = new Map<SigningAlgorithm, Promise<SigningKey>>()

/** One key for each algorithm, made once in a test process; its kid is `test-<alg>`. */
export const testKey = (alg: SigningAlgorithm = 'ES256'): Promise<SigningKey> => {
  const known = sharedKeys.get(alg)
  if (known !== undefined) return known
  const made = newSigningKey(alg, { kid: `test-${alg}` })
  sharedKeys.set(alg, made)
  return made
}

/** The key set document that publishes these keys. */
export const jwksOf = (...keys: readonly SigningKey[]): { keys: JWK[] } => ({
  keys: keys.map((key) => key.publicJwk),
})

/** Any header or claims; `undefined` takes the member of the default away. */
export type Members = Readonly<Record<string, unknown>>

const without = (members: Members): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** Claims of a good access token: issued a minute ago, valid for an hour. */
export const goodClaims = (
  overrides: Members = {},
  nowSeconds: number = testNowSeconds,
): JWTPayload =>
  without({
    iss: testIssuer,
    aud: testAudience,
    sub: 'user-1',
    client_id: 'client-1',
    scope: 'mcp:read mcp:write',
    iat: nowSeconds - 60,
    nbf: nowSeconds - 60,
    exp: nowSeconds + 3600,
    jti: 'token-1',
    ...overrides,
  })

const headerOf = (key: SigningKey, overrides: Members): Record<string, unknown> =>
  without({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...overrides })

/** A well-formed, well-signed token with the given claims (see `goodClaims`), through jose. */
export const mintToken = (
  key: SigningKey,
  claims: JWTPayload = goodClaims(),
  header: Members = {},
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader(headerOf(key, header) as { alg: string })
    .sign(key.privateKey)

export const base64url = (value: string | Uint8Array): string =>
  Buffer.from(value as string).toString('base64url')

const hashOf = (alg: SigningAlgorithm): string => `sha${alg.slice(2)}`

/** The raw JWS signature over any bytes; `dsaEncoding: 'der'` gives ECDSA in the form JWS forbids. */
export const signBytes = (
  key: SigningKey,
  input: string | Uint8Array,
  dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): Buffer => {
  const bytes = Buffer.from(input as string)
  if (key.alg === 'EdDSA' || key.alg === 'Ed25519') return sign(null, bytes, key.privateKey)
  if (key.alg.startsWith('PS')) {
    return sign(hashOf(key.alg), bytes, {
      key: key.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
  }
  return sign(hashOf(key.alg), bytes, { key: key.privateKey, dsaEncoding })
}

export interface RawParts {
  /** JSON text or bytes of the header; members are put over the usual header of the key. */
  readonly header?: string | Uint8Array | Members
  /** JSON text or bytes of the payload, or claims. */
  readonly payload?: string | Uint8Array | Members
  /** The signature's bytes; default: a right one over what is sent. */
  readonly signature?: Uint8Array
  readonly dsaEncoding?: 'ieee-p1363' | 'der'
}

const isText = (value: unknown): value is string | Uint8Array =>
  typeof value === 'string' || value instanceof Uint8Array

/** A rightly signed token of any content: no library gets to refuse a bad header or payload. */
export const mintRaw = (key: SigningKey, parts: RawParts = {}): string => {
  const header = parts.header ?? {}
  const payload = parts.payload ?? goodClaims()
  const headerText = isText(header) ? header : JSON.stringify(headerOf(key, header))
  const payloadText = isText(payload) ? payload : JSON.stringify(without(payload))
  const input = `${base64url(headerText)}.${base64url(payloadText)}`
  return `${input}.${base64url(parts.signature ?? signBytes(key, input, parts.dsaEncoding))}`
}

/** An unsigned token: `alg` none in the given spelling, empty signature. */
export const mintUnsigned = (claims: Members = goodClaims(), alg = 'none'): string =>
  `${base64url(JSON.stringify({ alg, typ: 'at+jwt' }))}.${base64url(JSON.stringify(claims))}.`

/** The classic confusion: HS256 keyed with the published key's text. */
export const mintHmac = (
  secret: string | Uint8Array,
  claims: Members = goodClaims(),
  header: Members = {},
): string => {
  const input = `${base64url(JSON.stringify(without({ alg: 'HS256', typ: 'at+jwt', ...header })))}.${base64url(JSON.stringify(claims))}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** Encrypted with a key that nobody here holds. */
export const mintEncrypted = (claims: Members = goodClaims()): Promise<string> =>
  new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(Buffer.alloc(32, 7))

/** Replaces one part of a token and leaves the others, signature included, as they are. */
export const withPart = (token: string, index: 0 | 1 | 2, content: Members | string): string => {
  const parts = token.split('.')
  parts[index] = typeof content === 'string' ? content : base64url(JSON.stringify(content))
  return parts.join('.')
}

/** A good token whose signature is another token's. */
export const withForeignSignature = (token: string, other: string): string =>
  withPart(token, 2, other.split('.')[2] ?? '')
