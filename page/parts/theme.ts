// Dark or light: as the system has it, or as it was chosen here.
import { useCallback, useEffect, useState } from 'preact/hooks'

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const place = 'mcp-proxy theme'

const kept = (): Theme => themes.find((theme) => theme === localStorage.getItem(place)) ?? 'system'

export const useTheme = (): [Theme, () => void] => {
  const [theme, use] = useState(kept)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    localStorage.setItem(place, theme)
  }, [theme])
  const next = useCallback(
    () => use((now) => themes[(themes.indexOf(now) + 1) % themes.length] ?? 'system'),
    [],
  )
  return [theme, next]
}
