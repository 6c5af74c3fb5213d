// Proof of possession needs parts that no single key has: the URL that proofs name, the peer that forwards certificates.
import { type Finding, type Findings, violation } from './finding.ts'
import { endpointPath, publicUrlOf } from './public-url.ts'
import type { Config } from './schema.ts'

const urlRule = (config: Config): readonly Finding[] =>
  publicUrlOf(config) === undefined
    ? [
        violation(
          ['proxy', 'public_url'],
          'is required with sender_constraint = "dpop": every proof names the URL it is made for',
          `set it to the URL that callers use, such as https://mcp.example.com${endpointPath}`,
        ),
      ]
    : []

const peerRule = ({ security }: Config): readonly Finding[] =>
  security.trusted_proxies.length === 0
    ? [
        violation(
          ['security', 'trusted_proxies'],
          'is required with sender_constraint = "mtls": without it no certificate is believed',
          'list the addresses of what ends the TLS connections, and let it overwrite the header that callers send',
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
