// A value that components follow.
import { useEffect, useState } from 'preact/hooks'

export interface Store<Value> {
  get(): Value
  set(value: Value): void
  /** Calls back after each change. Returns the function that ends that. */
  follow(listener: () => void): () => void
}

export const createStore = <Value>(initial: Value): Store<Value> => {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      for (const listener of listeners) listener()
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

/** The value, now and after each change. */
export const useStore = <Value>(store: Store<Value>): Value => {
  const [value, show] = useState(() => store.get())
  useEffect(() => {
    show(() => store.get())
    return store.follow(() => show(() => store.get()))
  }, [store])
  return value
}
