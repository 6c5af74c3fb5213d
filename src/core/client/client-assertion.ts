// Signs the assertions by which our client proves itself with a private key (RFC 7523 sections 2.2 and 3).
import { randomUUID, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Clock } from '../../base/clock.ts'
import type { AssertionSource } from './client-authentication.ts'
import type { Algorithm } from '../token/jose-header.ts'

export interface AssertionOptions {
  readonly clientId: string
  readonly key: KeyObject
  readonly alg: Algorithm
  readonly kid: string | undefined
  /** The issuer of the authorization server; undefined: the endpoint that is called. */
  readonly audience: string | undefined
  readonly clock: Clock
}

/** Long enough for a clock that is a little behind, too short to be worth stealing. */
const lifetimeSeconds = 60

/** Each assertion is used once: its `jti` is new every time. Does not check that the key is registered. */
export const assertionSource =
  ({ clientId, key, alg, kid, audience, clock }: AssertionOptions): AssertionSource =>
  (endpoint) => {
    const now = Math.floor(clock.now() / 1000)
    return new SignJWT()
      .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience ?? endpoint)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSeconds)
      .sign(key)
  }
