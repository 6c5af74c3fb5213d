// Whatever a peer sends, the time to read it grows with its size, not with the square of it.
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/base/json.ts'
import { backendNames } from '../../src/proxy/names/names.ts'
import { blameRightly } from '../../src/backends/link/missing-capability.ts'
import { errorCodes } from '../../src/base/error-codes.ts'
import { idAtEdges, lineCutter } from '../../src/mcp/lines.ts'
import { Collector } from '../../src/backends/http/round-trip.ts'
import { hasMember, isTooDeep, readMessageBytes } from '../../src/mcp/envelope.ts'
import { decodeHeaderValue, encodeHeaderValue } from '../../src/mcp/header-value.ts'
import { inputRequiredIn } from '../../src/mcp/input-required.ts'
import { lazyFromBytes } from '../../src/mcp/lazy-object.ts'
import { contradicted, mirroringOf, paramHeaders } from '../../src/mcp/param-headers.ts'
import { sseDecoder } from '../../src/mcp/sse.ts'
import { sessionForm } from '../../src/mcp/structured.ts'
import { fetchList } from '../../src/proxy/lists/list-pages.ts'
import { exposeReply } from '../../src/proxy/names/rewrite.ts'
import { exposeTasks } from '../../src/proxy/names/task-names.ts'
import { readMirrored } from '../../src/proxy/lists/tool-facts.ts'
import { couldMatch } from '../../src/proxy/names/uri-template.ts'
import { growthOf, mostGrowth, type GrowthRow } from '../support/growth.ts'
import { modernClient } from '../support/peer.ts'
import { testPorts } from '../support/test-ports.ts'

/** What backends may send at once, and clients. */
const messageBytes = 10_000_000

const objectOf = (size: number, member: (index: number) => Json): JsonObject =>
  Object.fromEntries(Array.from({ length: size }, (_, index) => [`p${index}`, member(index)]))

const listOf = <T>(size: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: size }, (_, index) => item(index))

/** Work on bytes whose text is made of its size. */
const onBytes = (
  name: string,
  textOf: (size: number) => string,
  work: (bytes: Uint8Array) => unknown,
): GrowthRow => ({
  name,
  to: 1_000_000,
  prepare: (size) => {
    const bytes = Buffer.from(textOf(size))
    return () => work(bytes)
  },
})

/** A result among what else a message may be made of. */
const withResult = (rest: string) => `{"jsonrpc":"2.0","id":1,"result":{}${rest}}`

const messages: Readonly<Record<string, (size: number) => string>> = {
  'a message of many members': (size) =>
    withResult(Array.from({ length: size }, (_, index) => `,"a${index}":1`).join('')),
  'a message of members without names': (size) => withResult(',"":0'.repeat(size)),
  'a message with many members of one name': (size) => withResult(',"method":0'.repeat(size)),
  'a message of backslashes': (size) => withResult(`,"a":"${'\\\\'.repeat(size)}"`),
  'a message of quotes': (size) => withResult(`,"a":"${'\\"'.repeat(size)}"`),
  'a message of quotes that are not ended': (size) => withResult(`,"a":"${'\\"'.repeat(size)}`),
  'a message of blanks': (size) => withResult(' '.repeat(size)),
  'a message of brackets': (size) => withResult(`,"a":${'['.repeat(size)}`),
  'a message of pairs of brackets': (size) => withResult(`,"a":[${'[],'.repeat(size)}0]`),
  'a message of commas': (size) => withResult(','.repeat(size)),
  'a batch': (size) => `[${'1,'.repeat(size)}1]`,
  'an id of digits': (size) => `{"jsonrpc":"2.0","id":${'1'.repeat(size)},"result":{}}`,
}

const messageRows = Object.entries(messages).flatMap(([name, textOf]) => [
  onBytes(name, textOf, readMessageBytes),
  onBytes(`${name}, of which a member is looked for`, textOf, (bytes) => [
    isTooDeep(bytes),
    hasMember(bytes, 'ttlMs'),
    idAtEdges(bytes),
  ]),
])

const ignore = () => undefined

