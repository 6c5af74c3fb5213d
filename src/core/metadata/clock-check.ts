// Whether our clock agrees with the servers that answered: their Date headers against the moments of asking (RFC 9110 section 6.6.1).
import { problemOf, together } from '../../problems/problem.ts'
import type { Exchange } from '../../net/exchange.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'

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

/** One server, or one party that answers through several. */
export interface ClockParty {
  /** "the MCP server" */
  readonly name: string
  readonly samples: readonly ClockSample[]
}

const offsetsOf = (samples: readonly ClockSample[]): readonly number[] =>
  samples
    .map(clockOffset)
    .filter((offset) => offset !== undefined)
    .toSorted((a, b) => Math.abs(a) - Math.abs(b))

const seconds = (offset: number): number => Math.round(Math.abs(offset) / 1000)

/**
 * time-clock, for several parties. Of the answers of each the one that agrees best counts: an answer from a
 * cache that hides its age looks as if we were ahead. Does not say who is right, and does not change what
 * is tolerated.
 */
export const checkClocks = (parties: readonly ClockParty[]): Check => {
  const id = 'time-clock'
  const told = parties.flatMap(({ name, samples }) => {
    const [offset, ...others] = offsetsOf(samples)
    return offset === undefined ? [] : [{ name, offset, count: 1 + others.length }]
  })
  if (told.length === 0) return skip(id, 'no answer with a date was received')
  const off = told.filter(({ offset }) => Math.abs(offset) >= toleratedMs)
  if (off.length === 0) {
    const worst = Math.max(...told.map(({ offset }) => seconds(offset)))
    const answers = told.reduce((sum, { count }) => sum + count, 0)
    return pass(id, undefined, { actual: worst, note: `of ${answers} answers` })
  }
  const [first, ...others] = off.map(({ name, offset }) =>
    problemOf(id, { n: seconds(offset), dir: `${offset > 0 ? 'ahead of' : 'behind'} ${name}` }),
  )
  if (first === undefined) return pass(id)
  return warn(together(first, ...others), { actual: Math.round((off[0]?.offset ?? 0) / 1000) })
}

/** time-clock, for an authorization server alone. */
export const checkClock = (samples: readonly ClockSample[]): Check =>
  checkClocks([{ name: 'the authorization server', samples }])
