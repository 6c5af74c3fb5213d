// What decides whether a call to one backend may be repeated: what it lists, and what it may run as a task.
import type { Backend } from '../../backends/backend.ts'
import type { BackendContext } from '../../layers/define.ts'
import type { Call } from '../../mcp/call.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import type { ListViews } from '../lists/list-views.ts'

export interface RepetitionParts {
  readonly backend: Pick<Backend, 'health'>
  /** Made after the layers, which ask for it with each call. */
  readonly views: () => Pick<ListViews, 'of' | 'seenBy'>
}

/** The tools as they are listed to the caller, as far as that is at hand. */
const toolsFor = ({ of, seenBy }: Pick<ListViews, 'of' | 'seenBy'>, { caller }: Call) =>
  seenBy(caller)?.peek('tools') ?? of(caller.client.era).peek('tools')

export const repetitionOf = ({
  backend,
  views,
}: RepetitionParts): Pick<BackendContext, 'isIdempotent' | 'isReadOnly' | 'mayStartTask'> => ({
  isIdempotent: (call) => {
    const name = call.request.params?.['name']
    return typeof name === 'string' && toolsFor(views(), call)?.harmless?.has(name) === true
  },
  isReadOnly: (call) => {
    const name = call.request.params?.['name']
    if (typeof name !== 'string') return false
    const said = toolsFor(views(), call)?.annotations?.get(name)
    return said !== undefined && said.readOnlyHint && !said.destructiveHint
  },
  mayStartTask: ({ caller: { client } }) => {
    const { health } = backend
    const mayRunTasks = health.state !== 'up' || declaresTasks(health.capabilities)
    return client.era === 'modern' && declaresTasks(client.capabilities) && mayRunTasks
  },
})
