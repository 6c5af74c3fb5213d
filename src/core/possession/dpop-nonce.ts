// Nonces that this server gives out for DPoP proofs and knows again without keeping them (RFC 9449 section 9).
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

/** What a nonce is to this server: good, once good, or never given out by it. */
export type NonceAge = 'good' | 'stale' | 'unknown'

export interface Nonces {
  /** The one to use now. */
  current(): string
  ageOf(nonce: string): NonceAge
}

/** A nonce is good for one to two of these. */
const periodMs = 60_000

/**
 * Each is its period and a keyed hash of it. Does not check that a nonce was given to this very caller; all
 * of another process, and of this one before a restart, are unknown.
 */
export const createNonces = (clock: Clock): Nonces => {
  const secret = randomBytes(32)
  const made = new Map<number, string>()
  const periodNow = (): number => Math.floor(clock.now() / periodMs)
  const write = (period: number): string =>
    `${period.toString(36)}.${createHmac('sha256', secret).update(String(period)).digest('base64url')}`
  const nonceOf = (period: number): string => {
    const known = made.get(period)
    if (known !== undefined) return known
    const nonce = write(period)
    if (made.size > 1) made.clear()
    made.set(period, nonce)
    return nonce
  }
  const wasOurs = (nonce: string, now: number): boolean => {
    const period = Number.parseInt(nonce.split('.', 1)[0] ?? '', 36)
    return period < now && nonce === write(period)
  }
  return {
    current: () => nonceOf(periodNow()),
    ageOf: (nonce) => {
      const now = periodNow()
      if (nonce === nonceOf(now) || nonce === nonceOf(now - 1)) return 'good'
      return wasOurs(nonce, now) ? 'stale' : 'unknown'
    },
  }
}
