// The authorities that Node trusts on its own: giving it any list replaces these, so they are put back.
import * as tls from 'node:tls'
import { isReadFault, readRegularFile } from '../base/read-file.ts'

type Newer = { readonly getCACertificates?: (type: 'default') => string[] }

/** The bundle of a distribution is a few hundred KiB. */
const largestFile = 16 * 1_048_576

const extra = (): readonly string[] => {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  if (file === '') return []
  const read = readRegularFile(file, { maxBytes: largestFile })
  // Node warns about it at start and goes on without.
  return isReadFault(read) ? [] : [read.bytes.toString('utf8')]
}

/** PEM, one or more certificates an entry; NODE_EXTRA_CA_CERTS included. */
export const defaultAuthorities = (): readonly string[] =>
  (tls as Newer).getCACertificates?.('default') ?? [...tls.rootCertificates, ...extra()]
