// The files of [proxy.tls]: read, judged, and put together as what the TLS library takes.
import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import type { ConfigChange } from '../../config/difference.ts'
import type { Config } from '../../config/schema.ts'
import { isKeyOf, readPem } from '../../core/client/key-material.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { UsageError, usageError } from '../../problems/usage-error.ts'

export type TlsConfig = NonNullable<Config['proxy']['tls']>

export interface TlsMaterial {
  readonly context: SecureContextOptions
  /** Equal for equal content of the files, key by key. */
  readonly content: Readonly<Record<'cert' | 'key' | 'client_ca', string>>
  /** Whether the certificate of the proxy is for a host name or an address. */
  isFor(host: string): boolean
  /** When the certificate of the proxy ends. */
  readonly validTo: string
  /** What works and should still be known. */
  readonly warnings: readonly Problem[]
}

const largestFile = 1_048_576

interface NamedFile {
  /** The key of the configuration. */
  readonly key: string
  readonly file: string
}

const textOf = ({ key, file }: NamedFile): string => {
  const read = readRegularFile(file, { maxBytes: largestFile })
  if (!isReadFault(read)) return read.bytes.toString('latin1')
  const { code, why } = read
  const isForbidden = code === 'EACCES' || code === 'EPERM'
  throw usageError(
    problemOf('config-value', isForbidden ? 'tls-permission' : 'tls-file', { key, file, why }),
  )
}

const block = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END [A-Z0-9 ]+-----/g

type Chain = readonly [X509Certificate, ...X509Certificate[]]

const readCertificates = (text: string, named: NamedFile): readonly X509Certificate[] => {
  const blocks = text.match(block) ?? []
  return blocks.map((pem, index) => {
    try {
      return new X509Certificate(pem)
    } catch {
      const values = { ...named, number: index + 1 }
      throw usageError(problemOf('config-value', 'tls-bad-certificate', values))
    }
  })
}

const certificatesIn = (text: string, named: NamedFile): Chain => {
  const [first, ...others] = readCertificates(text, named)
  if (first !== undefined) return [first, ...others]
  throw usageError(problemOf('config-value', 'tls-no-certificate', { ...named }))
}

const shownFile = ({ key, file }: NamedFile): string => `${key} (${file})`

/** Throws for a passphrase as it does for keys of clients; what else is no key is said in one sentence. */
const privateKeyOf = (pem: string, named: NamedFile): KeyObject => {
  try {
    return readPem(pem, shownFile(named))
  } catch (error) {
    const isEncrypted =
      error instanceof UsageError && error.problems[0]?.case === 'credential-encrypted'
    throw isEncrypted ? error : usageError(problemOf('config-value', 'tls-no-key', { ...named }))
  }
}

const requirePair = (
  certificates: readonly X509Certificate[],
  key: KeyObject,
  cert: NamedFile,
  ofKey: NamedFile,
): void => {
  const at = certificates.findIndex((one) => isKeyOf(key, one))
  if (at === 0) return
  throw usageError(
    at > 0
      ? problemOf('config-value', 'tls-order', { ...cert, number: at + 1 })
      : problemOf('config-value', 'credential-pair', {
          key: shownFile(ofKey),
          certificate: shownFile(cert),
        }),
  )
}

const secondsOf = (time: string): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')

const timeProblems = (
  certificates: readonly X509Certificate[],
  named: NamedFile,
  nowMs: number,
): readonly Problem[] =>
  certificates.flatMap(({ validFrom, validTo }) => {
    if (Date.parse(validTo) <= nowMs) {
      return [problemOf('config-advice', 'tls-expired', { ...named, when: secondsOf(validTo) })]
    }
    return Date.parse(validFrom) > nowMs
      ? [problemOf('config-advice', 'tls-early', { ...named, when: secondsOf(validFrom) })]
      : []
  })

const isIssuedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
  one.checkIssued(issuer) && one.verify(issuer.publicKey)

