// Equal calls as one row: the newest of them, with how many there were.
import type { Row } from './feed.ts'
import type { DecisionSummary } from './types.ts'

type PlainRow = Extract<Row, { readonly kind: 'decision' }>

export type DecisionRow = PlainRow & {
  readonly count: number
  /** Of the oldest. */
  readonly since: string
}

export type GapRow = Exclude<Row, PlainRow>

export type ShownRow = GapRow | DecisionRow

const sameness = ({ outcome, code, caller, request }: DecisionSummary): string =>
  JSON.stringify([
    outcome,
    code,
    caller.address,
    caller.client?.name,
    caller.sub,
    request.method,
    request.name,
    request.backend,
  ])

export const single = (row: Row): ShownRow =>
  row.kind === 'gap' ? row : { ...row, count: 1, since: row.decision.time }

export const grouped = (rows: readonly Row[]): readonly ShownRow[] => {
  const groups = new Map<string, { row: PlainRow; count: number; since: string }>()
  const order: (string | Row)[] = []
  for (const row of rows) {
    if (row.kind === 'gap') {
      order.push(row)
      continue
    }
    const key = sameness(row.decision)
    const group = groups.get(key)
    if (group === undefined) {
      groups.set(key, { row, count: 1, since: row.decision.time })
      order.push(key)
    } else {
      group.count += 1
      group.since = row.decision.time
      // A loop that was found is a fact about all of them.
      if (group.row.decision.loop === null && row.decision.loop !== null) {
        group.row = { ...group.row, decision: { ...group.row.decision, loop: row.decision.loop } }
      }
    }
  }
  return order.flatMap((entry): readonly ShownRow[] => {
    if (typeof entry !== 'string') return [single(entry)]
    const group = groups.get(entry)
    return group === undefined ? [] : [{ ...group.row, count: group.count, since: group.since }]
  })
}
