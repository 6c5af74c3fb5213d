// The section clock: our time against that of every server that answered, and which side is off.
import { problemOf } from '../../problems/problem.ts'
import { pass, skip, warn, type Check } from '../../core/verdict/check.ts'
import { clockOffset, toleratedMs, type ClockSample } from '../../core/metadata/clock-check.ts'
import type { SeenHead } from '../../net/interceptors/recorded-http.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const sampleOf = ({ startedAt, ms, headers }: SeenHead): ClockSample => {
  const named = Object.fromEntries(
    ['date', 'age'].flatMap((name) => {
      const value = text(headers[name])
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { startedAt, ms, headers: named }
}

interface ServerClock {
  readonly host: string
  /** How far we are ahead of it, in milliseconds; negative: behind. */
  readonly offset: number
}

/** For each server the answer that agrees best: others may have waited in a cache. */
export const serverClocks = (heads: readonly SeenHead[]): readonly ServerClock[] => {
  const best = new Map<string, number>()
  for (const head of heads) {
    const offset = clockOffset(sampleOf(head))
    if (offset === undefined) continue
    const { host } = new URL(head.origin)
    const known = best.get(host)
    if (known === undefined || Math.abs(offset) < Math.abs(known)) best.set(host, offset)
  }
  return [...best].map(([host, offset]) => ({ host, offset }))
}

const secondsOf = (ms: number): number => Math.round(Math.abs(ms) / 1000)
const side = (offset: number): string => (offset > 0 ? 'ahead of' : 'behind')
const agrees = ({ offset }: ServerClock): boolean => Math.abs(offset) < toleratedMs

/**
 * Servers that agree among themselves against us: we are off. One that differs from all others: it is.
 * A single one leaves the question open.
 */
export const judgeClocks = (clocks: readonly ServerClock[]): readonly Check[] => {
  const id = 'time-clock'
  const off = clocks.filter((clock) => !agrees(clock))
  const [first, second] = off
  if (first === undefined) {
    return [clocks.length === 0 ? skip(id, 'no answer told the time') : pass(id)]
  }
  const alike = off.every(({ offset }) => Math.abs(offset - first.offset) < toleratedMs)
  if (off.length === clocks.length && second !== undefined && alike) {
    const dir = `${side(first.offset)} all ${clocks.length} servers: it is the one that is off`
    return [warn(problemOf(id, { n: secondsOf(first.offset), dir }))]
  }
  return off.map(({ host, offset }) => {
    const dir = `${side(offset)} ${host}`
    const others = clocks.length - off.length
    const who =
      others > 0
        ? `, and agrees with ${plural(others, 'other')}: that server is off`
        : clocks.length === 1
          ? '; with one server to compare it cannot be told which of the two is off'
          : ''
    return warn(problemOf(id, { n: secondsOf(offset), dir: `${dir}${who}` }))
  })
}

/** Comes last: it reads what the other sections were answered. */
export const clock = ({ heads }: DoctorContext): ReportSection => {
  const clocks = serverClocks(heads)
  const checks = judgeClocks(clocks)
  const [widest] = clocks.toSorted((a, b) => Math.abs(b.offset) - Math.abs(a.offset))
  const summary =
    widest === undefined
      ? 'no answer told the time'
      : agrees(widest)
        ? `agrees with ${plural(clocks.length, 'server')} within ${Math.max(1, secondsOf(widest.offset))} s`
        : `${secondsOf(widest.offset)} s ${side(widest.offset)} ${widest.host}`
  const facts: Fact[] = clocks.map(({ host, offset }) => [
    host,
    `${offset > 0 ? '+' : ''}${(offset / 1000).toFixed(1)} s`,
  ])
  return { section: 'clock', summary, facts, checks }
}
