// One answer of the admin API, asked again now and then while it is shown.
import { useCallback, useEffect, useState } from 'preact/hooks'
import { access, ApiError, getJson } from './api.ts'
import { useStore } from './store.ts'

export interface Answer<Value> {
  /** The latest that came. */
  readonly value: Value | undefined
  /** Why the latest did not come. */
  readonly problem: ApiError | undefined
  readonly again: () => void
}

/** `everyMs`: undefined asks once. */
export const useAnswer = <Value>(path: string, everyMs?: number): Answer<Value> => {
  const [answer, show] = useState<Pick<Answer<Value>, 'value' | 'problem'>>({
    value: undefined,
    problem: undefined,
  })
  const { asked } = useStore(access)
  const [round, next] = useState(0)
  useEffect(() => {
    if (asked !== undefined) return undefined
    const left = new AbortController()
    const { signal } = left
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      try {
        const value = await getJson<Value>(path, { signal })
        show({ value, problem: undefined })
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof ApiError) show(({ value }) => ({ value, problem: error }))
      }
      if (everyMs !== undefined && !signal.aborted) timer = setTimeout(() => void look(), everyMs)
    }
    void look()
    return () => {
      clearTimeout(timer)
      left.abort()
    }
  }, [path, everyMs, asked, round])
  return { ...answer, again: useCallback(() => next((n) => n + 1), []) }
}
