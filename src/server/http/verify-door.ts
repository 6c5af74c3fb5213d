// The door for gateways as one configuration has it: where it is, what it believes, and what it says of callers.
import { identityHeaders } from '../../config/verify.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import { clientAddressReader, type ClientAddress } from './client-address.ts'
import { originalReader, type OriginalReader } from './original.ts'
import { trustedPeers } from './trusted-peers.ts'

export interface VerifyDoor {
  readonly path: string
  readonly original: OriginalReader
  /** Of the client of the original request. */
  readonly clientAddress: ClientAddress
  readonly headers: ReturnType<typeof identityHeaders>
}

/** Undefined where there is no such door. */
export const verifyDoorOf = ({
  config: { verify, security },
  publicUrl,
}: Generation): VerifyDoor | undefined =>
  verify === undefined
    ? undefined
    : {
        path: verify.path,
        original: originalReader({
          publicUrl,
          isTrusted: trustedPeers(security.trusted_proxies),
          allowedHosts: security.allowed_hosts,
        }),
        // Gateways report the client so unless another header is named.
        clientAddress: clientAddressReader(
          security,
          security.client_address_header ?? 'x-forwarded-for',
        ),
        headers: identityHeaders(verify),
      }

/** What follows the path of the door, with the query; undefined for a URL elsewhere. */
export const suffixIn = ({ path }: Pick<VerifyDoor, 'path'>, url: string): string | undefined => {
  if (!url.startsWith(path)) return undefined
  const rest = url.slice(path.length)
  return rest === '' || rest[0] === '/' || rest[0] === '?' ? rest : undefined
}
