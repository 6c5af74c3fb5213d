// Discovery for those who use the library: the metadata, or an error that says what went wrong.
import type { Ports } from '../base/ports.ts'
import { systemPorts } from '../net/system-ports.ts'
import {
  discoverAuthServer as discover,
  type Discovery,
  type DiscoveryOptions,
} from '../core/metadata/discovery.ts'
import type { AuthServerMetadata } from '../core/metadata/metadata.ts'

/** `failed to discover auth server at ...`, `auth server discovery failed: ...` and the like. */
export class DiscoveryError extends Error {
  /** Every location that was asked, with what it said. */
  readonly discovery: Discovery

  constructor(message: string, discovery: Discovery) {
    super(message)
    this.name = 'DiscoveryError'
    this.discovery = discovery
  }
}

/**
 * Asks the well-known locations of the issuer in order (RFC 8414, then OpenID Connect). The document
 * must name exactly this issuer. Rejects with a `DiscoveryError`.
 */
export const discoverAuthServer = async (
  issuer: string,
  options: DiscoveryOptions & { readonly ports?: Ports } = {},
): Promise<AuthServerMetadata> => {
  const { ports = systemPorts(), ...rest } = options
  const found = await discover(issuer, ports, rest)
  if (found.metadata !== undefined) return found.metadata
  throw new DiscoveryError(found.failure ?? 'auth server discovery failed', found)
}
