// The catalogue and its page name the same checks, and each one says enough to act on.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { examplesOf } from '../../src/problems/examples.ts'
import { problemCodes, problemSpec } from '../../src/problems/problem.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'checks.md'), 'utf8')

const described = [...page.matchAll(/^### (\S+)$/gm)].map(([, id]) => id)

it('every id of the catalogue has one section on the page', () => {
  expect(problemCodes.filter((code) => !described.includes(code))).toEqual([])
  expect(new Set(described).size).toBe(described.length)
})

it('every section of the page is an id of the catalogue', () => {
  expect(described.filter((id) => !problemCodes.some((code) => code === id))).toEqual([])
})

it('every id in the table of contents leads to its section', () => {
  const links = [...page.matchAll(/\]\(#([a-z0-9-]+)\)/g)].map(([, id]) => id)
  expect(new Set(links)).toEqual(new Set(problemCodes))
  expect(links).toHaveLength(problemCodes.length)
})

it.each(problemCodes)('%s is written in the house style', (code) => {
  const spec = problemSpec(code)
  expect(code).toMatch(/^[a-z]+(?:-[a-z0-9]+)+$/)
  // The title goes out in `error_description`: RFC 6750 section 3 allows neither quotes nor backslashes there.
  expect(spec.title).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(spec.title).not.toMatch(/[{}]|\.$/)
  for (const { message, hint } of examplesOf(code)) {
    expect(message).not.toBe('')
    expect(hint).not.toBe('')
  }
  expect(spec.hint).not.toBe('')
})

// RFC 6750 section 3.1 and RFC 9449 section 7.1.
const statuses = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
} as const

it('an OAuth error has its own status', () => {
  const wrong = problemCodes.filter((code) => {
    const { oauth, http, refuses } = problemSpec(code)
    return oauth !== undefined && refuses !== 'never' && http !== statuses[oauth]
  })
  expect(wrong).toEqual([])
})

it('what is undecided never tells a client that its token is bad', () => {
  const wrong = problemCodes.filter((code) => {
    const { oauth, http, outcome } = problemSpec(code)
    return outcome === 'undecided' && (oauth !== undefined || http === 401 || http === 403)
  })
  expect(wrong).toEqual([])
})
