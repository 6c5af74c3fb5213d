// The decision behind one call: the cause first, then its remedy, who asked, and every check with what was compared.
import { useEffect, useRef } from 'preact/hooks'
import { useAnswer } from '../data/use-answer.ts'
import type { DecisionReport, DecisionsOfRequest, DecisionSummary } from '../data/types.ts'
import { Copy } from '../parts/copy.tsx'
import { clockTime, milliseconds, outcomeWords } from '../parts/words.ts'
import { Checks } from './checks.tsx'
import { commandsFor } from './commands.ts'
import { Facts } from './facts.tsx'

interface Props {
  readonly summary: DecisionSummary
  readonly onNarrow: (name: string, value: string) => void
  readonly onClose: () => void
}

const Cause = ({ decision }: { readonly decision: DecisionReport }) => {
  const { problem } = decision
  if (problem === null) return null
  return (
    <div class="cause">
      <h3>{problem.title}</h3>
      <p>{problem.detail}</p>
      {problem.hint !== '' && (
        <p class="remedy">
          <b>Remedy</b> {problem.hint}
        </p>
      )}
      <p class="dim">
        <span class="mono">{problem.code}</span>
        {problem.spec === null ? '' : ` · ${problem.spec}`}
      </p>
    </div>
  )
}

const Commands = ({ decision }: { readonly decision: DecisionSummary }) => (
  <div class="commands">
    {commandsFor(decision).map(({ label, command }) => (
      <Copy key={label} label={label} text={command} />
    ))}
    <Copy label="Copy as JSON" text={JSON.stringify(decision, null, 2)} />
  </div>
)

export const DecisionPanel = ({ summary, onNarrow, onClose }: Props) => {
  const { value, problem } = useAnswer<DecisionsOfRequest>(
    `decisions/${encodeURIComponent(summary.id)}`,
  )
  const full = value?.decisions.find(({ seq }) => seq === summary.seq)
  const heading = useRef<HTMLHeadingElement>(null)
  const { outcome, status, time, duration, loop } = summary
  useEffect(() => {
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <aside class="decision" aria-label="Decision">
      <div class="decision-head">
        <h2 ref={heading}>
          <span class={`mark ${outcome}`}>{outcomeWords[outcome]}</span>
          {status === null ? '' : ` ${String(status)}`}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close the decision">
          ✕
        </button>
      </div>
      <p class="dim">
        {clockTime(time)}
        {duration === null ? '' : ` · ${milliseconds(duration)}`} ·{' '}
        <span class="mono">{summary.id}</span>
      </p>
      {loop !== null && <p class="loop">⟳ {loop}</p>}
      {full !== undefined && <Cause decision={full} />}
      <Commands decision={full ?? summary} />
      {full !== undefined && <Checks checks={full.checks} said={full.problem?.detail} />}
      <Facts decision={summary} onNarrow={onNarrow} />
      {full === undefined && problem !== undefined && (
        <p class="dim">
          {problem.message}. {problem.hint}
        </p>
      )}
    </aside>
  )
}
