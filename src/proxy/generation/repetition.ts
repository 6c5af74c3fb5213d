// What decides whether a call to one backend may be repeated: what it lists, and what it may run as a task.
import type { Backend } from '../../backends/backend.ts'
import type { BackendContext } from '../../layers/define.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import type { BackendLists } from '../lists/backend-lists.ts'
import type { ListViews } from '../lists/list-views.ts'

export interface RepetitionParts {
  readonly backend: Pick<Backend, 'health'>
  /** Both are made after the layers, which ask for them with each call. */
  readonly lists: () => Pick<BackendLists, 'peek'>
  readonly views: () => Pick<ListViews, 'seenBy'>
}

export const repetitionOf = ({
  backend,
  lists,
  views,
}: RepetitionParts): Omit<BackendContext, 'backend'> => ({
  isIdempotent: (call) => {
    const tools = views().seenBy(call.caller)?.peek('tools') ?? lists().peek('tools')
    const name = call.request.params?.['name']
    return typeof name === 'string' && tools?.harmless?.has(name) === true
  },
  mayStartTask: ({ caller: { client } }) => {
    const { health } = backend
    const mayRunTasks = health.state !== 'up' || declaresTasks(health.capabilities)
    return client.era === 'modern' && declaresTasks(client.capabilities) && mayRunTasks
  },
})
