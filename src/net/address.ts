// Which hosts and IP addresses may be asked: what is loopback, what is private, what never.
import { isIP, isIPv4 } from 'node:net'

/** `private` includes loopback, carrier-grade and other ranges that the public Internet does not route. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'forbidden'

/** How far a request may reach: `public` refuses private addresses, `private` only what is never right. */
export type Reach = 'public' | 'private'

type Range = readonly [base: string, bits: number, kind: AddressKind]

const ipv4Ranges: readonly Range[] = [
  // Credentials of the machine live at these: link-local and the metadata addresses outside of it.
  ['169.254.0.0', 16, 'forbidden'],
  ['100.100.100.200', 32, 'forbidden'],
  ['168.63.129.16', 32, 'forbidden'],
  ['192.0.0.192', 32, 'forbidden'],
  ['127.0.0.0', 8, 'loopback'],
  // RFC 6890: 0.0.0.0 reaches the own host on many systems.
  ['0.0.0.0', 8, 'private'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['224.0.0.0', 3, 'private'],
]

const ipv6Ranges: readonly Range[] = [
  ['fe80::', 10, 'forbidden'],
  ['fd00:ec2::254', 128, 'forbidden'],
  ['fd20:ce::254', 128, 'forbidden'],
  ['::1', 128, 'loopback'],
  ['::', 128, 'private'],
  ['fc00::', 7, 'private'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'private'],
]

const ipv4Bytes = (address: string): number[] => address.split('.').map(Number)

const ipv6Bytes = (address: string): number[] => {
  const plain = address.split('%')[0] ?? ''
  const dotted = plain.slice(plain.lastIndexOf(':') + 1)
  const tail = isIPv4(dotted) ? ipv4Bytes(dotted) : []
  const groups = tail.length > 0 ? plain.slice(0, plain.lastIndexOf(':') + 1) : plain
  const bytesOf = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        const value = Number.parseInt(group, 16)
        return [value >> 8, value & 0xff]
      })
  const [head = '', rest] = groups.split('::')
  if (rest === undefined) return [...bytesOf(head), ...tail]
  const left = bytesOf(head)
  const right = [...bytesOf(rest), ...tail]
  return [...left, ...Array<number>(16 - left.length - right.length).fill(0), ...right]
}

const within = (bytes: readonly number[], base: readonly number[], bits: number): boolean => {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = (0xff << Math.max(0, 8 - (bits - bit))) & 0xff
    if (((bytes[bit / 8] ?? 0) & mask) !== ((base[bit / 8] ?? 0) & mask)) return false
  }
  return true
}

/** Where an IPv6 address holds an IPv4 one: the bits that say so, and the first of its four bytes. */
const embeddings: readonly (readonly [prefix: string, bits: number, at: number])[] = [
  ['::ffff:0:0', 96, 12], // mapped, RFC 4291
  ['::ffff:0:0:0', 96, 12], // translated, RFC 2765
  ['::', 96, 12], // compatible, RFC 4291, no longer used but still understood
  ['64:ff9b::', 96, 12], // NAT64, RFC 6052
  ['64:ff9b:1::', 96, 12], // NAT64 of a network's own, RFC 8215
  ['2002::', 16, 2], // 6to4, RFC 3056
]

const embeddedIpv4 = (bytes: readonly number[]): string | undefined => {
  const found = embeddings.find(([prefix, bits]) => within(bytes, ipv6Bytes(prefix), bits))
  if (found !== undefined) return bytes.slice(found[2], found[2] + 4).join('.')
  // Teredo (RFC 4380): the client's address is the last, with every bit turned.
  if (within(bytes, ipv6Bytes('2001::'), 32)) {
    return bytes
      .slice(12)
      .map((byte) => byte ^ 0xff)
      .join('.')
  }
  return undefined
}

/**
 * Who a direct peer is where each may have only so much: an IPv4 address, however it is written, or the /64
 * of an IPv6 one, of which a single machine has every address.
 */
