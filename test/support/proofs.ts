// DPoP keys and proofs of a client, and certificates: good ones, and wrong in one member at a time.
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose'
import { newSigningKey, type Members, type SigningAlgorithm } from './tokens.ts'

export interface ProofKey {
  readonly alg: SigningAlgorithm
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
  readonly jkt: string
}

export const newProofKey = async (alg: SigningAlgorithm = 'ES256'): Promise<ProofKey> => {
  const { privateKey, publicKey } = await newSigningKey(alg)
  const publicJwk = await exportJWK(publicKey)
  return { alg, privateKey, publicJwk, jkt: await calculateJwkThumbprint(publicJwk) }
}

export const athOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

export interface ProofRequest {
  readonly token?: string
  readonly method?: string
  readonly url: string
  readonly nowSeconds?: number
  /** Put over the claims of a good proof; undefined takes one away. */
  readonly claims?: Members
  readonly header?: Members
}

const without = (members: Members): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

let proofs = 0

/** A proof as a client makes it (RFC 9449 section 4.2), signed through jose. */
export const newProof = (key: ProofKey, request: ProofRequest): Promise<string> => {
  proofs += 1
  const claims = without({
    jti: `proof-${proofs}`,
    htm: request.method ?? 'POST',
    htu: request.url,
    iat: request.nowSeconds ?? Math.floor(Date.now() / 1000),
    ...(request.token === undefined ? {} : { ath: athOf(request.token) }),
    ...request.claims,
  })
  const header = without({
    typ: 'dpop+jwt',
    alg: key.alg,
    jwk: key.publicJwk,
    ...request.header,
  })
  return new SignJWT(claims).setProtectedHeader(header as { alg: string }).sign(key.privateKey)
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const utcTime = (date: Date): Buffer =>
  der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
/** ecdsa-with-SHA256 and commonName. */
const ecdsaSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = der(0x06, Buffer.from('550403', 'hex'))

export interface TestCertificate {
  readonly der: Buffer
  readonly pem: string
  /** x5t#S256. */
  readonly thumbprint: string
}

/** A self-signed certificate of a fresh P-256 key (RFC 5280 section 4.1). */
export const newCertificate = (name = 'client.acme.test'): TestCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))))
  const day = 86_400_000
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaSha256,
    names,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    names,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', body, privateKey)
  const bytes = sequence(body, ecdsaSha256, der(0x03, Buffer.from([0]), signature))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return {
    der: bytes,
    pem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    thumbprint: createHash('sha256').update(bytes).digest('base64url'),
  }
}
