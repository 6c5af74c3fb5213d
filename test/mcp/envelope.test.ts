// The scanner of envelopes, with JSON.parse as its oracle.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTooDeep, maxDepth, readMessageBytes, scanEnvelope } from '../../src/mcp/envelope.ts'
import { readMessage, type Message } from '../../src/mcp/message.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textAt = (bytes: Uint8Array, span?: { start: number; end: number }) =>
  span === undefined ? undefined : Buffer.from(bytes.subarray(span.start, span.end)).toString()

/** A message with its lazy part made comparable. */
const plain = (message: Message) =>
  message.kind === 'result' ? { ...message, result: message.result.value() } : message

describe('scanEnvelope', () => {
  test.each([
    ['compact', '{"jsonrpc":"2.0","id":1,"result":{"a":"}"}}'],
    ['spaced', ' {\n "jsonrpc" : "2.0" ,\t"id" : 1 , "result" : {"a":"}"} }\r\n'],
    ['id last', '{"result":{"a":"}"},"jsonrpc":"2.0","id":1}'],
    ['a stranger between', '{"jsonrpc":"2.0","x":[{"id":9}],"id":1,"result":{"a":"}"}}'],
  ])('finds the members (%s)', (_title, text) => {
    const bytes = bytesOf(text)
    const envelope = scanEnvelope(bytes)
    expect(textAt(bytes, envelope?.id)).toBe('1')
    expect(textAt(bytes, envelope?.result)).toBe('{"a":"}"}')
    expect(envelope?.method).toBeUndefined()
  })

  test('is not misled by quotes, backslashes and brackets inside strings', () => {
    const inner = JSON.stringify({ a: '\\', b: '\\"}],"id":2,', c: '"', 'd"}': ['[', '\\\\"'] })
    const bytes = bytesOf(`{"jsonrpc":"2.0","id":"\\"","result":${inner}}`)
    const envelope = scanEnvelope(bytes)
    expect(textAt(bytes, envelope?.result)).toBe(inner)
    expect(textAt(bytes, envelope?.id)).toBe('"\\""')
  })

  test.each([
    ['not an object', '[1]'],
    ['nothing', ''],
    ['truncated', '{"jsonrpc":"2.0","id":1,"result":{"a":1}'],
    ['something behind', '{"jsonrpc":"2.0","id":1,"result":{}} x'],
    ['a name twice', '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}'],
    ['an escape in a name', '{"jsonrpc":"2.0","i\\u0064":1,"result":{}}'],
    ['another version', '{"jsonrpc":"2.1","id":1,"result":{}}'],
    ['no version', '{"id":1,"result":{}}'],
    ['a comma at the end', '{"jsonrpc":"2.0","id":1,}'],
  ])('gives up on %s', (_title, text) => {
    expect(scanEnvelope(bytesOf(text))).toBeUndefined()
  })
})

describe('readMessageBytes', () => {
  const id = fc.oneof(fc.integer(), fc.string(), fc.constant(null))
  const odd = fc.oneof(
    fc.record(
      {
        jsonrpc: fc.constantFrom('2.0', '1.0'),
        id,
        method: fc.constantFrom('m', 'id', '"result"'),
        params: fc.dictionary(fc.string(), fc.jsonValue()),
        result: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
        error: fc.record({ code: fc.integer(), message: fc.string() }),
        extra: fc.jsonValue(),
      },
      { requiredKeys: ['jsonrpc'] },
    ),
    fc.jsonValue(),
  )

  test('says what parsing the whole says, for every JSON value', () => {
    fc.assert(
      fc.property(odd, fc.constantFrom(0, 1, 3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        const parsed: unknown = JSON.parse(text)
        expect(plain(readMessageBytes(bytesOf(text)))).toEqual(plain(readMessage(parsed)))
      }),
      { numRuns: 500 },
    )
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['invalid', 'result', 'error', 'request', 'notification']).toContain(
          readMessageBytes(bytes).kind,
        )
      }),
    )
    const start = bytesOf('{"jsonrpc":"2.0","id":1,"result":{"a":"b"}}')
    for (let length = 0; length < start.length; length++) {
      expect(readMessageBytes(start.subarray(0, length)).kind).toBe('invalid')
    }
  })

  test('hands a result on as the bytes that came', () => {
    const raw = '{ "n" : 12345678901234567890 }'
    const message = readMessageBytes(bytesOf(`{"jsonrpc":"2.0","result":${raw},"id":"a"}`))
    expect(message.kind === 'result' && Buffer.from(message.result.bytes()).toString()).toBe(raw)
  })

  test('refuses bytes that are not UTF-8 outside the result', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","method":"'),
      Buffer.from([0xff, 0x22, 0x7d]),
    ])
    expect(readMessageBytes(bytes)).toMatchObject({ kind: 'invalid' })
  })
})

describe('depth', () => {
  const nested = (levels: number) =>
    `{"jsonrpc":"2.0","id":1,"result":{"x":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}}}`

  test('as deep as the limit goes through, deeper does not', () => {
    expect(readMessageBytes(bytesOf(nested(maxDepth))).kind).toBe('result')
    expect(readMessageBytes(bytesOf(nested(maxDepth + 1)))).toMatchObject({
      kind: 'invalid',
      why: `nested deeper than ${maxDepth} levels`,
    })
  })

  test('is that of the value, whatever stands in its strings', () => {
    const depthOf = (value: unknown): number =>
      typeof value !== 'object' || value === null
        ? 0
        : 1 + Math.max(0, ...Object.values(value).map(depthOf))
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat(maxDepth), (text, around) => {
        const whole = `${'['.repeat(around)}${text}${']'.repeat(around)}`
        expect(isTooDeep(bytesOf(whole))).toBe(depthOf(JSON.parse(whole)) > maxDepth)
      }),
    )
  })
})
