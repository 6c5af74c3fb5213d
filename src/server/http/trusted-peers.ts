// Who may report what another has sent: the addresses and ranges of security.trusted_proxies.
import { BlockList, isIPv6 } from 'node:net'

export type TrustedPeers = (address: string) => boolean

export const trustedPeers = (trusted: readonly string[]): TrustedPeers => {
  const list = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  // A listener for both families sees IPv4 peers as mapped addresses; the list knows them as well.
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
