// The id of a session as a gateway in front chooses it: then a hash of the id leads it to the replica that has the session.
import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config/schema.ts'
import { headerValues } from './header-values.ts'
import { trustedPeers } from './trusted-peers.ts'

/** Undefined: the proxy makes the id. */
export type WantedSessionId = (
  req: Pick<IncomingMessage, 'rawHeaders' | 'socket'>,
) => string | undefined

/** 32 hexadecimal digits, as of $request_id of nginx and x-request-id of Envoy, are as hard to guess as an id must be. */
const form = /^[\w-]{32,128}$/

/** Reads the header from peers in security.trusted_proxies alone. An unusable value counts as none. */
export const sessionIdReader = ({
  session_id_header: header,
  trusted_proxies: trusted,
}: Pick<Config['security'], 'session_id_header' | 'trusted_proxies'>): WantedSessionId => {
  if (header === undefined) return () => undefined
  const isTrusted = trustedPeers(trusted)
  const name = header.toLowerCase()
  return ({ rawHeaders, socket: { remoteAddress: peer } }) => {
    if (peer === undefined || !isTrusted(peer)) return undefined
    const [value, second] = headerValues(rawHeaders, name) ?? []
    return value !== undefined && second === undefined && form.test(value) ? value : undefined
  }
}
