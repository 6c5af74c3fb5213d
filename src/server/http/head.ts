// The head of a request before anything in it is believed: all of it was read, and no part of it says two things.
import type { IncomingMessage } from 'node:http'
import { problemOf, type Problem } from '../../problems/problem.ts'

/** The headers of one request, those that are repeated counted each time. */
export const maxHeaders = 2000

/** Those of which a reader takes one value; on the way each may take another. */
const singular: ReadonlySet<string> = new Set([
  'host',
  'origin',
  'content-type',
  'content-length',
  'transfer-encoding',
  'last-event-id',
  'mcp-session-id',
])

/** Those that repeat the body of a stateless request. */
const isMirror = (name: string): boolean =>
  name === 'mcp-protocol-version' ||
  name === 'mcp-method' ||
  name === 'mcp-name' ||
  name.startsWith('mcp-param-')

const unreadable = (why: string): Problem => problemOf('req-http', { why })

type Head = Pick<
  IncomingMessage,
  'headers' | 'rawHeaders' | 'httpVersion' | 'httpVersionMajor' | 'httpVersionMinor'
>

/** `authorization`, `dpop` and the certificate header are counted where they are judged. */
const repeated = (
  { headers, rawHeaders }: Pick<Head, 'headers' | 'rawHeaders'>,
  counts: (name: string) => boolean,
): string | undefined => {
  // Usually each name is there once.
  if (Object.keys(headers).length * 2 === rawHeaders.length) return undefined
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!counts(name)) continue
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

/** Where the body ends has to be the same for everybody on the way (RFC 9112 section 6.1). */
const codingFault = ({ headers, httpVersionMinor }: Head): string | undefined => {
  const coding = headers['transfer-encoding']
  if (coding === undefined) return undefined
  if (httpVersionMinor === 0) return 'HTTP/1.0 has no Transfer-Encoding'
  return coding.toLowerCase() === 'chunked' ? undefined : 'the Transfer-Encoding is not chunked'
}

/** Two values that are joined could match a body that neither matches. */
export const repeatedMirror = (head: Pick<Head, 'headers' | 'rawHeaders'>): string | undefined =>
  repeated(head, isMirror)

/** For every path alike; what a header may say is the guards' to judge. Undefined: go on. */
export const headProblem = (head: Head): Problem | undefined => {
  const { headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor } = head
  if (rawHeaders.length > maxHeaders * 2) {
    const why = `it has more than ${maxHeaders} headers`
    return problemOf('req-head-size', { why })
  }
  if (httpVersionMajor !== 1) return unreadable(`HTTP/${httpVersion} is not spoken here`)
  if (headers.host === undefined && httpVersionMinor !== 0) {
    return unreadable('the Host header is missing')
  }
  const twice = repeated(head, (name) => singular.has(name))
  if (twice !== undefined) return unreadable(`the header ${twice.slice(0, 64)} is repeated`)
  const coding = codingFault(head)
  return coding === undefined ? undefined : unreadable(coding)
}
