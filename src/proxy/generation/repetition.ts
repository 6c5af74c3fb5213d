// What decides whether a call to one backend may be repeated: what it lists, and what it may run as a task.
import type { Backend } from '../../backends/backend.ts'
import type { BackendContext } from '../../layers/define.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import type { ListViews } from '../lists/list-views.ts'

export interface RepetitionParts {
  readonly backend: Pick<Backend, 'health'>
  /** Made after the layers, which ask for it with each call. */
  readonly views: () => Pick<ListViews, 'of' | 'seenBy'>
}

export const repetitionOf = ({
  backend,
  views,
}: RepetitionParts): Omit<BackendContext, 'backend'> => ({
  isIdempotent: (call) => {
    const { of, seenBy } = views()
    const tools = seenBy(call.caller)?.peek('tools') ?? of(call.caller.client.era).peek('tools')
    const name = call.request.params?.['name']
    return typeof name === 'string' && tools?.harmless?.has(name) === true
  },
  mayStartTask: ({ caller: { client } }) => {
    const { health } = backend
    const mayRunTasks = health.state !== 'up' || declaresTasks(health.capabilities)
    return client.era === 'modern' && declaresTasks(client.capabilities) && mayRunTasks
  },
})
