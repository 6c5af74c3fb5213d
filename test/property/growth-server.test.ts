// What is made of header values and shown texts takes time in proportion to their length, whatever they are full of.
import { expect, test } from 'vitest'
import { printable } from '../../src/base/escape.ts'
import { readJson, writeJson } from '../../src/base/exact-json.ts'
import { trimWhile, withoutLineEnds } from '../../src/base/trim.ts'
import { configSchema } from '../../src/config/schema.ts'
import { parseAuthorization } from '../../src/core/token/bearer.ts'
import { readCertificate } from '../../src/core/possession/certificate.ts'
import { readChallenges } from '../../src/net/www-authenticate.ts'
import { decodeHeaderValue, encodeHeaderValue } from '../../src/mcp/header-value.ts'
import { contradicted } from '../../src/mcp/param-headers.ts'
import { acceptsStream } from '../../src/server/http/answer-stream.ts'
import { isForwarded } from '../../src/server/http/forwarded.ts'
import { createGuard } from '../../src/server/http/guard.ts'
import { headProblem, maxHeaders } from '../../src/server/http/head.ts'

const guard = createGuard(
  configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'a', transport: 'stdio', command: 'x' }],
  }),
  'https://mcp.acme.test/mcp',
)
const mirrored = [{ header: 'mcp-param-a', path: ['a'], type: 'number' }]
const headOf = (rawHeaders: string[]) => ({
  headers: { host: 'a' },
  rawHeaders,
  httpVersion: '1.1',
  httpVersionMajor: 1,
  httpVersionMinor: 1,
})

/** As many as are looked at. */
const manyNames = (text: string): string[] => {
  const size = Math.ceil(text.length / (maxHeaders - 1))
  const names: string[] = []
  for (let at = 0; at < text.length; at += size) names.push(text.slice(at, at + size), '')
  return names
}

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'Mcp-Name': decodeHeaderValue,
  'Mcp-Name in base64': (text) => decodeHeaderValue(`=?base64?${text}?=`),
  'Mcp-Name towards a backend': encodeHeaderValue,
  'Mcp-Param-*': (text) => contradicted(mirrored, { a: 1 }, { 'mcp-param-a': text }),
  Authorization: (text) => parseAuthorization([text], { dpop: true }),
  'Authorization with a scheme': (text) => parseAuthorization([`Bearer ${text}`]),
  'WWW-Authenticate': readChallenges,
  'WWW-Authenticate with a parameter': (text) => readChallenges(`Bearer a=${text}`),
  Accept: acceptsStream,
  Host: (host) => guard.check({ host }),
  Origin: (origin) => guard.check({ host: 'localhost', origin }),
  'a client certificate': readCertificate,
  'the names of headers': (text) => headProblem(headOf(manyNames(text))),
  'the marks of proxies': (text) => isForwarded({ rawHeaders: [text, ''], httpVersionMinor: 1 }),
  'numbers that are kept as they came, in a message': (text) =>
    writeJson(readJson(`[1.0,${JSON.stringify([...Array.from(text.slice(0, 1000)), text])}]`)),
  'a line of a log': printable,
  'the end of a secret': withoutLineEnds,
  'a name with blanks around it': (text) => trimWhile(text, (one) => one === ' '),
}

const pieces = [
  ' ', '\t', 'a ', ' ,', ',', '=', 'a=', '="', '"', '\\', '\\"', 'a', 'a,', '/', '*/*,', ':', '0:', '[', '.', '-',
  '=?', '?=', 'QUJD', '%41', '\u009b', '\u202e', '\n', '\r\n', 'é', 'Bearer ',
] // prettier-ignore

/** The shorter of several times: what else the machine does only ever adds. */
const millisecondsOf = (work: () => unknown): number => {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 4; turn += 1) {
    const start = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

/** Four of these are a head. */
const length = 4_000
/** Beneath it nothing is measured but the clock. */
const nothing = 4
/** A line grows fourfold, a parabola sixteenfold. */
const steep = 9

const once = (read: (text: string) => unknown, piece: string, end: string): number => {
  const textOf = (size: number) => `a${piece.repeat(size / piece.length)}${end}`
  const long = textOf(length * 4)
  const much = millisecondsOf(() => read(long))
  if (much < nothing) return 1
  const short = textOf(length)
  return (
    much /
    Math.max(
      millisecondsOf(() => read(short)),
      0.1,
    )
  )
}

/** What looks steep is looked at again: compiling and collecting happen at times, a curve each time. */
const grows = (...asked: Parameters<typeof once>): number => {
  let least = once(...asked)
  for (let turn = 0; turn < 4 && least >= steep; turn += 1) {
    least = Math.min(least, once(...asked))
  }
  return least
}

test.each(Object.keys(readers))('%s takes linear time', (name) => {
  const read = readers[name]!
  for (const piece of pieces) {
    for (const end of ['', 'a', '"']) {
      const growth = grows(read, piece, end)
      expect({ piece, end, steep: growth >= steep ? growth : false }).toEqual({
        piece,
        end,
        steep: false,
      })
    }
  }
})

test('the measure sees a curve where there is one', () => {
  // Half of it is enough, and does not take seconds.
  const trimmed = (text: string) =>
    `a${text.slice(text.length / 2)}`.replace(/^[\t ]+|[\t ]+$/g, '')
  // A pause of the machine during the shorter run hides the curve: the steepest of some looks is it.
  const looks = Array.from({ length: 5 }, () => once(trimmed, ' ', 'a'))
  expect(Math.max(...looks)).toBeGreaterThanOrEqual(steep)
})
