// Accepts configured bearer tokens and nothing else.
import { createHash, timingSafeEqual } from 'node:crypto'
import { problemOf } from '../../problems/problem.ts'
import type { Principal } from '../../base/principal.ts'
import { fingerprint, type Secret } from '../../base/secret.ts'
import { fail, pass } from '../verdict/check.ts'
import { judge } from '../verdict/judge.ts'
import { tokenKey } from '../claims/principal.ts'
import { checkInput } from '../token/token-input.ts'
import type { TokenValidator, Verdict } from '../verdict/verdict.ts'

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Every digest is compared, so that the time taken tells neither which token nor how much of it fits. */
const isListed = (digests: readonly Buffer[], sent: Buffer): boolean =>
  digests.reduce((found, known) => timingSafeEqual(known, sent) || found, false)

/**
 * Compares tokens by digest in constant time. Does not check anything about their form, expiry or
 * scopes: a configured token is good until the configuration changes.
 */
export const createStaticValidator = (tokens: readonly Secret[]): TokenValidator => {
  const digests = tokens.map((token) => digest(token.reveal()))

  const validate = (token: string): Verdict => {
    const principal = (): Principal => ({
      method: 'bearer',
      key: tokenKey(token),
      scopes: [],
      audience: [],
      claims: {},
      fingerprint: fingerprint(token),
    })
    if (isListed(digests, digest(token))) {
      return judge([pass('token-unknown')], principal, undefined)
    }
    const values = { fingerprint: fingerprint(token), n: digests.length }
    const unknown = fail(problemOf('token-unknown', values))
    return judge([...checkInput(token), unknown], principal, undefined)
  }

  return { validate }
}
