// A server that a client reaches over the network: its address and its credential.
import { domainToASCII } from 'node:url'
import { problemOf } from '../../problems/problem.ts'
import { addressValues } from '../placeholders.ts'
import { environmentOf } from './environment.ts'
import { headersOf } from './headers.ts'
import { otherKeys } from './other-keys.ts'
import { masked, read, wishFor, written, type Reading } from './reading.ts'

/** RFC 3986 section 3.2.2: names beyond ASCII travel in their ASCII form. */
const asciiHost = (address: string): string => {
  const [, scheme = '', host = '', rest = ''] =
    /^((?:https?|wss?):\/\/)([^/?]+)(.*)$/is.exec(address) ?? []
  if (!/[^ -~]/.test(host) || host.includes('$')) return address
  return `${scheme}${domainToASCII(host)}${rest}`
}

/** What an address may not hold in our file. */
const bareAddress = (address: string, { leftOut }: Reading): string => {
  const plain = address.replace(/^((?:https?|wss?):\/\/)[^\s/?#]*@/i, '$1')
  if (plain !== address) {
    leftOut.push({
      key: 'url',
      why: 'its user name and password: write basic_auth where the server wants them',
    })
  }
  return asciiHost(plain.replace(/#.*$/s, '').trim())
}

export type Remote = 'http' | 'sse' | 'websocket'

const schemes: Readonly<Record<Remote, string>> = {
  http: 'http',
  sse: 'http',
  websocket: 'WebSocket',
}

export const remoteValues = (reading: Reading, address: string, transport: Remote) => {
  const { entry, name, leftOut, faults } = reading
  // What the headers refer to, where a bridge was given it.
  environmentOf(reading)
  const bare = bareAddress(address, reading)
  const url = written(masked(read(bare, reading), reading, 'url', wishFor(reading)), 'url', reading)
  if (addressValues(url, transport) === undefined) {
    faults.push(problemOf('client-server', 'address', { scheme: schemes[transport] }))
  }
  leftOut.push(...otherKeys(entry, ['url', 'headers', 'env']))
  return { name, transport, url, ...headersOf(reading) }
}
