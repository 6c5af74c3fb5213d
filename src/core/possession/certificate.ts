// The client certificate as TLS terminators write it into a header, and the thumbprint that binds tokens to it.
import { createHash, X509Certificate } from 'node:crypto'
import type { ShownCertificate } from '../verdict/presentation.ts'

/** More than any chain link needs; larger ones are not even tried. */
const largest = 16 * 1024

const decoded = (value: string): string | undefined => {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** RFC 9440 puts colons around the base64; some terminators send PEM without its frame or its line breaks. */
const derOf = (value: string): Buffer | undefined => {
  const framed = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(value)?.[1]
  const base64 = (framed ?? value.replace(/^:(.*):$/s, '$1')).replace(/\s+/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined
}

/** RFC 8705 section 3.1. */
export const certificateThumbprint = (der: Uint8Array): string =>
  createHash('sha256').update(der).digest('base64url')

const unreadable: ShownCertificate = { missing: 'what was forwarded is not a readable certificate' }

/**
 * Reads one certificate: PEM (URL-encoded or not), or base64 of its DER form (between colons or not). Does
 * not check its dates, its chain, or that the caller has its key: whoever ended the TLS connection did.
 */
export const readCertificate = (value: string): ShownCertificate => {
  if (value.length > largest)
    return { missing: 'what was forwarded is too large for a certificate' }
  const text = decoded(value.trim())
  const der = text === undefined ? undefined : derOf(text)
  if (der === undefined) return unreadable
  try {
    const { raw } = new X509Certificate(der)
    // Bytes after the certificate would have no part in what the parser read.
    return raw.equals(der) ? { thumbprint: certificateThumbprint(raw) } : unreadable
  } catch {
    return unreadable
  }
}
