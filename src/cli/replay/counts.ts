// Decisions that were judged again, counted in groups: what is kept does not grow with their number.
import type { DecisionReport, DecisionSummary } from '../../decisions/decision-report.ts'
import { whoText } from '../../decisions/event-words.ts'
import type { JudgedAgain } from './judge-again.ts'
import type { ChangeReport, ReplayReport, UnjudgedReport } from './replay-report.ts'

const mostIds = 100
const mostTexts = 500
const mostShown = 50
const mostGroups = 500

/** How often each of the first texts came; further ones are not counted. */
class Tally {
  private readonly counts = new Map<string, number>()

  add(text: string): void {
    const before = this.counts.get(text)
    if (before === undefined && this.counts.size >= mostTexts) return
    this.counts.set(text, (before ?? 0) + 1)
  }

  /** The most frequent first. */
  entries(): readonly (readonly [text: string, count: number])[] {
    return [...this.counts].sort(([, a], [, b]) => b - a).slice(0, mostShown)
  }
}

class Group<Key> {
  readonly key: Key
  readonly ids: string[] = []
  readonly names = new Tally()
  readonly callers = new Tally()
  count = 0

  constructor(key: Key) {
    this.key = key
  }

  add({ id, request, caller }: DecisionSummary): void {
    this.count += 1
    if (this.ids.length < mostIds) this.ids.push(id)
    const name = request.name ?? request.path ?? request.method
    if (name !== null) this.names.add(name)
    const who = whoText({
      sub: caller.sub,
      clientId: caller.client_id,
      client: caller.client?.name,
      address: caller.address,
    })
    if (who !== '') this.callers.add(who)
  }
}

type Changed = Extract<JudgedAgain, { readonly kind: 'changed' }>
type Unjudged = Extract<JudgedAgain, { readonly kind: 'unjudged' }>

/** The last group takes what comes when there are too many: names of rules are those of a file that anybody wrote. */
const groupOf = <Key>(groups: Map<string, Group<Key>>, key: Key): Group<Key> => {
  const text = JSON.stringify(key)
  const known =
    groups.get(text) ?? (groups.size >= mostGroups ? [...groups.values()].at(-1) : undefined)
  if (known !== undefined) return known
  const group = new Group(key)
  groups.set(text, group)
  return group
}

const byCount = <Key>(groups: ReadonlyMap<string, Group<Key>>): readonly Group<Key>[] =>
  [...groups.values()].sort((a, b) => b.count - a.count)

const changeReport = ({ key, count, ids, names, callers }: Group<Changed>): ChangeReport => ({
  change: key.change,
  count,
  was: key.was,
  now: key.now,
  names: names.entries().map(([name, n]) => ({ name, count: n })),
  callers: callers.entries().map(([caller, n]) => ({ caller, count: n })),
  ids,
})

const unjudgedReport = ({ key, count, ids }: Group<Unjudged>): UnjudgedReport => ({
  reason: key.reason,
  about: key.about,
  count,
  ids,
})

export type Counted = Omit<
  ReplayReport,
  'schema_version' | 'command' | 'verdict' | 'config' | 'decisions' | 'unread'
>

export interface Counts {
  add(decision: DecisionReport, judged: JudgedAgain): void
  report(): Counted
}

export const createCounts = (): Counts => {
  const changes = new Map<string, Group<Changed>>()
  const unjudged = new Map<string, Group<Unjudged>>()
  const sums = { same: 0, changed: 0, unjudged: 0 }
  let from: string | null = null
  let to: string | null = null
  return {
    add: (decision, judged) => {
      from ??= decision.time
      to = decision.time
      sums[judged.kind] += 1
      if (judged.kind === 'changed') groupOf(changes, judged).add(decision)
      if (judged.kind === 'unjudged') groupOf(unjudged, judged).add(decision)
    },
    report: () => ({
      read: sums.same + sums.changed + sums.unjudged,
      ...sums,
      from,
      to,
      changes: byCount(changes).map(changeReport),
      not_judged: byCount(unjudged).map(unjudgedReport),
    }),
  }
}
