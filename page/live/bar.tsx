// What is above the calls: filter, outcome, grouping, pause.
import type { RefObject } from 'preact'
import { fieldNames, outcomes, type Outcome } from '../data/filter.ts'

const outcomeTitles: Readonly<Record<Outcome, string>> = {
  all: 'All',
  refused: 'Refused',
  failed: 'Failed',
  accepted: 'Accepted',
}

interface Props {
  readonly search: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly onText: (text: string) => void
  readonly outcome: Outcome
  readonly onOutcome: (outcome: Outcome) => void
  readonly paused: boolean
  readonly waiting: number
  readonly onPause: () => void
  readonly groups: boolean
  readonly onGroups: () => void
  readonly counts: {
    readonly shown: number
    readonly all: number
    readonly received: number
    readonly missed: number
  }
}

const count = new Intl.NumberFormat()

const countText = ({ shown, all, received, missed }: Props['counts']): string =>
  [
    shown === all
      ? `${count.format(all)} kept here`
      : `${count.format(shown)} of ${count.format(all)}`,
    ...(received > all ? [`${count.format(received)} came`] : []),
    ...(missed === 0 ? [] : [`${count.format(missed)} missed`]),
  ].join(' · ')

export const Bar = (props: Props) => {
  const { search, text, onText, outcome, onOutcome, paused, waiting, onPause, groups, onGroups } =
    props
  return (
    <form class="bar" role="search" onSubmit={(event) => event.preventDefault()}>
      <input
        ref={search}
        type="search"
        aria-label="Filter"
        placeholder="Filter: code:claim-aud client:cursor …"
        title={`Words, or name:value with ${fieldNames.join(', ')}; loop shows loops`}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      <div class="choice" role="group" aria-label="Outcome">
        {outcomes.map((one) => (
          <button
            type="button"
            key={one}
            aria-pressed={one === outcome}
            onClick={() => onOutcome(one)}
          >
            {outcomeTitles[one]}
          </button>
        ))}
      </div>
      <button type="button" aria-pressed={groups} onClick={onGroups}>
        Group equal
      </button>
      <button type="button" aria-pressed={paused} onClick={onPause}>
        {paused ? `Go on (${String(waiting)} new)` : 'Pause'}
      </button>
      <span class="dim count">{countText(props.counts)}</span>
    </form>
  )
}
