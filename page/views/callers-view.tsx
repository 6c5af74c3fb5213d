// Who calls: the open sessions, and the clients that the kept decisions know.
import type { Feed, Row } from '../data/feed.ts'
import { useAnswer } from '../data/use-answer.ts'
import { useStore } from '../data/store.ts'
import type { Sessions } from '../data/types.ts'
import { Answered } from '../parts/answered.tsx'
import { clockTime, span } from '../parts/words.ts'

interface Caller {
  readonly client: string
  readonly subject: string
  readonly address: string
  accepted: number
  refused: number
  failed: number
  latest: string
  loop: string | undefined
}

const callersIn = (rows: readonly Row[]): readonly Caller[] => {
  const callers = new Map<string, Caller>()
  for (const row of rows) {
    if (row.kind === 'gap') continue
    const { caller, time, outcome, loop } = row.decision
    const client = [caller.client?.name ?? caller.client_id ?? 'unknown', caller.client?.version]
      .filter((part) => typeof part === 'string')
      .join(' ')
    const subject = caller.sub ?? ''
    const address = caller.address ?? ''
    const key = JSON.stringify([client, subject, address])
    const known = callers.get(key) ?? {
      client,
      subject,
      address,
      accepted: 0,
      refused: 0,
      failed: 0,
      latest: time,
      loop: undefined,
    }
    if (outcome === 'accepted') known.accepted += 1
    else if (outcome === 'failed') known.failed += 1
    else known.refused += 1
    if (time > known.latest) known.latest = time
    known.loop ??= loop ?? undefined
    callers.set(key, known)
  }
  return [...callers.values()]
}

const Clients = ({ rows }: { readonly rows: readonly Row[] }) => {
  const callers = callersIn(rows)
  if (callers.length === 0) return <p class="empty">No calls yet.</p>
  return (
    <div class="wide" tabIndex={0} role="region" aria-label="Clients">
      <table>
        <thead>
          <tr>
            <th scope="col">Client</th>
            <th scope="col">Subject</th>
            <th scope="col">Address</th>
            <th scope="col">Accepted</th>
            <th scope="col">Refused</th>
            <th scope="col">Failed</th>
            <th scope="col">Latest</th>
          </tr>
        </thead>
        <tbody>
          {callers.map((one) => (
            <tr key={`${one.client} ${one.subject} ${one.address}`}>
              <td>
                {one.client}
                {one.loop !== undefined && <span class="loop"> ⟳ {one.loop}</span>}
              </td>
              <td>{one.subject}</td>
              <td class="mono">{one.address}</td>
              <td>{one.accepted}</td>
              <td>{one.refused}</td>
              <td>{one.failed}</td>
              <td>{clockTime(one.latest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const SessionTable = ({ sessions }: { readonly sessions: Sessions }) =>
  sessions.length === 0 ? (
    <p class="dim">No session is open. Stateless clients have none.</p>
  ) : (
    <div class="wide" tabIndex={0} role="region" aria-label="Sessions">
      <table>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Client</th>
            <th scope="col">Protocol</th>
            <th scope="col">Open for</th>
            <th scope="col">Unused for</th>
            <th scope="col">In flight</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((one, index) => (
            <tr key={`${one.id} ${String(index)}`}>
              <td class="mono">{one.id}</td>
              <td>{one.client === null ? '' : `${one.client.name} ${one.client.version}`}</td>
              <td>{one.protocol_version}</td>
              <td>{span(one.uptime_seconds)}</td>
              <td>{span(one.idle_seconds)}</td>
              <td>{one.calls}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )

export const CallersView = ({ feed }: { readonly feed: Feed }) => {
  const { rows } = useStore(feed.state)
  const sessions = useAnswer<Sessions>('sessions/detail', 3000)
  return (
    <>
      <h2>Clients</h2>
      <p class="dim">Counted over the calls that this page has.</p>
      <Clients rows={rows} />
      <h2>Sessions</h2>
      <Answered answer={sessions}>{(all) => <SessionTable sessions={all} />}</Answered>
    </>
  )
}
