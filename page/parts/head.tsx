// The head of the page: which proxy this is, whether it is ready, and how the stream is.
import type { Feed, FeedState } from '../data/feed.ts'
import { useAnswer } from '../data/use-answer.ts'
import { useStore } from '../data/store.ts'
import type { Backends } from '../data/types.ts'
import type { Theme } from './theme.ts'

const phases: Readonly<Record<FeedState['phase'], readonly [mark: string, word: string]>> = {
  connecting: ['warn', 'connecting'],
  live: ['good', 'live'],
  lost: ['bad', 'no connection'],
  denied: ['bad', 'not admitted'],
}

const themeWords: Readonly<Record<Theme, string>> = {
  system: 'Colours: system',
  light: 'Colours: light',
  dark: 'Colours: dark',
}

interface Props {
  readonly feed: Feed
  readonly theme: Theme
  readonly onTheme: () => void
  readonly onHelp: () => void
}

export const Head = ({ feed, theme, onTheme, onHelp }: Props) => {
  const { phase, problem } = useStore(feed.state)
  const { value } = useAnswer<Backends>('backends', 5000)
  const [mark, word] = phases[phase]
  const proxy = value?.proxy
  return (
    <header>
      <h1>{proxy?.name ?? 'mcp-proxy'}</h1>
      {proxy !== undefined && (
        <p class="facts">
          <span class={`mark ${proxy.ready ? 'good' : 'bad'}`}>
            {proxy.ready ? 'ready' : 'not ready'}
          </span>
          {proxy.public_url !== undefined && <span class="mono">{proxy.public_url}</span>}
          <span>auth {proxy.auth}</span>
          <span>
            {proxy.active_sessions} {proxy.active_sessions === 1 ? 'session' : 'sessions'}
          </span>
          <span class="dim">version {proxy.version}</span>
        </p>
      )}
      <p class="tools">
        <span class={`mark ${mark}`} role="status" title={problem}>
          {word}
        </span>
        <button type="button" onClick={onTheme}>
          {themeWords[theme]}
        </button>
        <button type="button" onClick={onHelp} aria-label="Keyboard shortcuts">
          ?
        </button>
      </p>
    </header>
  )
}
