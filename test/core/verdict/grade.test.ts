// The letter: what caps it, and what keeps it back.
import { expect, test } from 'vitest'
import { fail, pass, skip, warn, type Check } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { gradeOf } from '../../../src/core/verdict/grade.ts'
import { findingsInOrder } from '../../../src/core/verdict/leading-finding.ts'

const fatal = fail(said('asm-issuer', 'x'))
const high = warn(said('asm-pkce', 'x'))
const medium = warn(said('asm-http', 'x'))
const low = warn(said('asm-cimd', 'x'))
const info = warn(said('jwks-rotation', 'x'))
const good = pass('asm-found')
const unknown = skip('jwks-fetch', 'timeout', 'answer')

test.each<readonly [string, readonly Check[], string | undefined, string, readonly string[]]>([
  ['nothing found', [good], 'A', 'A', []],
  ['low and info', [good, low, info], 'A', 'A', []],
  ['medium', [good, medium, low], 'B', 'B', ['asm-http']],
  ['high', [good, high, medium], 'C', 'C', ['asm-pkce']],
  ['fatal', [good, high, fatal], 'F', 'F', ['asm-issuer']],
  ['no answer', [good, unknown], undefined, 'A', ['jwks-fetch']],
  ['no answer, beside something high', [good, high, unknown], undefined, 'C', ['jwks-fetch']],
  ['no answer could improve an F', [good, fatal, unknown], 'F', 'F', ['asm-issuer']],
  ['a question that needs a token', [good, skip('mcp-era', 'x', 'token')], 'A', 'A', []],
  ['nothing was asked', [], undefined, 'A', []],
  ['everything was skipped', [skip('asm-agree', 'x')], undefined, 'A', []],
])('%s', (_, checks, letter, atBest, decidedBy) => {
  expect(gradeOf(checks)).toEqual({ letter, atBest, decidedBy })
})

test('a check weighs what it says, not what its id usually does', () => {
  expect(gradeOf([good, warn(said('prm-open', 'no CORS'), undefined, 'low')]).letter).toBe('A')
  expect(gradeOf([good, warn(said('asm-form', 'x'), undefined, 'medium')]).letter).toBe('B')
})

const order = (...checks: readonly Check[]) => findingsInOrder(checks).map(({ id }) => id)

test('the gravest finding leads, then the way of a client decides', () => {
  expect(order(low, high, medium, fatal, info)).toEqual([
    'asm-issuer',
    'asm-pkce',
    'asm-http',
    'asm-cimd',
    'jwks-rotation',
  ])
  expect(order(fail(said('jwks-usable', 'x')), fail(said('prm-open', 'x')), fatal)).toEqual([
    'prm-open',
    'asm-issuer',
    'jwks-usable',
  ])
})

test('a cause comes before what it explains, however light it is', () => {
  expect(order(fail(said('prm-resource', 'x')), fail(said('prm-scheme', 'x')))).toEqual([
    'prm-scheme',
    'prm-resource',
  ])
  expect(order(fail(said('asm-found', 'x')), fail(said('asm-issuer-syntax', 'x')))[0]).toBe(
    'asm-issuer-syntax',
  )
  expect(
    order(
      fail(said('jwks-usable', 'x')),
      fail(said('jwks-weak-key', 'x')),
      fail(said('net-tls', 'x')),
    ),
  ).toEqual(['net-tls', 'jwks-weak-key', 'jwks-usable'])
})

test('advice explains nothing', () => {
  expect(
    order(fail(said('prm-location', 'x')), warn(said('prm-open', 'no CORS'), undefined, 'low')),
  ).toEqual(['prm-location', 'prm-open'])
})

test('a kind of finding that came twice is told twice, and nothing is lost', () => {
  expect(order(high, warn(said('asm-pkce', 'again')), good)).toEqual(['asm-pkce', 'asm-pkce'])
})
