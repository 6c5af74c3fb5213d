// Whether our clock agrees with the servers that answered: their Date headers against the moments of asking (RFC 9110 section 6.6.1).
import type { Exchange } from '../base/exchange.ts'
import { messageOf, pass, skip, warn, type Check } from './check.ts'

export type ClockSample = Pick<Exchange, 'startedAt' | 'ms' | 'headers'>

/** Below this nobody is refused for it, and a Date header is not finer than a second. */
export const toleratedMs = 5000

/** RFC 9110 section 5.6.7 wants the first form; the others say nothing that would be worth guessing. */
const imfDate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How far our clock is ahead (positive) or behind, in milliseconds: 0 where the server may have written
 * its date within the exchange. A cached answer is as old as its Age says (RFC 9111 section 5.1).
 */
export const clockOffset = ({ startedAt, ms, headers }: ClockSample): number | undefined => {
  const { date = '', age = '0' } = headers
  if (!imfDate.test(date)) return undefined
  const ageMs = /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0
  const earliest = Date.parse(date) + ageMs
  if (Number.isNaN(earliest)) return undefined
  const latest = earliest + 1000
  const endedAt = startedAt + ms
  if (startedAt > latest) return startedAt - latest
  return endedAt < earliest ? endedAt - earliest : 0
}

/**
 * time-clock. Of several answers the one that agrees best counts: an answer from a cache that hides its
 * age looks as if we were ahead. Does not say who is right, and does not change what is tolerated.
 */
export const checkClock = (samples: readonly ClockSample[]): Check => {
  const id = 'time-clock'
  const offsets = samples.map(clockOffset).filter((offset) => offset !== undefined)
  const [best] = offsets.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  if (best === undefined) return skip(id, 'no answer that tells the time is at hand')
  const n = Math.round(Math.abs(best) / 1000)
  if (Math.abs(best) < toleratedMs) {
    return pass(id, undefined, { actual: n, note: `of ${offsets.length} answers` })
  }
  const dir = best > 0 ? 'ahead of the authorization server' : 'behind the authorization server'
  return warn(id, messageOf(id, { n, dir }), { actual: Math.round(best / 1000) })
}
