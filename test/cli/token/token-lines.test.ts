// One token that was wrapped, or several that stand on lines of their own.
import { expect, test } from 'vitest'
import { tokenLinesOf } from '../../../src/cli/token/token-lines.ts'
import { pasted } from '../../support/pasted-tokens.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
const places = (text: string, everyLine = false) =>
  tokenLinesOf(text, everyLine)?.map(({ place }) => place)

test('lines of JWTs are tokens of their own; comments and empty lines are left out', () => {
  expect(places(`${jwt}\n${jwt}\n`)).toEqual([1, 2])
  expect(places(`# mine\n\n${jwt}\r\nBearer ${jwt}\n  "${jwt}",\n`)).toEqual([3, 4, 5])
  expect(places(`${jwt}\nopaque\n${jwt}`)).toEqual([1, 2, 3])
})

test.each(pasted(jwt))('one token: $name', ({ text }) => {
  expect(places(text)).toBeUndefined()
})

test('opaque tokens could be one that was wrapped, unless somebody says so', () => {
  expect(places('abc\ndef')).toBeUndefined()
  expect(places('abc\n\ndef', true)).toEqual([1, 3])
  expect(places(jwt, true)).toEqual([1])
  expect(places('\n# nothing\n', true)).toBeUndefined()
})
