import { expect, test } from 'vitest'
import { networkOf } from '../../src/net/address.ts'

test.each([
  ['an IPv4 address', '192.0.2.77', '192.0.2.0/24'],
  ['an IPv4 address in IPv6', '::ffff:192.0.2.77', '192.0.2.0/24'],
  ['the same in hexadecimal', '::ffff:c000:24d', '192.0.2.0/24'],
  ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['an IPv6 address with zeros left out', '2001:db8::1', '2001:db8:0::/48'],
  ['loopback', '::1', '0:0:0::/48'],
  ['an address with a zone', 'fe80::1%eth0', 'fe80:0:0::/48'],
  ['what is no address', 'unix', undefined],
])('the network of %s names no single machine', (_, address, network) => {
  expect(networkOf(address)).toBe(network)
})
