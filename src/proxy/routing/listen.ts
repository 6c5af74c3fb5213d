// One subscriptions/listen from its acknowledgement to its closing result.
import type { Clock } from '../../base/clock.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import { untilAborted } from '../../base/cancellation.ts'
import { within } from '../../base/within.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { metaKeys } from '../../mcp/revision.ts'
import { declaresTasks } from '../../mcp/tasks.ts'
import { undeclared } from '../tasks/tasks.ts'
import {
  confirmed,
  readFilter,
  selectedLists,
  type SubscriptionFilter,
} from './subscription-filter.ts'
import { badParams, done, maxWatched, updated } from './subscription-reply.ts'
import type { Watches } from './watches.ts'

/** How long one listen waits for backends before it acknowledges what it listens to. */
const settleMs = 5000

export interface Listen {
  /** The notifications of lists that it wants. */
  readonly methods: ReadonlySet<string>
  notify(notification: JsonRpcNotification): void
  end(): void
}

type Honoured = Pick<SubscriptionFilter, 'uris' | 'taskIds'>

/** The filter of a call, or the reply that refuses it. */
export const listenFilter = ({ request, caller }: Call): SubscriptionFilter | Reply => {
  const filter = readFilter(request.params)
  if (filter === undefined) return badParams('notifications is not a subscription filter')
  if (filter.uris.length > maxWatched) return badParams(`more than ${maxWatched} resources`)
  if (filter.taskIds.length > maxWatched) return badParams(`more than ${maxWatched} tasks`)
  if (filter.taskIds.length === 0 || declaresTasks(caller.client.capabilities)) return filter
  return undeclared
}

/** Resolves to the resources and tasks that backends report on, as far as they say so in time. */
const honour = async (
  call: Call,
  { uris, taskIds }: Honoured,
  signal: AbortSignal,
  { watches, clock, notify }: { watches: Watches; clock: Clock; notify: Listen['notify'] },
): Promise<Honoured> => {
  if (uris.length === 0 && taskIds.length === 0) return { uris, taskIds }
  const honoured = new Set<string>()
  const honouredTasks = new Set<string>()
  const all = [
    ...uris.map(async (uri) => {
      const reply = await watches.resource(uri, call, signal, (changed) => notify(updated(changed)))
      if (reply.kind === 'result') honoured.add(uri)
    }),
    ...taskIds.map(async (id) => {
      const reply = await watches.task(id, call, signal, (params) =>
        notify({ jsonrpc: '2.0', method: 'notifications/tasks', params }),
      )
      if (reply?.kind === 'result') honouredTasks.add(id)
    }),
  ]
  await within(Promise.all(all), { ms: settleMs, clock }, () => undefined)
  return {
    uris: uris.filter((uri) => honoured.has(uri)),
    taskIds: taskIds.filter((id) => honouredTasks.has(id)),
  }
}

/** `open` has those that are under way, for as long as they are. */
export const listen = async (
  call: Call,
  filter: SubscriptionFilter,
  { watches, clock, open }: { watches: Watches; clock: Clock; open: Set<Listen> },
): Promise<Reply> => {
  const { request, peer, signal } = call
  const mark = { [metaKeys.subscriptionId]: request.id }
  const over = sharedAbort()
  const end = () => over.abort()
  let early: JsonRpcNotification[] | undefined = []
  const notify = ({ method, params }: JsonRpcNotification) => {
    const marked = { jsonrpc: '2.0', method, params: { ...params, _meta: mark } } as const
    // Nothing comes before the acknowledgement.
    if (early === undefined) peer.notify(marked)
    else if (early.length < maxWatched) early.push(marked)
  }
  const own: Listen = { methods: selectedLists(filter), notify, end }
  open.add(own)
  signal.addEventListener('abort', end, { once: true })
  const honoured = await honour(call, filter, over.signal, { watches, clock, notify })
  peer.notify({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { _meta: mark, notifications: confirmed({ lists: filter.lists, ...honoured }) },
  })
  for (const notification of early) peer.notify(notification)
  early = undefined
  if (signal.aborted) end()
  await untilAborted(over.signal)
  open.delete(own)
  signal.removeEventListener('abort', end)
  return done({ resultType: 'complete', _meta: mark })
}
