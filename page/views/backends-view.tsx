// The backends: state, era, circuit, calls, servers behind them, and what each offers and how its health changed.
import { useState } from 'preact/hooks'
import { useAnswer } from '../data/use-answer.ts'
import type { Backend, Backends, BackendTools, Transitions } from '../data/types.ts'
import { Answered } from '../parts/answered.tsx'
import { age, clockTime } from '../parts/words.ts'

const everyMs = 3000

const stateMarks = { up: 'good', starting: 'warn', down: 'bad' } as const
const circuitMarks = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const

const serverText = ({ server_info: info }: Backend): string => {
  const { name, version } = (info ?? {}) as { readonly name?: unknown; readonly version?: unknown }
  return [name, version].filter((part) => typeof part === 'string').join(' ')
}

const eraText = ({ era, protocol_version: version, sessions }: Backend): string =>
  [
    era === undefined ? '' : `${era === 'modern' ? 'stateless' : 'sessions'}, ${version ?? ''}`,
    sessions === undefined ? '' : `and sessions, ${sessions.protocol_version}`,
  ]
    .join(' ')
    .trim()

const Circuit = ({ circuit }: { readonly circuit: NonNullable<Backend['circuit']> }) => (
  <span class={`mark ${circuitMarks[circuit.state]}`}>
    circuit breaker {circuit.state}, {circuit.failures} of {circuit.calls} calls failed
    {circuit.retry_at === undefined ? '' : `, next trial ${clockTime(circuit.retry_at)}`}
  </span>
)

const Replicas = ({ replicas }: { readonly replicas: NonNullable<Backend['replicas']> }) => (
  <ul class="plain-list">
    {replicas.map(({ address, state, in_flight: flying, error, ejected_until: until }) => (
      <li key={address}>
        <span class={`mark ${stateMarks[state]}`}>{state}</span> <span class="mono">{address}</span>{' '}
        <span class="dim">
          {flying} in flight
          {until === undefined ? '' : `, no calls until ${clockTime(until)}`}
          {error === undefined ? '' : `, ${error}`}
        </span>
      </li>
    ))}
  </ul>
)

type Annotations = NonNullable<BackendTools['tools']>[number]['annotations']

const hintsOf = (annotations: Annotations): readonly string[] => {
  if (annotations === null) return []
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations
  return [
    ...(readOnlyHint ? ['reads only'] : []),
    ...(!readOnlyHint && destructiveHint ? ['destructive'] : []),
    ...(!readOnlyHint && idempotentHint ? ['idempotent'] : []),
    ...(openWorldHint ? ['open world'] : []),
  ]
}

const Tools = ({ name }: { readonly name: string }) => {
  const answer = useAnswer<BackendTools>(`backends/${encodeURIComponent(name)}/tools`)
  return (
    <Answered answer={answer}>
      {({ tools }) =>
        tools === null ? (
          <p class="dim">The backend did not list its tools.</p>
        ) : (
          <ul class="plain-list tools-list">
            {tools.map((tool) => (
              <li key={tool.name}>
                <span class="mono">{tool.name}</span>{' '}
                {hintsOf(tool.annotations).map((hint) => (
                  <span key={hint} class="tag">
                    {hint}
                  </span>
                ))}
                {tool.description !== null && <p class="dim">{tool.description}</p>}
              </li>
            ))}
          </ul>
        )
      }
    </Answered>
  )
}

const History = ({ name }: { readonly name: string }) => {
  const answer = useAnswer<Transitions>(
    `backends/${encodeURIComponent(name)}/health/history`,
    everyMs,
  )
  return (
    <Answered answer={answer}>
      {(changes) =>
        changes.length === 0 ? (
          <p class="dim">Its state has not changed.</p>
        ) : (
          <ul class="plain-list">
            {changes.slice(0, 20).map(({ timestamp, state, code }, index) => (
              <li key={index}>
                {clockTime(timestamp)} <span class={`mark ${stateMarks[state]}`}>{state}</span>{' '}
                <span class="mono dim">{code}</span>
              </li>
            ))}
          </ul>
        )
      }
    </Answered>
  )
}

const BackendCard = ({ backend }: { readonly backend: Backend }) => {
  const { name, state, since, code, error, retry_at: retry, circuit, calls, replicas } = backend
  const [open, toggle] = useState(false)
  return (
    <li class="card">
      <h2>
        <span class={`mark ${stateMarks[state]}`}>{state}</span> {name}
      </h2>
      <p class="facts">
        <span>for {age(since)}</span>
        {eraText(backend) !== '' && <span>{eraText(backend)}</span>}
        {serverText(backend) !== '' && <span>{serverText(backend)}</span>}
        {calls !== undefined && (
          <span>
            {calls.in_flight} in flight, {calls.queued} waiting
          </span>
        )}
        {circuit !== undefined && <Circuit circuit={circuit} />}
      </p>
      {error !== undefined && (
        <p class="trouble">
          <span class="mono">{code}</span> {error}
          {retry === undefined ? '' : ` It is tried again at ${clockTime(retry)}.`}
        </p>
      )}
      {replicas !== undefined && <Replicas replicas={replicas} />}
      <details open={open} onToggle={({ currentTarget }) => toggle(currentTarget.open)}>
        <summary>Tools, and how its state changed</summary>
        {open && (
          <>
            <h3>Tools</h3>
            <Tools name={name} />
            <h3>State</h3>
            <History name={name} />
          </>
        )}
      </details>
    </li>
  )
}

export const BackendsView = () => {
  const answer = useAnswer<Backends>('backends', everyMs)
  return (
    <Answered answer={answer}>
      {({ backends }) =>
        backends.length === 0 ? (
          <p class="empty">The configuration has no backends.</p>
        ) : (
          <ul class="cards">
            {backends.map((backend) => (
              <BackendCard key={backend.name} backend={backend} />
            ))}
          </ul>
        )
      }
    </Answered>
  )
}
