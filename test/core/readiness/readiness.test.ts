// The readiness table: each rule is answered by its checks, in each of its states.
import { describe, expect, test } from 'vitest'
import { problemSpec } from '../../../src/problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { readinessRules } from '../../../src/core/readiness/readiness-rules.ts'
import { isBroken, readinessOf } from '../../../src/core/readiness/readiness.ts'
import { published } from '../../support/published.ts'

const row = (id: string, checks: readonly Check[]) =>
  readinessOf(checks).find((found) => found.id === id)

const answered = readinessRules.filter(({ checks }) => checks.length > 0)
const ofClients = readinessRules.filter(({ keptBy }) => keptBy !== undefined)

test('about 30 rules, each with a name of its own', () => {
  expect(new Set(readinessRules.map(({ id }) => id)).size).toBe(readinessRules.length)
  expect(readinessRules.length).toBeGreaterThanOrEqual(30)
  expect(answered.length + ofClients.length).toBe(readinessRules.length)
})

test('every rule says who, how firmly, since when and where it stands', () => {
  for (const { rule, spec, revisions, level } of readinessRules) {
    expect([rule, spec].every((text) => text.length > 3)).toBe(true)
    expect(revisions).toEqual(revisions.toSorted())
    expect(revisions.length).toBeGreaterThan(0)
    expect(['MUST', 'SHOULD', 'MAY']).toContain(level)
  }
})

describe.each(answered)('$id', ({ id, checks }) => {
  test.each(checks)('%s decides', (check) => {
    const others = checks.filter((other) => other !== check).map((other) => pass(other))
    expect(problemSpec(check)).toBeDefined()
    expect(row(id, [...others, pass(check)])).toMatchObject({ status: 'pass' })
    expect(row(id, [...others, warn(said(check, 'why'))])).toMatchObject({
      status: 'fail',
      because: 'why',
      decidedBy: [check],
    })
    expect(row(id, [...others, skip(check, 'gone', 'answer')])).toMatchObject({
      status: 'could-not-tell',
      because: 'gone',
    })
    expect(row(id, [...others, skip(check, 'barred', 'token')])?.status).toBe('needs-token')
  })

  test('nothing was asked, or nothing applies', () => {
    expect(row(id, [])?.status).toBe('not-applicable')
    expect(row(id, [skip(checks[0]!, 'not here')])).toMatchObject({
      status: 'not-applicable',
      because: 'not here',
    })
  })
})

test('a finding is told before what could not be seen', () => {
  const checks = [fail(said('prm-open', 'closed')), skip('prm-location', 'gone', 'answer')]
  expect(row('metadata', checks)?.status).toBe('fail')
})

test('advice beside a rule does not break it', () => {
  const checks = [pass('prm-location'), warn(said('prm-open', 'no CORS'), undefined, 'low')]
  expect(row('metadata', checks)?.status).toBe('pass')
})

test('rules of clients name the command that keeps them', () => {
  expect(ofClients.length).toBeGreaterThan(5)
  for (const { id } of ofClients) expect(row(id, [])?.status).toBe('client-rule')
})

test('what is broken: a MUST, and with strict a SHOULD or an answer that did not come', () => {
  const broken = (checks: readonly Check[], strict: boolean) =>
    readinessOf(checks).flatMap((found) => (isBroken(found, strict) ? [found.id] : []))
  const checks = [
    fail(said('prm-challenge', 'x')),
    warn(said('asm-cimd', 'x')),
    warn(said('asm-registration', 'x')),
    skip('asm-found', 'x', 'answer'),
    skip('mcp-era', 'x', 'token'),
  ]
  expect(broken(checks, false)).toEqual(['challenge'])
  expect(broken(checks, true)).toEqual(['challenge', 'as-metadata', 'as-cimd'])
})

test('of a faultless server every rule is kept that can be seen', async () => {
  const states = new Map(readinessOf(await published()).map(({ id, status }) => [id, status]))
  const of = (status: string) => [...states].flatMap(([id, is]) => (is === status ? [id] : []))
  expect(of('fail')).toEqual([])
  expect(of('could-not-tell')).toEqual([])
  expect(of('needs-token')).toEqual(['era', 'errors', 'surface'])
  expect(of('not-applicable')).toEqual(['certificate'])
})
