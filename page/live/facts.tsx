// Who asked for what, by whom it was decided, and what rules that only report would have refused.
import type { DecisionSummary } from '../data/types.ts'
import { valueLines } from '../parts/words.ts'

interface Fact {
  readonly label: string
  readonly value: string
  /** The filter that finds others like it. */
  readonly filter?: readonly [name: string, value: string]
}

const fact = (label: string, value: string | null | undefined, filter?: string): readonly Fact[] =>
  value === null || value === undefined || value === ''
    ? []
    : [{ label, value, ...(filter === undefined ? {} : { filter: [filter, value] as const }) }]

const clientFacts = ({ caller: { client } }: DecisionSummary): readonly Fact[] =>
  client === null
    ? []
    : [
        {
          label: 'client',
          value: [client.name, client.version].filter((part) => part !== null).join(' '),
          filter: ['client', client.name],
        },
      ]

const claimedFacts = ({ caller: { claimed } }: DecisionSummary): readonly Fact[] =>
  (['iss', 'aud', 'kid'] as const).flatMap((name) => {
    const value = claimed?.[name]
    return value === null || value === undefined
      ? []
      : fact(`${name} (claimed)`, valueLines(value).join(', '))
  })

const causeText = ({ kind, name, pattern }: DecisionSummary['by'][number]): string =>
  `${kind} ${name}${pattern === null ? '' : ` (${pattern})`}`

const factsOf = (decision: DecisionSummary): readonly Fact[] => {
  const { request, caller, by, would_deny: would, trace_id: trace } = decision
  return [
    ...fact('method', request.method, 'method'),
    ...fact('name', request.name, 'name'),
    ...fact('backend', request.backend, 'backend'),
    ...fact('HTTP', [request.http_method, request.path].filter(Boolean).join(' ')),
    ...fact('door', request.door, 'door'),
    ...fact('credential', request.credential),
    ...fact('answer', request.reused === null ? null : `from ${request.reused}`),
    ...clientFacts(decision),
    ...fact('client id', caller.client_id, 'client'),
    ...fact('subject', caller.sub, 'sub'),
    ...fact('issuer', caller.iss),
    ...claimedFacts(decision),
    ...fact('address', caller.address, 'address'),
    ...fact('session', caller.session, 'session'),
    ...fact('token', caller.token),
    ...by.flatMap((cause) => fact('decided by', causeText(cause))),
    ...would.flatMap(({ rule, detail }) => fact('would refuse', `${rule}: ${detail}`)),
    ...fact('trace', trace),
  ]
}

interface Props {
  readonly decision: DecisionSummary
  readonly onNarrow: (name: string, value: string) => void
}

export const Facts = ({ decision, onNarrow }: Props) => (
  <dl class="facts-list">
    {factsOf(decision).map(({ label, value, filter }) => (
      <div key={`${label} ${value}`}>
        <dt>{label}</dt>
        <dd>
          <span class="mono">{value}</span>
          {filter !== undefined && (
            <button
              type="button"
              class="narrow"
              aria-label={`Filter by ${label} ${value}`}
              title="Filter by it"
              onClick={() => onNarrow(...filter)}
            >
              +
            </button>
          )}
        </dd>
      </div>
    ))}
  </dl>
)
