// The page: its head, its tabs, and what asks for a token.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { access } from './data/api.ts'
import { createFeed } from './data/feed.ts'
import { createSeries } from './data/series.ts'
import { useStore } from './data/store.ts'
import { LiveView } from './live/live-view.tsx'
import { AskToken } from './parts/ask-token.tsx'
import { Head } from './parts/head.tsx'
import { Shortcuts } from './parts/shortcuts.tsx'
import { useTheme } from './parts/theme.ts'
import { BackendsView } from './views/backends-view.tsx'
import { CallersView } from './views/callers-view.tsx'
import { ConfigurationView } from './views/configuration-view.tsx'
import { TokenView } from './views/token-view.tsx'
import { createKeys, type Keys } from './parts/keys.ts'
import { tabNames, Tabs, type TabName } from './parts/tabs.tsx'

const useTab = (): [TabName, (tab: TabName) => void] => {
  const read = (): TabName => tabNames.find((name) => `#${name}` === location.hash) ?? 'live'
  const [tab, show] = useState(read)
  useEffect(() => {
    const listen = () => show(read())
    addEventListener('hashchange', listen)
    return () => removeEventListener('hashchange', listen)
  }, [])
  return [
    tab,
    (next) => {
      location.hash = next
    },
  ]
}

export const App = () => {
  const series = useMemo(createSeries, [])
  const feed = useMemo(
    () =>
      createFeed({ onDecision: (decision) => series.add(decision), onLive: () => series.begin() }),
    [series],
  )
  const keys: Keys = useMemo(createKeys, [])
  const [tab, goTo] = useTab()
  const [theme, nextTheme] = useTheme()
  const [helps, showHelp] = useState(false)
  const { asked } = useStore(access)

  useEffect(() => {
    if (asked === undefined) feed.start()
  }, [feed, asked])
  useEffect(() => keys.listen(), [keys])
  useEffect(
    () =>
      keys.use({
        '?': () => showHelp(true),
        t: nextTheme,
        ...Object.fromEntries(tabNames.map((name, index) => [String(index + 1), () => goTo(name)])),
      }),
    [keys, nextTheme],
  )

  return (
    <>
      <Head feed={feed} theme={theme} onTheme={nextTheme} onHelp={() => showHelp(true)} />
      <main>
        <Tabs tab={tab} onTab={goTo} />
        <section role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
          {tab === 'live' && <LiveView feed={feed} series={series} keys={keys} />}
          {tab === 'backends' && <BackendsView />}
          {tab === 'callers' && <CallersView feed={feed} />}
          {tab === 'configuration' && <ConfigurationView />}
          {tab === 'token' && <TokenView />}
        </section>
      </main>
      {asked !== undefined && <AskToken why={asked} />}
      {helps && <Shortcuts keys={keys} onClose={() => showHelp(false)} />}
    </>
  )
}
