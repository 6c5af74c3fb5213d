// The address of the client of a request: that of its connection, or what trusted peers report of those before them.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Config } from '../../config/schema.ts'
import { headerValues } from './header-values.ts'
import { trustedPeers, type TrustedPeers } from './trusted-peers.ts'

/** Undefined where the connection is gone. */
export type ClientAddress = (
  req: Pick<IncomingMessage, 'rawHeaders' | 'socket'>,
) => string | undefined

/** More is not looked at: it was added by clients. */
const mostCharacters = 4096

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`; undefined for all else. */
const addressIn = (hop: string): string | undefined => {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
  return isIP(bare) === 0 ? undefined : bare
}

/**
 * The elements of a list, the last first. Quotes are read from the end, where the last peer has added its own element: what
 * a client left open in its part cannot reach into it.
 */
const fromTheEnd = (text: string): readonly string[] => {
  const elements: string[] = []
  let end = text.length
  let isQuoted = false
  for (let at = text.length - 1; at >= 0; at -= 1) {
    if (text[at] === '"') isQuoted = !isQuoted
    if (text[at] !== ',' || isQuoted) continue
    elements.push(text.slice(at + 1, end))
    end = at
  }
  return [...elements, text.slice(0, end)]
}

/** RFC 7239 section 4: `for=192.0.2.7;proto=https`, `for="[2001:db8::1]:4711"`. */
const forwardedFor = (element: string): string =>
  /(?:^|;)\s*for\s*=\s*"?([^";\s]*)"?\s*(?:;|$)/i.exec(element)?.[1] ?? ''

/** Of the addresses that were added on the way the last that is not of a trusted peer. */
const lastUntrusted = (
  hops: readonly string[],
  peer: string | undefined,
  isTrusted: TrustedPeers,
): string | undefined => {
  let nearest = peer
  for (const hop of hops) {
    const address = addressIn(hop)
    if (address === undefined) return nearest
    nearest = address
    if (!isTrusted(address)) return nearest
  }
  return nearest
}

/** Reads the header from peers in security.trusted_proxies alone; for all others the address is that of the connection. */
export const clientAddressReader = (
  { trusted_proxies: trusted }: Pick<Config['security'], 'trusted_proxies'>,
  header: string | undefined,
): ClientAddress => {
  if (header === undefined || trusted.length === 0) return ({ socket }) => socket.remoteAddress
  const isTrusted = trustedPeers(trusted)
  const name = header.toLowerCase()
  const read = name === 'forwarded' ? forwardedFor : (element: string) => element.trim()
  return ({ rawHeaders, socket }) => {
    const peer = socket.remoteAddress
    if (peer === undefined || !isTrusted(peer)) return peer
    const values = headerValues(rawHeaders, name)
    if (values === undefined) return peer
    const text = values.join(',')
    const elements = fromTheEnd(text.slice(-mostCharacters))
    const whole = text.length > mostCharacters ? elements.slice(0, -1) : elements
    return lastUntrusted(whole.map(read), peer, isTrusted)
  }
}
