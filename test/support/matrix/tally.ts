// Counts what happens behind the proxy, beside it and without changing it.
import type { Dispatcher } from 'undici'
import { systemPorts } from '../../../src/net/system-ports.ts'
import type { Backend } from '../../../src/backends/backend.ts'

export interface Tally {
  readonly of: (what: string) => number
  readonly add: (what: string) => void
  /** Resolves when it has happened so many times. */
  readonly until: (what: string, times: number) => Promise<void>
}

export const createTally = (): Tally => {
  const counts = new Map<string, number>()
  const waiting = new Set<() => void>()
  const of = (what: string) => counts.get(what) ?? 0
  return {
    of,
    add: (what) => {
      counts.set(what, of(what) + 1)
      for (const look of waiting) look()
    },
    until: (what, times) =>
      new Promise((resolve) => {
        const look = () => {
          if (of(what) < times) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

/** Counts the calls that it has answered, by their tools. */
export const countingAnswers = (backend: Backend, tally: Tally): Backend => ({
  ...backend,
  get health() {
    return backend.health
  },
  handle: async (call) => {
    const reply = await backend.handle(call)
    const name = call.request.params?.['name']
    if (typeof name === 'string') tally.add(`answered ${name}`)
    return reply
  },
})

const countingPauses = (controller: Dispatcher.DispatchController, tally: Tally) =>
  new Proxy(controller, {
    get: (target, name) => {
      if (name === 'pause') tally.add('paused')
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })

/** The network of the process, which counts how often an answer is not read on for a while. */
export const httpCounting = (tally: Tally): (() => Promise<Dispatcher>) => {
  const { http } = systemPorts()
  let composed: Promise<Dispatcher> | undefined
  return () =>
    (composed ??= http().then((dispatcher) =>
      dispatcher.compose((dispatch) => (options, handler) => {
        const counting: Dispatcher.DispatchHandler = {
          onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
          onResponseStart: (controller, ...head) => handler.onResponseStart?.(controller, ...head),
          onResponseData: (controller, chunk) =>
            handler.onResponseData?.(countingPauses(controller, tally), chunk),
          onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
          onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
        }
        return dispatch(options, counting)
      }),
    ))
}
