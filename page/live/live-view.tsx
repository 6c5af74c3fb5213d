// The live view: figures, pictures, the calls as they come, and the decision behind one of them.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Feed } from '../data/feed.ts'
import { filterOf, withWord, type Outcome } from '../data/filter.ts'
import { grouped, single, type DecisionRow, type ShownRow } from '../data/group.ts'
import type { Series } from '../data/series.ts'
import { useStore } from '../data/store.ts'
import type { Keys } from '../parts/keys.ts'
import { Bar } from './bar.tsx'
import { Calls } from './calls.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { Pictures } from './pictures.tsx'

interface Props {
  readonly feed: Feed
  readonly series: Series
  readonly keys: Keys
}

const shownAtFirst = 200

const isDecision = (row: ShownRow): row is DecisionRow => row.kind === 'decision'

export const LiveView = ({ feed, series, keys }: Props) => {
  const { rows, paused, waiting, received, missed } = useStore(feed.state)
  const [text, type] = useState('')
  const [outcome, choose] = useState<Outcome>('all')
  const [groups, group] = useState(false)
  const [most, showMore] = useState(shownAtFirst)
  const [chosen, open] = useState<DecisionRow | undefined>(undefined)
  const search = useRef<HTMLInputElement>(null)

  const matching = useMemo(() => {
    const matches = filterOf(text, outcome)
    const found = rows.filter((row) => row.kind === 'gap' || matches(row.decision))
    return groups ? grouped(found) : found.map(single)
  }, [rows, text, outcome, groups])
  const shown = matching.slice(0, most)

  useEffect(() => {
    const step = (by: number) => () => {
      const decisions = shown.filter(isDecision)
      const at = decisions.findIndex(({ key }) => key === chosen?.key)
      const next = decisions[at === -1 ? 0 : Math.min(Math.max(at + by, 0), decisions.length - 1)]
      if (next === undefined) return
      open(next)
      document.getElementById(`call-${String(next.key)}`)?.focus()
    }
    return keys.use({
      j: step(1),
      k: step(-1),
      ArrowDown: step(1),
      ArrowUp: step(-1),
      '/': () => search.current?.focus(),
      p: () => feed.pause(!paused),
      g: () => group((on) => !on),
      Escape: () => {
        if (document.activeElement === search.current) search.current?.blur()
        else open(undefined)
      },
    })
  }, [keys, shown, chosen, paused, feed])

  const narrow = (name: string, value: string) => type((now) => withWord(now, name, value))

  return (
    <>
      <Pictures series={series} />
      <Bar
        search={search}
        text={text}
        onText={type}
        outcome={outcome}
        onOutcome={choose}
        paused={paused}
        waiting={waiting}
        onPause={() => feed.pause(!paused)}
        groups={groups}
        onGroups={() => group(!groups)}
        counts={{ shown: matching.filter(isDecision).length, all: rows.length, received, missed }}
      />
      <div class={chosen === undefined ? 'live' : 'live split'}>
        <Calls
          rows={shown}
          more={matching.length - shown.length}
          onMore={() => showMore(most + shownAtFirst)}
          chosen={chosen}
          onChoose={open}
          empty={rows.length === 0}
        />
        {chosen !== undefined && (
          <DecisionPanel
            key={chosen.key}
            summary={chosen.decision}
            onNarrow={narrow}
            onClose={() => open(undefined)}
          />
        )}
      </div>
    </>
  )
}
