// What decides whether and when a call to one backend may be sent again: what it lists, what it runs, whether it is up.
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Clock } from '../../base/clock.ts'
import type { Backend } from '../../backends/backend.ts'
import type { LayerPlace } from '../../layers/define.ts'
import type { Call } from '../../mcp/call.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import type { BackendLists } from '../lists/backend-lists.ts'
import type { ListViews } from '../lists/list-views.ts'

export interface RepetitionParts {
  readonly backend: Pick<Backend, 'health' | 'subscribe'>
  readonly clock: Clock
  /** Both are made after the layers, which ask for them with each call. */
  readonly lists: () => Pick<BackendLists, 'peek'>
  readonly views: () => Pick<ListViews, 'seenBy'>
}

type Repetition = Required<Pick<LayerPlace, 'isHarmless' | 'mayStartTask' | 'untilUp'>>

export const repetitionOf = ({ backend, clock, lists, views }: RepetitionParts): Repetition => {
  /** It is known to come too late, or not at all. */
  const isHopeless = (until: number): boolean => {
    const { health } = backend
    return health.state === 'down' && (health.retryAt === undefined || health.retryAt > until)
  }
  const untilUp = (limitMs: number, signal: CancelSignal): Promise<boolean> => {
    const until = clock.now() + limitMs
    const isUp = () => backend.health.state === 'up'
    if (isUp() || isHopeless(until) || signal.aborted) return Promise.resolve(isUp())
    return new Promise((resolve) => {
      const timer = new AbortController()
      const end = () => {
        unsubscribe()
        signal.removeEventListener('abort', end)
        timer.abort()
        resolve(isUp())
      }
      const unsubscribe = backend.subscribe(({ kind }) => {
        if (kind === 'health' && (isUp() || isHopeless(until))) end()
      })
      signal.addEventListener('abort', end, { once: true })
      clock.sleep(limitMs, timer.signal).then(end, () => undefined)
    })
  }
  return {
    isHarmless: (call) => {
      const tools = views().seenBy(call)?.peek('tools') ?? lists().peek('tools')
      const name = call.request.params?.['name']
      return typeof name === 'string' && tools?.harmless?.has(name) === true
    },
    mayStartTask: ({ client }: Call) => {
      const { health } = backend
      const mayRunTasks = health.state !== 'up' || declaresTasks(health.capabilities)
      return client.era === 'modern' && declaresTasks(client.capabilities) && mayRunTasks
    },
    untilUp,
  }
}
