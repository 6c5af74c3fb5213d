// Lines out of chunks.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { idOfOverlong, lineCutter } from '../../src/mcp/lines.ts'

const cut = (chunks: readonly (string | Uint8Array)[], limit = 1000) => {
  const lines: string[] = []
  const overlong: string[] = []
  const push = lineCutter(limit, {
    onLine: (line) => lines.push(Buffer.from(line).toString()),
    onOverlong: (head, tail) => overlong.push(`${head.length}:${Buffer.from(tail).toString()}`),
  })
  for (const chunk of chunks) push(Buffer.from(chunk))
  return { lines, overlong }
}

test('come out whole, however they were cut, with or without a carriage return', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'æ', '{', ' ') })),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(10)),
      (lines, ending, cuts) => {
        let rest: Uint8Array = Buffer.from(lines.map((line) => line + ending).join(''))
        const chunks: Uint8Array[] = []
        for (const size of cuts) {
          chunks.push(rest.subarray(0, size))
          rest = rest.subarray(size)
        }
        expect(cut([...chunks, rest]).lines).toEqual(lines)
      },
    ),
  )
})

test('that are not ended are not lines', () => {
  expect(cut(['a\nb']).lines).toEqual(['a'])
})

test('beyond the limit are dropped alone, and their ends are shown', () => {
  const { lines, overlong } = cut(['one\nxxxxxxx', 'xxxxxx', 'xxend\ntwo\n'], 10)
  expect(lines).toEqual(['one', 'two'])
  expect(overlong).toEqual(['13:xxxxxxxxxxxxxxxend'])
})

test('may be as long as the limit', () => {
  expect(cut(['12345\n'], 5)).toEqual({ lines: ['12345'], overlong: [] })
})

test.each([
  ['{"jsonrpc":"2.0","id":7,"result":', 7],
  ['{"id":"a b","result":', 'a b'],
  ['{"id":007,"result":', undefined],
  ['{"id":-01,"result":', undefined],
  ['{"id":"a\tb","result":', undefined],
  ['{"id":99999999999999999999,"result":', undefined],
  ['{"id":null,"result":', undefined],
])('the id of a line that begins with %j is %j', (head, id) => {
  expect(idOfOverlong(Buffer.from(head), Buffer.from('"}'))).toBe(id)
  const last = `"x":[],${head.slice(head.indexOf('"id"')).replace(',"result":', '}')}`
  expect(idOfOverlong(Buffer.from('{"x":'), Buffer.from(last))).toBe(id)
})
