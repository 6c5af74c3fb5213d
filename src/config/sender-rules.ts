// Proof of possession needs parts that no single key has: the URL that proofs name, the peer that forwards certificates.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { endpointPath, publicUrlOf } from './public-url.ts'
import type { Config } from './schema.ts'

const urlRule = (config: Config): readonly ConfigFinding[] =>
  publicUrlOf(config) === undefined
    ? [
        findingAt(['proxy', 'public_url'], (key) =>
          problemOf('config-value', 'public-url-dpop', { key, path: endpointPath }),
        ),
      ]
    : []

const peerRule = ({ security }: Config): readonly ConfigFinding[] =>
  security.trusted_proxies.length === 0
    ? [
        findingAt(['security', 'trusted_proxies'], (key) =>
          problemOf('config-value', 'trusted-proxies', { key }),
        ),
      ]
    : []

export const senderRules = (config: Config): Findings => {
  const { auth } = config
  const constraint =
    auth.type === 'jwt' || auth.type === 'oauth' ? auth.sender_constraint : undefined
  const problems =
    constraint === 'dpop' ? urlRule(config) : constraint === 'mtls' ? peerRule(config) : []
  return { problems, warnings: [] }
}
