// The words of the catalogue: what clients see, what people see, what the decision rests on.
import { expect, test } from 'vitest'
import type { ProblemSpec } from '../../src/problems/catalogue/spec.ts'
import { examplesOf } from '../../src/problems/examples.ts'
import { isProblemCode, problemCodes, problemSpec } from '../../src/problems/problem.ts'

const catalogue = problemCodes.map((code) => ({ code, ...problemSpec(code) }))

/** The ids of entries that break a rule. */
const breaking = (rule: (spec: ProblemSpec) => boolean): readonly string[] =>
  catalogue.filter((spec) => !rule(spec)).map(({ code }) => code)

test('every title is short, without evidence and fit for error_description', () => {
  // RFC 6750 section 3: printable ASCII without quotes and backslashes.
  expect(
    breaking(({ title }) => /^[a-zA-Z][\x20\x21\x23-\x5b\x5d-\x7e]{3,79}$/.test(title)),
  ).toEqual([])
  expect(breaking(({ title }) => !/[{}]|\.$/.test(title))).toEqual([])
  expect(
    breaking(({ title }) => /^(?:[a-z]|Authorization|Host|Origin|PKCE|MCP)/.test(title)),
  ).toEqual([])
})

const examples = problemCodes.flatMap((code) =>
  examplesOf(code).map((example) => ({ code, ...example })),
)

test.each(examples)('$code $name says a whole sentence and what to do next', (example) => {
  const { message, hint } = example
  for (const text of [message, hint]) {
    expect(text.length).toBeGreaterThan(3)
    expect(text).not.toMatch(/undefined|\[object|"\?\w|(?<!\$)\{\w+\}|^\s|\s$|\.$/)
  }
})

test('every case has a kebab-case name', () => {
  const names = examples.flatMap(({ name }) => name ?? [])
  expect(names.filter((name) => !/^[a-z]+(?:-[a-z]+)*$/.test(name))).toEqual([])
})

test('an entry with one situation does not name it', () => {
  const lonely = problemCodes.filter((code) => {
    const [only, ...others] = examplesOf(code)
    return only?.name !== undefined && others.length === 0
  })
  expect(lonely).toEqual([])
})

test('every entry says what to do next', () => {
  expect(breaking(({ hint }) => hint.length > 3 && !hint.endsWith('.'))).toEqual([])
})

test('every RFC is cited so that it can be looked up', () => {
  const cites = ({ spec }: ProblemSpec) =>
    spec
      .split(', ')
      .filter((part) => part.includes('RFC'))
      .every((part) => /^RFC \d{3,5}(?: section \d+(?:\.\d+)*)?$/.test(part))
  expect(breaking(cites)).toEqual([])
})

test('every answer keeps to RFC 6750 section 3.1 and RFC 9449 section 7.1', () => {
  const statuses = {
    invalid_token: 401,
    insufficient_scope: 403,
    invalid_request: 400,
    invalid_dpop_proof: 401,
    use_dpop_nonce: 401,
  } as const
  expect(breaking(({ oauth, http }) => oauth === undefined || http === statuses[oauth])).toEqual([])
  expect(breaking(({ outcome, oauth }) => outcome === 'rejected' || oauth === undefined)).toEqual(
    [],
  )
  expect(breaking(({ refuses, oauth }) => refuses !== 'never' || oauth === undefined)).toEqual([])
})

test('isProblemCode takes ids of the catalogue alone', () => {
  expect(isProblemCode('time-exp')).toBe(true)
  expect(isProblemCode('toString')).toBe(false)
  expect(isProblemCode('time-EXP')).toBe(false)
})
