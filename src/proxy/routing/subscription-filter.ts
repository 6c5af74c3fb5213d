// The filter of subscriptions/listen: which lists, resources and tasks a stateless caller wants to be notified of.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { listChanged } from '../../mcp/methods.ts'
import { taskIdsIn } from '../tasks/tasks.ts'

/** The members of a filter that select lists, and the notifications that they select. */
const listFilters: Readonly<Record<string, string>> = {
  toolsListChanged: listChanged.tools,
  promptsListChanged: listChanged.prompts,
  resourcesListChanged: listChanged.resources,
}

export interface SubscriptionFilter {
  readonly lists: readonly string[]
  readonly taskIds: readonly string[]
  readonly uris: readonly string[]
}

/** Undefined where it is not a filter. Members that we do not know are left out, and so not confirmed. */
export const readFilter = (params: JsonObject | undefined): SubscriptionFilter | undefined => {
  const wanted = params?.['notifications']
  if (!isJsonObject(wanted)) return undefined
  const uris = wanted['resourceSubscriptions'] ?? []
  const taskIds = taskIdsIn(wanted)
  if (!Array.isArray(uris) || taskIds === undefined) return undefined
  const texts = (uris as readonly Json[]).filter((uri) => typeof uri === 'string')
  if (texts.length < uris.length) return undefined
  return {
    lists: Object.keys(listFilters).filter((name) => wanted[name] === true),
    uris: [...new Set(texts)],
    taskIds,
  }
}

/** What the acknowledgement says that the caller will be notified of. */
export const confirmed = ({ lists, uris, taskIds }: SubscriptionFilter): JsonObject => ({
  ...Object.fromEntries(lists.map((name) => [name, true])),
  ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
  ...(taskIds.length === 0 ? {} : { taskIds }),
})

/** The notifications of lists that a filter selects. */
export const selectedLists = ({ lists }: SubscriptionFilter): ReadonlySet<string> =>
  new Set(lists.flatMap((name) => listFilters[name] ?? []))
