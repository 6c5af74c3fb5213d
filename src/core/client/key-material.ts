// Reads the keys and certificates that a configuration names: files, or the text itself from a variable.
import { problemOf } from '../../problems/problem.ts'
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { ClientCertificate } from '../../net/client-certificate.ts'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { Secret } from '../../base/secret.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { isKnownAlgorithm, type Algorithm } from '../token/jose-header.ts'
import { isKeyText } from './key-text.ts'

/** A path as it is written, or the key itself. */
export type KeyMaterial = string | Secret

const wrong = (path: string, why: string, hint: string): UsageError =>
  usageError(problemOf('config-value', 'credential', { key: path, why }), { hint })

const largestKeyFile = 65_536

const textOf = async (material: KeyMaterial, path: string): Promise<string> => {
  if (material instanceof Secret) return material.reveal()
  if (isKeyText(material)) return material
  const read = await readFileOrPipe(material, { maxBytes: largestKeyFile })
  if (!isReadFault(read)) return read.bytes.toString('utf8')
  const { code, why } = read
  throw wrong(
    path,
    `names the file ${material}, which cannot be read: ${why}`,
    code === 'EFBIG' ? 'name a key file' : 'name a file, or write "${VAR}"',
  )
}

const pemHint = 'give a private key as PEM or JWK: a file, or the text itself from "${VAR}"'

const unreadable = (text: string, path: string): UsageError => {
  if (/BEGIN ENCRYPTED|ENCRYPTED\r?\n/.test(text)) {
    const hint = 'decrypt it first, for example with openssl pkey, and guard the file by its mode'
    return wrong(path, 'is encrypted with a passphrase', hint)
  }
  if (/BEGIN CERTIFICATE/.test(text)) return wrong(path, 'is a certificate, not a key', pemHint)
  return wrong(path, 'holds no private key that can be read', pemHint)
}

interface ReadKey {
  readonly key: KeyObject
  readonly kid: string | undefined
  readonly alg: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const readJwk = (json: string, path: string): ReadKey => {
  const parsed = parseJson(json)
  if (!parsed.ok || !isJsonObject(parsed.value)) throw wrong(path, 'is not JSON', pemHint)
  const jwk = parsed.value
  if (jwk['kty'] === 'oct') {
    throw wrong(path, 'is a shared secret, not a private key', pemHint)
  }
  if (jwk['d'] === undefined) throw wrong(path, 'is a public key', pemHint)
  try {
    const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
    return { key, kid: text(jwk['kid']), alg: text(jwk['alg']) }
  } catch {
    throw unreadable(json, path)
  }
}

const readPem = (pem: string, path: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch {
    if (/BEGIN (?:RSA )?PUBLIC KEY/.test(pem)) throw wrong(path, 'is a public key', pemHint)
    throw unreadable(pem, path)
  }
}

const curveAlgorithms: Readonly<Record<string, Algorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** The algorithms that the key can sign with, the default one first. */
const algorithmsOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm[] => {
  if (asymmetricKeyType === 'rsa') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519']
  if (asymmetricKeyType !== 'ec') return []
  const alg = curveAlgorithms[asymmetricKeyDetails?.namedCurve ?? '']
  return alg === undefined ? [] : [alg]
}

const smallestRsaBits = 2048

export interface SigningKey {
  readonly key: KeyObject
  readonly alg: Algorithm
  readonly kid: string | undefined
}

export interface SigningKeyOptions {
  readonly material: KeyMaterial
  readonly alg: string | undefined
  readonly kid: string | undefined
  /** The key of the configuration, for messages. */
  readonly path: string
}

/** The key with which our client signs. Throws a UsageError. Does not check that it is registered anywhere. */
export const readSigningKey = async (options: SigningKeyOptions): Promise<SigningKey> => {
  const { material, path } = options
  const content = await textOf(material, path)
  const read: ReadKey = content.trimStart().startsWith('{')
    ? readJwk(content, path)
    : { key: readPem(content, path), kid: undefined, alg: undefined }
  const bits = read.key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < smallestRsaBits) {
    const hint = 'RFC 7518 section 3.3: make a larger one and register it'
    throw wrong(path, `is an RSA key of ${bits} bits: 2048 are the least`, hint)
  }
  const fitting = algorithmsOf(read.key)
  const alg = options.alg ?? read.alg ?? fitting[0]
  if (!isKnownAlgorithm(alg) || !fitting.includes(alg)) {
    const kind = read.key.asymmetricKeyType ?? 'unknown'
    throw wrong(
      path,
      `is a key of type ${kind}, which cannot sign ${alg ?? 'with any algorithm we know'}`,
      fitting.length === 0 ? pemHint : `set client_key_alg to ${fitting.join(' or ')}`,
    )
  }
  return { key: read.key, alg, kid: options.kid ?? read.kid }
}

export interface CertificateOptions {
  readonly certificate: KeyMaterial
  readonly key: KeyMaterial
  /** The keys of the configuration, for messages. */
  readonly paths: { readonly certificate: string; readonly key: string }
}

const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

/** The certificate that we show, and its key. Throws a UsageError. Does not check who trusts it. */
export const readClientCertificate = async (
  options: CertificateOptions,
): Promise<ClientCertificate> => {
  const { paths } = options
  const certificate = await textOf(options.certificate, paths.certificate)
  const pem = await textOf(options.key, paths.key)
  const key = readPem(pem, paths.key)
  let shown: X509Certificate
  try {
    shown = new X509Certificate(certificate)
  } catch {
    const hint = 'give it as PEM: a file, or the text itself from "${VAR}"'
    throw wrong(paths.certificate, 'holds no certificate that can be read', hint)
  }
  if (publicPem(shown.publicKey) !== publicPem(createPublicKey(key))) {
    const hint = 'give the certificate and the key that were made for each other'
    throw wrong(paths.key, `is not the key of ${paths.certificate}`, hint)
  }
  return { certificate, key: new Secret(pem) }
}