/** Readers of streams, each at the worst texts for it, in chunks of these sizes. */
const streamReaders: Readonly<Record<string, () => (chunk: Uint8Array) => unknown>> = {
  'lines of a program': () => lineCutter(messageBytes, { onLine: ignore, onOverlong: ignore }),
  'lines of a program beyond the limit': () =>
    lineCutter(2000, { onLine: ignore, onOverlong: ignore }),
  'an event stream': () => {
    const decoder = sseDecoder({ onEvent: ignore }, messageBytes)
    return (chunk) => decoder.push(chunk)
  },
}

const streamTexts: Readonly<Record<string, (size: number) => string>> = {
  'one line': (size) => `data:${'a'.repeat(size)}\n\n`,
  'line ends': (size) => '\n'.repeat(size),
  'empty data': (size) => `${'data:\n'.repeat(size / 4)}\n`,
  'short data': (size) => `${'data: a\r\n'.repeat(size / 4)}\n`,
  'short events': (size) => 'data:a\n\n'.repeat(size / 4),
  comments: (size) => ':\n'.repeat(size / 2),
}

const streamRow = (
  name: string,
  textOf: (size: number) => string,
  open: () => (chunk: Uint8Array) => unknown,
  chunkSize: number,
): GrowthRow => ({
  name: `${name} in chunks of ${chunkSize}`,
  to: 1_000_000,
  prepare: (size) => {
    const bytes = Buffer.from(textOf(size))
    const push = open()
    return () => {
      for (let at = 0; at < bytes.length; at += chunkSize) push(bytes.subarray(at, at + chunkSize))
    }
  },
})

const bodyCollector = () => {
  const collector = new Collector(messageBytes)
  return (chunk: Uint8Array) => collector.onChunk(chunk)
}

const streamRows = [
  ...Object.entries(streamReaders).flatMap(([reader, open]) =>
    Object.entries(streamTexts).flatMap(([text, textOf]) =>
      [1, 65_536].map((chunkSize) => streamRow(`${reader}: ${text}`, textOf, open, chunkSize)),
    ),
  ),
  streamRow('a body', (size) => 'a'.repeat(size), bodyCollector, 1),
]

const onText = (
  name: string,
  textOf: (size: number) => string,
  work: (text: string) => unknown,
): GrowthRow => ({
  name,
  prepare: (size) => {
    const text = textOf(size)
    return () => work(text)
  },
})

const headerTexts: Readonly<Record<string, (size: number) => string>> = {
  blanks: (size) => ' '.repeat(size),
  'blanks inside': (size) => `a${' '.repeat(size)}a`,
  'tabs inside': (size) => `a${'\t '.repeat(size)}a`,
  'base64 without an end': (size) => `=?base64?${'A'.repeat(size)}`,
  base64: (size) => `=?base64?${'A'.repeat(size * 4)}?=`,
  'base64 that ends wrongly': (size) => `=?base64?${'A'.repeat(size * 4)}=?=`,
}

const headerRows = Object.entries(headerTexts).flatMap(([name, textOf]) => [
  onText(`a header of ${name}`, textOf, decodeHeaderValue),
  onText(`a value for a header of ${name}`, textOf, encodeHeaderValue),
])

const templateRow = (
  name: string,
  templateOf: (size: number) => string,
  uriOf: (size: number) => string,
): GrowthRow => ({
  name: `a URI template of ${name}`,
  prepare: (size) => {
    const [template, uri] = [templateOf(size), uriOf(size)]
    return () => couldMatch(template, uri)
  },
})

const templateRows = [
  templateRow(
    'brackets',
    (size) => '{'.repeat(size),
    (size) => 'a'.repeat(size),
  ),
  templateRow(
    'expressions',
    (size) => '{a}'.repeat(size),
    (size) => 'a'.repeat(size),
  ),
  templateRow(
    'letters between',
    (size) => 'a{b}'.repeat(size),
    (size) => 'a'.repeat(size),
  ),
  templateRow(
    'a long literal that nearly fits everywhere',
    (size) => `{a}b${'a'.repeat(size / 2)}{b}`,
    (size) => 'a'.repeat(size),
  ),
  templateRow(
    'a long literal that fits up to its end',
    (size) => `{a}${'a'.repeat(size / 2)}b{b}`,
    (size) => 'a'.repeat(size),
  ),
]

