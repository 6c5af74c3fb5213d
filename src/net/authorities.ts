// The authorities that Node trusts on its own: giving it any list replaces these, so they are put back.
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'

type Newer = { readonly getCACertificates?: (type: 'default') => string[] }

const extra = (): readonly string[] => {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  if (file === '') return []
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    // Node warns about it at start and goes on without.
    return []
  }
}

/** PEM, one or more certificates an entry; NODE_EXTRA_CA_CERTS included. */
export const defaultAuthorities = (): readonly string[] =>
  (tls as Newer).getCACertificates?.('default') ?? [...tls.rootCertificates, ...extra()]
