// The notifications that belong to no call, and which of them a reader must assume after a gap.
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { listChangedMethods } from '../../mcp/methods.ts'

const unrelated: readonly string[] = [
  ...listChangedMethods,
  'notifications/resources/updated',
  // Of the session era, and of the modern one: whose task it is, is not for the link to know.
  'notifications/tasks/status',
  'notifications/tasks',
]

/** Belongs to the backend as a whole, whatever stream it came on. */
export const isUnrelated = (notification: JsonRpcNotification): boolean =>
  unrelated.includes(notification.method)

/** While nobody listened, any list may have changed. */
export const assumedChanges: readonly JsonRpcNotification[] = listChangedMethods.map((method) => ({
  jsonrpc: '2.0',
  method,
}))

const ours: readonly string[] = [
  'notifications/progress',
  'notifications/cancelled',
  'notifications/subscriptions/acknowledged',
]

/** What subscribers of the backend see: without the marks of our own subscription, or undefined for what was meant for us. */
export const publicNotification = (
  notification: JsonRpcNotification,
): JsonRpcNotification | undefined => {
  const { method, params } = notification
  if (ours.includes(method)) return undefined
  if (listChangedMethods.includes(method)) return { jsonrpc: '2.0', method }
  if (method !== 'notifications/resources/updated' || params === undefined) return notification
  const { _meta: _ours, ...rest } = params
  return { jsonrpc: '2.0', method, params: rest }
}
