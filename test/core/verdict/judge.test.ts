// One cause out of many failures, the same whatever their order.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/base/principal.ts'
import { problemCodes, problemSpec, type ProblemCode } from '../../../src/problems/problem.ts'
import { fail, pass, skip, warn } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { failedChecks, judge } from '../../../src/core/verdict/judge.ts'

const principal = (): Principal => ({
  method: 'jwt',
  key: 'k',
  scopes: [],
  audience: [],
  claims: {},
})
const judged = (...codes: ProblemCode[]) =>
  judge(
    codes.map((code) => fail(said(code, `because of ${code}`))),
    principal,
    undefined,
  )

describe('the cause', () => {
  test.each<[ProblemCode[], ProblemCode]>([
    [['sig-verify', 'in-truncated'], 'in-truncated'],
    [['claim-aud', 'time-exp', 'claim-token-kind'], 'claim-token-kind'],
    [['sig-kid-found', 'claim-aud', 'claim-iss'], 'claim-iss'],
    [['claim-iss', 'claim-token-kind'], 'claim-token-kind'],
    [['time-exp', 'claim-aud'], 'claim-aud'],
    [['time-exp-missing', 'time-units'], 'time-units'],
    [['sig-verify', 'claim-iss'], 'claim-iss'],
    [['sig-verify', 'claim-aud'], 'claim-aud'],
    [['sig-kid-found', 'time-exp'], 'time-exp'],
    [['jose-alg-hmac', 'claim-token-kind'], 'claim-token-kind'],
    [['jose-alg-none', 'claim-token-kind'], 'jose-alg-none'],
    [['sig-format', 'claim-aud'], 'sig-format'],
    [['sig-verify', 'claim-scope'], 'sig-verify'],
    [['sig-verify', 'jose-alg-none'], 'jose-alg-none'],
    [['claim-iss', 'jose-alg-hmac'], 'jose-alg-hmac'],
    [['jose-typ', 'sig-verify'], 'jose-typ'],
    [['claim-scope', 'time-exp'], 'time-exp'],
    [['claim-scope', 'claim-identity'], 'claim-identity'],
    [['jose-shape', 'jose-json'], 'jose-json'],
    // A definite refusal comes before "nobody could tell" ...
    [['jwks-fetch', 'time-exp'], 'time-exp'],
    [['intro-reach', 'claim-iss'], 'claim-iss'],
    [['asm-found', 'jwks-weak-key'], 'jwks-weak-key'],
    // ... but 403 would say that the token is good, which nobody knows yet.
    [['jwks-fetch', 'claim-scope'], 'jwks-fetch'],
  ])('of %j is %s', (codes, cause) => {
    for (const order of [codes, codes.toReversed()]) {
      expect(judged(...order)).toMatchObject({
        outcome: problemSpec(cause).outcome,
        problem: { code: cause, detail: `because of ${cause}` },
      })
    }
  })

  test('does not depend on the order of the checks', () => {
    const some = fc.subarray([...problemCodes], { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(
        some.chain((codes) =>
          fc.tuple(fc.constant(codes), fc.shuffledSubarray(codes, { minLength: codes.length })),
        ),
        ([codes, shuffled]) => {
          const cause = (list: readonly ProblemCode[]) => {
            const verdict = judged(...list)
            return verdict.outcome === 'accepted' ? undefined : verdict.problem.code
          }
          expect(cause(shuffled)).toBe(cause(codes))
        },
      ),
    )
  })
})

test('advice and unasked questions refuse nothing', () => {
  const checks = [pass('sig-verify'), warn(said('claim-aud-broad', 'x')), skip('claim-scope', 'y')]
  expect(judge(checks, principal, 5)).toEqual({
    outcome: 'accepted',
    checks,
    principal: principal(),
    expiresAt: 5,
  })
  expect(failedChecks(checks)).toEqual([])
})

test('an empty list is not an acceptance', () => {
  expect(() => judge([], principal, undefined)).toThrow('no check')
})

test('retryAfterSeconds is kept for undecided alone', () => {
  const retry = (code: ProblemCode) => judge([fail(said(code, 'x'))], principal, undefined, 7)
  expect(retry('jwks-fetch')).toMatchObject({ outcome: 'undecided', retryAfterSeconds: 7 })
  expect(retry('time-exp')).not.toHaveProperty('retryAfterSeconds')
})
