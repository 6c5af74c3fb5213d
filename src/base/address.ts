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

const starts = (bytes: readonly number[], prefix: readonly number[]): boolean =>
  prefix.every((byte, index) => bytes[index] === byte)

/** The IPv4 address inside an IPv6 one: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056). */
const embeddedIpv4 = (bytes: readonly number[]): string | undefined => {
  const zeros = Array<number>(10).fill(0)
  if (starts(bytes, [...zeros, 0xff, 0xff])) return bytes.slice(12).join('.')
  if (starts(bytes, [0, 0x64, 0xff, 0x9b, ...Array<number>(8).fill(0)])) {
    return bytes.slice(12).join('.')
  }
  if (starts(bytes, [0x20, 0x02])) return bytes.slice(2, 6).join('.')
  return undefined
}

/** What kind of address an IP literal is. Does not check that it answers, nor names: see `hostKind`. */
export const addressKind = (address: string): AddressKind => {
  if (isIPv4(address)) {
    const bytes = ipv4Bytes(address)
    const hit = ipv4Ranges.find(([base, bits]) => within(bytes, ipv4Bytes(base), bits))
    return hit?.[2] ?? 'public'
  }
  const bytes = ipv6Bytes(address)
  const embedded = embeddedIpv4(bytes)
  if (embedded !== undefined) return addressKind(embedded)
  const hit = ipv6Ranges.find(([base, bits]) => within(bytes, ipv6Bytes(base), bits))
  return hit?.[2] ?? 'public'
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** The kind of a URL's hostname where no resolution is needed to know it. */
export const hostKind = (hostname: string): AddressKind | undefined => {
  const name = bare(hostname).toLowerCase()
  if (isIP(name) !== 0) return addressKind(name)
  return name === 'localhost' || name.endsWith('.localhost') ? 'loopback' : undefined
}

export const isLoopbackHost = (hostname: string): boolean => hostKind(hostname) === 'loopback'

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
