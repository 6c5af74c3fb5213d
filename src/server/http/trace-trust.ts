// Whose trace is continued: observability.tracing.trust.
import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config/schema.ts'
import { trustedPeers } from './trusted-peers.ts'

export const traceTrust = ({
  observability,
  security,
}: Pick<Config, 'observability' | 'security'>): ((req: IncomingMessage) => boolean) => {
  const { trust } = observability.tracing
  if (trust === 'any') return () => true
  const { trusted_proxies: peers } = security
  if (trust === 'none' || peers.length === 0) return () => false
  const isTrusted = trustedPeers(peers)
  return ({ socket: { remoteAddress: peer } }) => peer !== undefined && isTrusted(peer)
}
