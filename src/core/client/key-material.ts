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

const largestKeyFile = 65_536

const textOf = async (material: KeyMaterial, path: string): Promise<string> => {
  if (material instanceof Secret) return material.reveal()
  if (isKeyText(material)) return material
  const read = await readFileOrPipe(material, { maxBytes: largestKeyFile })
  if (!isReadFault(read)) return read.bytes.toString('utf8')
  const { code, why } = read
  throw usageError(
    code === 'EFBIG'
      ? problemOf('config-value', 'credential-large', { key: path, file: material, why })
      : problemOf('config-value', 'credential-file', { key: path, file: material, why }),
  )
}

const unreadable = (text: string, key: string): UsageError => {
  if (/BEGIN ENCRYPTED|ENCRYPTED\r?\n/.test(text)) {
    return usageError(problemOf('config-value', 'credential-encrypted', { key }))
  }
  return usageError(
    /BEGIN CERTIFICATE/.test(text)
      ? problemOf('config-value', 'credential-certificate', { key })
      : problemOf('config-value', 'credential-no-key', { key }),
  )
}

const publicKey = (key: string): UsageError =>
  usageError(problemOf('config-value', 'credential-public', { key }))

interface ReadKey {
  readonly key: KeyObject
  readonly kid: string | undefined
  readonly alg: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const readJwk = (json: string, path: string): ReadKey => {
  const parsed = parseJson(json)
  if (!parsed.ok || !isJsonObject(parsed.value)) {
    throw usageError(problemOf('config-value', 'credential-json', { key: path }))
  }
  const jwk = parsed.value
  if (jwk['kty'] === 'oct') {
    throw usageError(problemOf('config-value', 'credential-shared', { key: path }))
  }
  if (jwk['d'] === undefined) throw publicKey(path)
  try {
    const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
    return { key, kid: text(jwk['kid']), alg: text(jwk['alg']) }
  } catch {
    throw unreadable(json, path)
  }
}

/** Throws a UsageError that names `path`: the key of the configuration. */
export const readPem = (pem: string, path: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch {
    if (/BEGIN (?:RSA )?PUBLIC KEY/.test(pem)) throw publicKey(path)
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
    throw usageError(problemOf('config-value', 'credential-short', { key: path, bits }))
  }
  const fitting = algorithmsOf(read.key)
  const alg = options.alg ?? read.alg ?? fitting[0]
  if (!isKnownAlgorithm(alg) || !fitting.includes(alg)) {
    const kind = read.key.asymmetricKeyType ?? 'unknown'
    throw usageError(
      fitting.length === 0
        ? problemOf('config-value', 'credential-kind', { key: path, kind })
        : problemOf('config-value', 'credential-algorithm', {
            key: path,
            kind,
            alg: alg ?? '',
            fitting: fitting.join(' or '),
          }),
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

export const isKeyOf = (key: KeyObject, { publicKey: shown }: X509Certificate): boolean =>
  publicPem(shown) === publicPem(createPublicKey(key))

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
    throw usageError(
      problemOf('config-value', 'credential-no-certificate', { key: paths.certificate }),
    )
  }
  if (!isKeyOf(key, shown)) {
    const values = { key: paths.key, certificate: paths.certificate }
    throw usageError(problemOf('config-value', 'credential-pair', values))
  }
  return { certificate, key: new Secret(pem) }
}
