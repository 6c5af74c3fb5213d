// Configured tokens: exactly these, and nothing that resembles them.
import { expect, test } from 'vitest'
import { fingerprint, Secret } from '../../../src/base/secret.ts'
import { createStaticValidator } from '../../../src/core/validator/static-validator.ts'

const signal = new AbortController().signal
const validator = createStaticValidator([new Secret('first-token'), new Secret('second token!')])
const validate = async (token: string) => validator.validate(token, signal)

test.each(['first-token', 'second token!'])('%j is accepted', async (token) => {
  expect(await validate(token)).toMatchObject({
    outcome: 'accepted',
    expiresAt: undefined,
    principal: { method: 'bearer', fingerprint: fingerprint(token), scopes: [], claims: {} },
  })
})

test.each([
  ['first-toke', 'token-unknown'],
  ['first-token1', 'token-unknown'],
  ['First-token', 'token-unknown'],
  ['second', 'token-unknown'],
  ['', 'in-empty'],
  ['$TOKEN', 'in-unexpanded-variable'],
  ['first-token\u200b', 'in-non-ascii'],
  ['a'.repeat(20_000), 'in-size'],
])('%j is refused as %s', async (token, code) => {
  expect(await validate(token)).toMatchObject({ outcome: 'rejected', problem: { code } })
})

test('two tokens are two callers, and one token is one', async () => {
  const keys = await Promise.all(
    ['first-token', 'second token!', 'first-token'].map(async (token) => {
      const verdict = await validate(token)
      return verdict.outcome === 'accepted' ? verdict.principal.key : undefined
    }),
  )
  expect(keys[0]).toBe(keys[2])
  expect(keys[0]).not.toBe(keys[1])
})

test('no configured token accepts nothing', async () => {
  expect(createStaticValidator([]).validate('x', signal)).toMatchObject({ outcome: 'rejected' })
})

test('neither the configured nor the sent token is repeated', async () => {
  const text = JSON.stringify([await validate('sent-secret-token'), await validate('first-token')])
  expect(text).not.toContain('sent-secret-token')
  expect(text).not.toContain('first-token')
})
