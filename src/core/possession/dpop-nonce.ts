// Nonces that this server gives out for DPoP proofs and knows again without keeping them (RFC 9449 section 9).
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

export interface Nonces {
  /** The one to use now. */
  current(): string
  /** Whether it is the current one or the one before. */
  isOurs(nonce: string): boolean
}

/** A nonce is good for one to two of these. */
const periodMs = 60_000

/** Each is a keyed hash of its period. Does not check that a nonce was given to this very caller. */
export const createNonces = (clock: Clock): Nonces => {
  const secret = randomBytes(32)
  const made = new Map<number, string>()
  const periodOf = (now: number): number => Math.floor(now / periodMs)
  const nonceOf = (period: number): string => {
    const known = made.get(period)
    if (known !== undefined) return known
    const nonce = createHmac('sha256', secret).update(String(period)).digest('base64url')
    if (made.size > 1) made.clear()
    made.set(period, nonce)
    return nonce
  }
  return {
    current: () => nonceOf(periodOf(clock.now())),
    isOurs: (nonce) => {
      const period = periodOf(clock.now())
      return nonce === nonceOf(period) || nonce === nonceOf(period - 1)
    },
  }
}
