// The table of calls, newest first.
import { memo } from './memo.ts'
import type { DecisionRow, GapRow, ShownRow } from '../data/group.ts'
import type { DecisionSummary } from '../data/types.ts'
import { clockTime, milliseconds, outcomeWords } from '../parts/words.ts'

const what = ({ request }: DecisionSummary): string =>
  request.method ?? [request.http_method, request.path].filter((part) => part !== null).join(' ')

const clientText = ({ caller }: DecisionSummary): string =>
  caller.client === null
    ? (caller.client_id ?? '')
    : [caller.client.name, caller.client.version].filter((part) => part !== null).join(' ')

interface CallProps {
  readonly row: DecisionRow
  readonly isChosen: boolean
  readonly onChoose: (row: DecisionRow) => void
}

const Call = memo(({ row, isChosen, onChoose }: CallProps) => {
  const { decision, count, key } = row
  const { outcome, status, code, detail, request, caller, duration, loop } = decision
  return (
    <tr
      class={`${outcome}${isChosen ? ' chosen' : ''}`}
      aria-selected={isChosen}
      onClick={() => onChoose(row)}
    >
      <td class="time">
        <button type="button" id={`call-${String(key)}`} aria-expanded={isChosen}>
          {clockTime(decision.time)}
        </button>
      </td>
      <td class="outcome">
        <span class={`mark ${outcome}`}>{outcomeWords[outcome]}</span>
        {status !== null && <span class="status">{status}</span>}
        {count > 1 && <span class="times">×{count}</span>}
        {loop !== null && (
          <span class="loop" title={loop}>
            ⟳ loop
          </span>
        )}
      </td>
      <td class="what">
        <span class="dim">{what(decision)}</span> <span class="mono">{request.name}</span>
        {code !== null && (
          <span class="why" title={detail ?? undefined}>
            <span class="mono">{code}</span> {detail}
          </span>
        )}
      </td>
      <td class="backend">{request.backend}</td>
      <td class="client">{clientText(decision)}</td>
      <td class="subject">{caller.sub}</td>
      <td class="duration">{duration === null ? '' : milliseconds(duration)}</td>
    </tr>
  )
})

const gapText = ({ missed, why }: GapRow): string => {
  switch (why) {
    case 'slow':
      return `${String(missed)} decisions are missing: this page read too slowly`
    case 'left-out':
      return `${String(missed)} decisions are missing: the proxy did not keep them while there was no connection`
    case 'restarted':
      return 'The proxy was started again; what it decided before this page was back is not here'
  }
}

interface Props {
  readonly rows: readonly ShownRow[]
  readonly more: number
  readonly onMore: () => void
  readonly chosen: DecisionRow | undefined
  readonly onChoose: (row: DecisionRow) => void
  /** Nothing came so far. */
  readonly empty: boolean
}

export const Calls = ({ rows, more, onMore, chosen, onChoose, empty }: Props) => (
  <div class="calls">
    <table>
      <caption class="unseen">Calls and refusals, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Outcome</th>
          <th scope="col">Call</th>
          <th scope="col">Backend</th>
          <th scope="col">Client</th>
          <th scope="col">Subject</th>
          <th scope="col" class="duration">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) =>
          row.kind === 'gap' ? (
            <tr key={row.key} class="gap">
              <td colSpan={7}>
                {clockTime(row.time)} {gapText(row)}
              </td>
            </tr>
          ) : (
            <Call key={row.key} row={row} isChosen={row.key === chosen?.key} onChoose={onChoose} />
          ),
        )}
      </tbody>
    </table>
    {rows.length === 0 && (
      <p class="empty">
        {empty ? 'No calls yet. They appear here as they come.' : 'No call matches the filter.'}
      </p>
    )}
    {more > 0 && (
      <p class="empty">
        <button type="button" onClick={onMore}>
          Show more ({more})
        </button>
      </p>
    )}
  </div>
)
