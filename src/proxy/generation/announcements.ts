// When clients are told that lists have changed: once for what comes together, and less often the more a backend changes.
import type { Clock } from '../../base/clock.ts'

/** Takes one change of one backend; `method` is the notification that tells it. */
export type Announce = (backend: string, method: string) => void

/** What comes within this time is told together. */
const gatherMs = 100
/** So many announcements of one backend are told as they come. */
const calm = 3
/** One of them is forgotten in this time: a storm is heard about as often. */
const coolMs = 5_000

interface Source {
  readonly pending: Set<string>
  /** Announcements that are not forgotten yet. */
  heat: number
  heatAt: number
  /** Who announces much is not taken along with others before this moment. */
  notBefore: number
}

export const createAnnouncements = (
  clock: Clock,
  ended: AbortSignal,
  tell: (method: string) => void,
): Announce => {
  const sources = new Map<string, Source>()

  const cool = (source: Source, now: number): number => {
    const cooled = Math.max(0, now - source.heatAt) / coolMs
    source.heat = Math.max(0, source.heat - cooled)
    source.heatAt = now
    return Math.min(coolMs, gatherMs * 2 ** Math.max(0, source.heat - calm))
  }
  const flush = (due: Source) => {
    const now = clock.now()
    const methods = new Set<string>()
    for (const source of sources.values()) {
      if (source.pending.size === 0 || (source !== due && source.notBefore > now)) continue
      for (const method of source.pending) methods.add(method)
      source.pending.clear()
      source.heat += 1
    }
    for (const method of methods) tell(method)
  }
  return (backend, method) => {
    const now = clock.now()
    const source = sources.get(backend) ?? {
      pending: new Set(),
      heat: 0,
      heatAt: now,
      notBefore: 0,
    }
    sources.set(backend, source)
    const isFirst = source.pending.size === 0
    source.pending.add(method)
    if (!isFirst) return
    const waitMs = cool(source, now)
    source.notBefore = now + waitMs - gatherMs
    clock.sleep(waitMs, ended).then(
      () => flush(source),
      () => undefined,
    )
  }
}
