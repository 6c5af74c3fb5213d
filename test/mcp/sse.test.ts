// The event-stream format in both directions.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSse, sseComment, sseDecoder } from '../../src/mcp/sse.ts'

const decode = (chunks: readonly Uint8Array[], limit = 1_000_000) => {
  const events: { data: string; event: string }[] = []
  const retries: number[] = []
  const decoder = sseDecoder(
    {
      onEvent: ({ data, event }) => {
        events.push({ data: Buffer.from(data).toString(), event })
      },
      onRetry: (ms) => {
        retries.push(ms)
      },
    },
    limit,
  )
  const fine = chunks.every((chunk) => decoder.push(chunk))
  return { events, retries, fine, lastEventId: decoder.lastEventId() }
}
const decodeText = (text: string, limit?: number) => decode([Buffer.from(text)], limit)
const message = (data: string) => ({ data, event: 'message' })

describe('the decoder', () => {
  test.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
    ['a byte order mark', '\uFEFFdata: a\n\ndata: b\n\n'],
    ['comments', ': hi\ndata: a\n: there\n\n:\n\ndata: b\n\n'],
    ['no blank after the colon', 'data:a\n\ndata:b\n\n'],
  ])('reads lines that end with or begin with %s', (_title, text) => {
    expect(decodeText(text).events).toEqual([message('a'), message('b')])
  })

  test('joins data lines, and keeps what follows one blank', () => {
    expect(decodeText('data: a\ndata:  b\ndata\n\n').events).toEqual([message('a\n b\n')])
  })

  test('reads type, id and retry; an id with NUL and a retry that is no number count for nothing', () => {
    const read = decodeText('event: x\nid: 7\nretry: 250\ndata: a\n\nid: \0\nretry: soon\n\n')
    expect(read.events).toEqual([{ data: 'a', event: 'x' }])
    expect(read.lastEventId).toBe('7')
    expect(read.retries).toEqual([250])
  })

  test('a priming event sets the id and has no data', () => {
    const read = decodeText('id: p\ndata:\n\n')
    expect(read).toMatchObject({ lastEventId: 'p', events: [message('')] })
  })

  test('an event that is not ended is not an event', () => {
    expect(decodeText('data: a\n').events).toEqual([])
  })

  test.each([
    ['one line', `data: ${'x'.repeat(50)}`],
    ['many lines', 'data: xxxxx\n'.repeat(10)],
  ])('stops at an event beyond the limit, be it %s', (_title, text) => {
    expect(decodeText(`${text}\n\n`, 20).fine).toBe(false)
    expect(decodeText('data: 12345\n\n'.repeat(100), 20).fine).toBe(true)
  })
})

test('what is encoded is decoded, however it is cut into chunks', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'æ', ' ', ':', '\n', '\r', '{"x":1}', '😀') })
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.array(fc.nat(40)), (texts, cuts) => {
      const bytes = Buffer.from(texts.map((data) => sseComment(data) + encodeSse(data)).join(''))
      const chunks: Uint8Array[] = []
      let rest: Uint8Array = bytes
      for (const cut of cuts) {
        chunks.push(rest.subarray(0, cut))
        rest = rest.subarray(cut)
      }
      chunks.push(rest)
      // Every kind of line break is one to the format.
      const expected = texts.map((data) => message(data.replaceAll(/\r\n|\r/g, '\n')))
      expect(decode(chunks).events).toEqual(expected)
    }),
  )
})

test('an event carries its type and id', () => {
  expect(encodeSse('a', { event: 'e', id: '1' })).toBe('event: e\nid: 1\ndata: a\n\n')
})
