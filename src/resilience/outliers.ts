// Which replicas of one backend get no calls for a while because too many in a row failed there, while others work.
import type { Clock } from '../base/clock.ts'
import type { CallEnd } from './call-end.ts'

export interface OutlierSettings {
  readonly consecutive_errors: number
  /** Failures further apart than this do not count as consecutive. */
  readonly interval_seconds: number
  readonly base_ejection_seconds: number
  readonly max_ejection_percent: number
}

/** A replica that is ejected again and again stays away so many times as long, and no longer. */
const mostTimes = 10

interface Member {
  errors: number
  lastErrorAt: number
  /** By `elapsed`. */
  until: number
  /** How often it was ejected without working well in between. */
  times: number
}

export class Outliers {
  private readonly settings: OutlierSettings
  private readonly clock: Clock
  private readonly members: readonly Member[]
  private readonly most: number

  /** `count`: how many replicas there are. One of them at least stays. */
  constructor(settings: OutlierSettings, count: number, clock: Clock) {
    this.settings = settings
    this.clock = clock
    this.members = Array.from({ length: count }, () => ({
      errors: 0,
      lastErrorAt: Number.NEGATIVE_INFINITY,
      until: Number.NEGATIVE_INFINITY,
      times: 0,
    }))
    const share = Math.floor((count * settings.max_ejection_percent) / 100)
    this.most = Math.min(count - 1, Math.max(1, share))
  }

  isEjected(index: number): boolean {
    return this.leftMs(index) > 0
  }

  /** For how long it gets no calls; 0 where it gets some. */
  leftMs(index: number): number {
    const { until } = this.of(index)
    return Math.max(0, until - this.clock.elapsed())
  }

  /** Counts the end of a call there. Returns for how many seconds the replica is ejected by it; undefined: it is not. */
  report(index: number, end: CallEnd): number | undefined {
    const member = this.of(index)
    if (end === 'up') {
      member.errors = 0
      if (member.times > 0 && !this.isEjected(index)) member.times -= 1
      return undefined
    }
    if (end === 'unclear' || this.isEjected(index)) return undefined
    const now = this.clock.elapsed()
    if (now - member.lastErrorAt > this.settings.interval_seconds * 1000) member.errors = 0
    member.errors += 1
    member.lastErrorAt = now
    return member.errors >= this.settings.consecutive_errors ? this.eject(member) : undefined
  }

  /** It is there again as far as its connection shows: calls find out whether it works. */
  readmit(index: number): void {
    const member = this.of(index)
    member.until = Number.NEGATIVE_INFINITY
    member.errors = 0
  }

  private of(index: number): Member {
    return this.members[index] as Member
  }

  private eject(member: Member): number | undefined {
    const ejected = this.members.filter((_, index) => this.isEjected(index)).length
    if (ejected >= this.most) return undefined
    member.errors = 0
    member.times = Math.min(mostTimes, member.times + 1)
    const seconds = this.settings.base_ejection_seconds * member.times
    member.until = this.clock.elapsed() + seconds * 1000
    return seconds
  }
}
