// What a connection proved once counts for the same header on the same connection, while its validator agrees.
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createJwtValidator } from '../../../src/core/validator/jwt-validator.ts'
import type { TokenValidator, Verdict } from '../../../src/core/verdict/verdict.ts'
import { createConnectionMemo } from '../../../src/server/http/connection-memo.ts'
import { fixedKeys } from '../../support/fixed-keys.ts'
import { createManualClock, testEpochMs } from '../../support/manual-clock.ts'
import { policyOf } from '../../support/policy.ts'
import {
  goodClaims,
  mintToken,
  newSigningKey,
  testKey,
  testNowSeconds,
} from '../../support/tokens.ts'

const signal = new AbortController().signal

const request = (socket: Socket, ...authorization: readonly string[]) => ({
  socket,
  rawHeaders: [
    'Host',
    'mcp.example',
    ...authorization.flatMap((value, index) => [
      index % 2 === 0 ? 'Authorization' : 'authorization',
      value,
    ]),
    'accept',
    'application/json',
  ],
})

const open = async (claims: Record<string, unknown> = {}) => {
  const clock = createManualClock()
  const key = await testKey('Ed25519')
  const keys = await fixedKeys([key])
  const make = (): TokenValidator =>
    createJwtValidator({ keys, policy: policyOf({}), algorithms: undefined, clock })
  const validator = make()
  const token = await mintToken(key, goodClaims(claims))
  const verdict = await validator.validate(token, signal)
  const memo = createConnectionMemo()
  const socket = new Socket()
  const sent = request(socket, `Bearer ${token}`)
  memo.remember(sent, verdict)
  return { clock, keys, make, validator, token, verdict, memo, socket, sent }
}

describe('the memo of a connection', () => {
  test('gives the verdict back that the validator would give', async () => {
    const { memo, sent, validator, verdict, token } = await open()
    expect(verdict.outcome).toBe('accepted')
    expect(memo.recall(sent, validator)).toBe(verdict)
    expect(validator.validate(token, signal)).toBe(verdict)
  })

  test('knows nothing of another connection, header or validator', async () => {
    const { memo, sent, validator, verdict, token, socket, make } = await open()
    expect(memo.recall(request(new Socket(), `Bearer ${token}`), validator)).toBeUndefined()
    expect(memo.recall(request(socket, `bearer ${token}`), validator)).toBeUndefined()
    expect(memo.recall(request(socket, `Bearer ${token.slice(0, -1)}`), validator)).toBeUndefined()
    expect(memo.recall(request(socket), validator)).toBeUndefined()
    expect(memo.recall(sent, make())).toBeUndefined()
    expect(memo.recall(sent, {})).toBeUndefined()
    expect(memo.recall(sent, validator)).toBe(verdict)
  })

  test('does not take one of two Authorization headers for the only one', async () => {
    const { memo, validator, token, socket } = await open()
    const doubled = request(socket, `Bearer ${token}`, `Bearer ${token}`)
    expect(memo.recall(doubled, validator)).toBeUndefined()
  })

  test('ends with the token', async () => {
    // Half of the tolerance is over, half is left.
    const { memo, sent, validator, verdict, clock } = await open({ exp: testNowSeconds - 30 })
    await clock.advance(29_999)
    expect(memo.recall(sent, validator)).toBe(verdict)
    await clock.advance(1)
    expect(memo.recall(sent, validator)).toBeUndefined()
  })

  test('ends with the keys that vouched for it', async () => {
    const { memo, sent, validator, keys } = await open()
    await keys.rotate(await newSigningKey('Ed25519'))
    expect(memo.recall(sent, validator)).toBeUndefined()
  })

  test('ends when the signature has to be checked again, and when the clock was set back', async () => {
    const { memo, sent, validator, verdict, clock } = await open()
    await clock.advance(60_000)
    expect(memo.recall(sent, validator)).toBe(verdict)
    await clock.advance(1)
    expect(memo.recall(sent, validator)).toBeUndefined()
    clock.set(testEpochMs - 1)
    expect(memo.recall(sent, validator)).toBeUndefined()
  })

  test('keeps no refusal, and forgets what came before it', async () => {
    const { memo, sent, validator, socket } = await open()
    const refusal: Verdict = await validator.validate('x', signal)
    expect(refusal.outcome).toBe('rejected')
    memo.remember(request(socket, 'Bearer x'), refusal)
    expect(memo.recall(request(socket, 'Bearer x'), validator)).toBeUndefined()
    expect(memo.recall(sent, validator)).toBeUndefined()
  })
})
