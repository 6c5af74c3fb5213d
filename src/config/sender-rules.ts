// What is believed of others needs parts that no single key has: the URL that proofs name, the peers that forward
// certificates and addresses.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { asksForCertificates, endpointPath, publicUrlOf } from './public-url.ts'
import type { Config } from './schema.ts'

const urlRule = (config: Config): readonly ConfigFinding[] =>
  publicUrlOf(config) === undefined
    ? [
        findingAt(['proxy', 'public_url'], (key) =>
          problemOf('config-value', 'public-url-dpop', { key, path: endpointPath }),
        ),
      ]
    : []

/** From a header of those in front, from the TLS connection, or from either: without both no bound token could be used. */
const certificateRule = (config: Config, header: string | undefined): readonly ConfigFinding[] => {
  if (header === undefined) {
    return asksForCertificates(config)
      ? []
      : [
          findingAt(['auth', 'client_cert_header'], (key) =>
            problemOf('config-value', 'client-cert-source', { key }),
          ),
        ]
  }
  return config.security.trusted_proxies.length === 0
    ? [
        findingAt(['security', 'trusted_proxies'], (key) =>
          problemOf('config-value', 'trusted-proxies', { key }),
        ),
      ]
    : []
}

/** A header that no peer is believed in says nothing. */
const headerRule = ({ security }: Config): readonly ConfigFinding[] => {
  const wanted = (['client_address_header', 'session_id_header'] as const).find(
    (key) => security[key] !== undefined,
  )
  return wanted === undefined || security.trusted_proxies.length > 0
    ? []
    : [
        findingAt(['security', 'trusted_proxies'], (key) =>
          problemOf('config-value', 'address-peers', { key, wanted: `security.${wanted}` }),
        ),
      ]
}

export const senderRules = (config: Config): Findings => {
  const { auth } = config
  const always = headerRule(config)
  if (auth.type !== 'jwt' && auth.type !== 'oauth') return { problems: always, warnings: [] }
  const { sender_constraint: constraint, client_cert_header: header } = auth
  const problems =
    constraint === 'dpop'
      ? urlRule(config)
      : constraint === 'mtls'
        ? certificateRule(config, header)
        : []
  return { problems: [...always, ...problems], warnings: [] }
}