export const peerOf = (address: string): string => {
  if (isIP(address) === 0 || isIPv4(address)) return address
  const bytes = ipv6Bytes(address)
  if (within(bytes, ipv6Bytes('::ffff:0:0'), 96)) return bytes.slice(12).join('.')
  return `${Buffer.from(bytes.slice(0, 8)).toString('hex')}/64`
}

/** The network of an address, which names no single machine: the /24 of an IPv4 address, however written, or a /48. */
export const networkOf = (address: string): string | undefined => {
  if (isIP(address) === 0) return undefined
  const bytes = isIPv4(address) ? ipv4Bytes(address) : ipv6Bytes(address)
  const mapped = bytes.length === 16 && within(bytes, ipv6Bytes('::ffff:0:0'), 96)
  const ipv4 = mapped ? bytes.slice(12) : bytes
  if (ipv4.length === 4) return `${ipv4.slice(0, 3).join('.')}.0/24`
  const groups = [0, 2, 4].map((at) =>
    (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16),
  )
  return `${groups.join(':')}::/48`
}

/** What kind of address an IP literal is. Does not check that it answers, nor names: see `hostKind`. */
export const addressKind = (address: string): AddressKind => {
  if (isIPv4(address)) {
    const bytes = ipv4Bytes(address)
    const hit = ipv4Ranges.find(([base, bits]) => within(bytes, ipv4Bytes(base), bits))
    return hit?.[2] ?? 'public'
  }
  const bytes = ipv6Bytes(address)
  const hit = ipv6Ranges.find(([base, bits]) => within(bytes, ipv6Bytes(base), bits))
  if (hit !== undefined) return hit[2]
  const embedded = embeddedIpv4(bytes)
  return embedded === undefined ? 'public' : addressKind(embedded)
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** The kind of a URL's hostname where no resolution is needed to know it. */
export const hostKind = (hostname: string): AddressKind | undefined => {
  const name = bare(hostname).toLowerCase()
  if (isIP(name) !== 0) return addressKind(name)
  return name === 'localhost' || name.endsWith('.localhost') ? 'loopback' : undefined
}

/** Names of metadata services: a proxy that resolves for us would ask them without seeing the guard. */
const forbiddenNames: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
])

/** Why a URL's hostname must not be asked, as far as that can be told without resolving it. */
export const refusedHost = (hostname: string, reach: Reach): string | undefined => {
  const name = bare(hostname).toLowerCase()
  if (forbiddenNames.has(name)) return `${name} is the name of a cloud metadata service`
  const kind = hostKind(name)
  if (kind === undefined) return undefined
  return refusedAddress(isIP(name) === 0 ? '127.0.0.1' : name, reach)
}

export const isLoopbackHost = (hostname: string): boolean => hostKind(hostname) === 'loopback'

/** The `code` of the error when an address is refused; its message can be shown. */
export const refusedAddressCode = 'MCP_PROXY_ADDRESS'

/** Why an address must not be asked, or undefined when it may be. */
export const refusedAddress = (address: string, reach: Reach): string | undefined => {
  const kind = addressKind(address)
  if (kind === 'forbidden') return `${address} is a link-local or cloud metadata address`
  if (kind !== 'public' && reach === 'public') return `${address} is a ${kind} address`
  return undefined
}

/** Whether a text is an IP address, or one with the length of a prefix behind a slash. */
export const isAddressRange = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const hostOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).hostname : undefined

/**
 * How far a URL may reach that somebody else named (RFC 9728 section 7.7): not into private networks,
 * unless its host is one that the operator named in one of the `trusted` URLs, or allowed all of them.
 */
export const reachOf = (url: string, trusted: readonly string[], allowPrivate: boolean): Reach =>
  allowPrivate || trusted.some((other) => hostOf(other) === hostOf(url)) ? 'private' : 'public'

/** Whether both are on this machine, whatever they call it. */
export const bothLoopback = (a: string, b: string): boolean =>
  [a, b].every((url) => isLoopbackHost(hostOf(url) ?? ''))
