import { expect, test } from 'vitest'
import { answerToRefusal } from '../../../src/core/challenge/http-answer.ts'
import type { Refusal } from '../../../src/core/verdict/verdict.ts'

const resource = {
  resourceMetadata: 'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp',
  requiredScopes: ['mcp:call'],
}
const refusal = (
  code: Refusal['problem']['code'],
  outcome: Refusal['outcome'] = 'rejected',
  retryAfterSeconds?: number,
): Refusal => ({
  outcome,
  checks: [],
  problem: { code, detail: 'evidence for the log alone' },
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
})

test.each([
  ['req-token-missing', 401, undefined],
  ['time-exp', 401, 'error="invalid_token"'],
  ['claim-scope', 403, 'error="insufficient_scope"'],
  ['req-authorization-malformed', 400, 'error="invalid_request"'],
] as const)('%s: %i with a challenge that names no evidence', (code, status, error) => {
  const answer = answerToRefusal(refusal(code), resource)
  expect(answer.status).toBe(status)
  expect(answer.retryAfterSeconds).toBeUndefined()
  expect(answer.challenge).toContain(`resource_metadata="${resource.resourceMetadata}"`)
  expect(answer.challenge).toContain('scope="mcp:call"')
  expect(answer.challenge).not.toContain('evidence')
  expect(/error="\w+"/.exec(answer.challenge ?? '')?.[0]).toBe(error)
})

test('undecided: 503 without a challenge, with the time that is known or a guess', () => {
  expect(answerToRefusal(refusal('intro-reach', 'undecided', 17), resource)).toEqual({
    status: 503,
    challenge: undefined,
    retryAfterSeconds: 17,
  })
  expect(answerToRefusal(refusal('jwks-fetch', 'undecided'), resource)).toEqual({
    status: 503,
    challenge: undefined,
    retryAfterSeconds: 5,
  })
})