const annotated = (size: number): JsonObject => ({
  type: 'object',
  properties: objectOf(size, (index) => ({ type: 'string', 'x-mcp-header': `p${index}` })),
})

const names = backendNames('a', '__', undefined)

const resultOf = (value: object) => ({
  kind: 'result' as const,
  result: lazyFromBytes(Buffer.from(JSON.stringify(value))),
})

const onValue = <T>(
  name: string,
  valueOf: (size: number) => T,
  work: (value: T) => unknown,
  to = 200_000,
): GrowthRow => ({
  name,
  to,
  prepare: (size) => {
    const value = valueOf(size)
    return () => work(value)
  },
})

const valueRows = [
  onValue('the annotations of a schema', annotated, mirroringOf),
  onValue(
    'a schema with an annotation at its end',
    (size) => ({
      properties: {
        ...objectOf(size, () => ({ type: 'object', properties: { a: { type: 'string' } } })),
        last: { type: 'string', 'x-mcp-header': 'last' },
      },
    }),
    mirroringOf,
  ),
  onValue(
    'the arguments that headers repeat',
    (size) => ({
      mirrored: listOf(size, (index) => ({
        header: `mcp-param-p${index}`,
        path: [`p${index}`],
        type: 'string',
      })),
      args: objectOf(size, () => 'x'),
    }),
    ({ mirrored, args }) => contradicted(mirrored, args, paramHeaders(mirrored, args)),
  ),
  onValue(
    'the tools of a list',
    (size) => ({
      items: listOf(size, (index) => ({ name: `t${index}`, inputSchema: annotated(1) })),
      ttlMs: 0,
      cacheScope: 'public' as const,
    }),
    (pages) => readMirrored(pages, () => true),
  ),
  onValue(
    'the output schema of a tool',
    (size) => ({ name: 't', outputSchema: { anyOf: listOf(size, () => ({ $ref: '#' })) } }),
    sessionForm,
  ),
  onValue(
    'what a result asks',
    (size) =>
      resultOf({
        resultType: 'input_required',
        inputRequests: objectOf(size, () => ({ method: 'roots/list' })),
      }),
    inputRequiredIn,
  ),
  onValue(
    'the resources that a result names',
    (size) => resultOf({ content: listOf(size, () => ({ type: 'resource_link', uri: 'b:c' })) }),
    (reply) => exposeReply('tools/call', reply, names, 'a'),
  ),
  onValue(
    'a page of tasks',
    (size) => listOf(size, (index) => ({ taskId: `t${index}` })),
    (tasks) => exposeTasks(tasks, names, () => true),
  ),
  onValue(
    'the capabilities that a backend misses',
    (size) => ({ [`a${'b'.repeat(size)}`]: objectOf(size, () => ({})) }),
    (requiredCapabilities) =>
      blameRightly(
        {
          kind: 'error',
          error: {
            code: errorCodes.missingRequiredClientCapability,
            message: '',
            data: { requiredCapabilities },
          },
        },
        { ...modernClient, capabilities: requiredCapabilities },
      ),
  ),
  onValue(
    'a page of a list',
    (size) => resultOf({ tools: listOf(size, () => 1) }),
    (reply) => fetchList(() => Promise.resolve(reply), 'tools', testPorts()),
    2_000_000,
  ),
]

const rows: readonly GrowthRow[] = [
  ...messageRows,
  ...streamRows,
  ...headerRows,
  ...templateRows,
  ...valueRows,
]

describe('time to read grows with the size of', () => {
  test.each(rows)('$name', { timeout: 120_000 }, async (row) => {
    expect((await growthOf(row)).ratio).toBeLessThan(mostGrowth)
  })
})

test('work that grows with the square of its input is found', { timeout: 120_000 }, async () => {
  const row: GrowthRow = {
    name: 'each byte with all before it',
    prepare: (size) => {
      const bytes = Buffer.alloc(size, 'a')
      // Plain loops: a native search would add a cost for each call that grows with the size alone.
      return () => {
        let found = 0
        for (let end = 0; end < size; end += 1) {
          for (let at = 0; at <= end; at += 1) if (bytes[at] === 98) found += 1
        }
        return found
      }
    },
  }
  expect((await growthOf(row)).ratio).toBeGreaterThan(mostGrowth)
})
