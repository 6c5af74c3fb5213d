// The tabs, as the pattern of WAI-ARIA has them: arrow keys move between them.
import { useEffect } from 'preact/hooks'

const tabs = [
  ['live', 'Live'],
  ['backends', 'Backends'],
  ['callers', 'Callers'],
  ['configuration', 'Configuration'],
  ['token', 'Try a token'],
] as const

export type TabName = (typeof tabs)[number][0]
export const tabNames: readonly TabName[] = tabs.map(([name]) => name)

const step: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 }

const target = (key: string, from: TabName): TabName | undefined => {
  if (key === 'Home') return tabNames[0]
  if (key === 'End') return tabNames.at(-1)
  const by = step[key]
  if (by === undefined) return undefined
  return tabNames[(tabNames.indexOf(from) + by + tabNames.length) % tabNames.length]
}

export const Tabs = ({
  tab,
  onTab,
}: {
  readonly tab: TabName
  readonly onTab: (tab: TabName) => void
}) => {
  const onKeyDown = (event: KeyboardEvent) => {
    const next = target(event.key, tab)
    if (next === undefined) return
    event.preventDefault()
    onTab(next)
    document.getElementById(`tab-${next}`)?.focus()
  }
  useEffect(() => {
    document.getElementById(`tab-${tab}`)?.scrollIntoView({ block: 'nearest' })
  }, [tab])
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={onKeyDown}>
      {tabs.map(([name, title]) => (
        <button
          type="button"
          role="tab"
          id={`tab-${name}`}
          key={name}
          aria-selected={name === tab}
          aria-controls={name === tab ? `panel-${name}` : undefined}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