const chainProblems = (
  certificates: readonly X509Certificate[],
  named: NamedFile,
): readonly Problem[] => {
  const at = certificates.findIndex((one, index) => {
    const next = certificates[index + 1]
    return next !== undefined && !isIssuedBy(one, next)
  })
  return at === -1
    ? []
    : [problemOf('config-advice', 'tls-chain', { ...named, number: at + 1, next: at + 2 })]
}

const isFor = (certificate: X509Certificate, host: string): boolean => {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const matched = isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)
  return matched !== undefined
}

/** A terminator in front has the public name, and another certificate for it. */
const hostProblems = (
  certificate: X509Certificate,
  named: NamedFile,
  { proxy, security }: Pick<Config, 'proxy' | 'security'>,
): readonly Problem[] => {
  if (proxy.public_url === undefined || security.trusted_proxies.length > 0) return []
  const host = new URL(proxy.public_url).hostname
  return isFor(certificate, host)
    ? []
    : [problemOf('config-advice', 'tls-host', { ...named, host })]
}

/** The TLS library has reasons of its own: the length of a key, the digest of a signature. */
const requireUsable = (context: SecureContextOptions, named: NamedFile): void => {
  try {
    createSecureContext(context)
  } catch (error) {
    const { reason, code = 'unknown' } = error as NodeJS.ErrnoException & { reason?: string }
    const why = reason ?? code
    throw usageError(problemOf('config-value', 'tls-refused', { ...named, why }))
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Throws a UsageError with the file and its fault. Reads the files now; nothing of them is kept elsewhere. */
export const readTlsFiles = (
  config: Pick<Config, 'proxy' | 'security'>,
  tls: TlsConfig,
  nowMs: number,
): TlsMaterial => {
  const cert = { key: 'proxy.tls.cert', file: tls.cert }
  const ofKey = { key: 'proxy.tls.key', file: tls.key }
  const chain = textOf(cert)
  const certificates = certificatesIn(chain, cert)
  const pem = textOf(ofKey)
  requirePair(certificates, privateKeyOf(pem, ofKey), cert, ofKey)
  const own: SecureContextOptions = {
    cert: chain,
    key: pem,
    minVersion: `TLSv${tls.min_version}`,
  }
  requireUsable(own, cert)
  const warnings = [
    ...timeProblems(certificates, cert, nowMs),
    ...chainProblems(certificates, cert),
    ...hostProblems(certificates[0], cert, config),
  ]
  const content = { cert: digestOf(chain), key: digestOf(pem), client_ca: '' }
  const facts = {
    isFor: (host: string) => isFor(certificates[0], host),
    validTo: secondsOf(certificates[0].validTo),
  }
  if (tls.client_ca === undefined) return { ...facts, context: own, content, warnings }
  const authorities = { key: 'proxy.tls.client_ca', file: tls.client_ca }
  const ca = textOf(authorities)
  const known = certificatesIn(ca, authorities)
  const context = { ...own, ca }
  requireUsable(context, authorities)
  return {
    ...facts,
    context,
    content: { ...content, client_ca: digestOf(ca) },
    warnings: [...warnings, ...timeProblems(known, authorities, nowMs)],
  }
}

export interface Renewal {
  readonly changes: readonly ConfigChange[]
  readonly warnings: readonly Problem[]
}

/** What a renewal changes. */
export const changedFiles = (
  before: TlsMaterial | undefined,
  after: TlsMaterial | undefined,
): readonly ConfigChange[] => {
  if (before === undefined || after === undefined) return []
  const until = ({ validTo }: TlsMaterial): string => `valid until ${validTo}`
  return (['cert', 'key', 'client_ca'] as const)
    .filter((name) => before.content[name] !== after.content[name])
    .map((name) => ({
      key: `proxy.tls.${name}`,
      before: name === 'cert' ? until(before) : undefined,
      after: name === 'cert' ? until(after) : undefined,
    }))
}

/** Undefined where there is no TLS. */
export const tlsMaterialOf = (
  config: Pick<Config, 'proxy' | 'security'>,
  nowMs: number,
): TlsMaterial | undefined =>
  config.proxy.tls === undefined ? undefined : readTlsFiles(config, config.proxy.tls, nowMs)
