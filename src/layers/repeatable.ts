// Which calls may be carried out twice, or by another server: the one question of all layers that send a call more than once.
import type { Call, Peer } from '../mcp/call.ts'
import { methodSpec } from '../mcp/methods.ts'
import type { BackendContext } from './define.ts'

/** Rounds and tasks go on with what the backend began, and only it knows what a second one means. */
export const beginsAfresh = ({ method, params }: Call['request']): boolean =>
  methodSpec(method)?.routing !== 'task' &&
  params?.['task'] === undefined &&
  params?.['requestState'] === undefined &&
  params?.['inputResponses'] === undefined

export type IsSafe = (call: Call) => boolean

type Facts = Pick<BackendContext, 'isIdempotent' | 'isReadOnly' | 'mayStartTask'>

const safeBy = (toolIsSafe: IsSafe, listed: readonly string[], { mayStartTask }: Facts): IsSafe => {
  const tools = new Set(listed)
  return (call) => {
    const { method, params } = call.request
    if (method !== 'tools/call') return methodSpec(method)?.repeatable === true
    // A lost answer may be about a task that now runs; a second one would run beside it.
    if (mayStartTask(call)) return false
    const name = params?.['name']
    return typeof name === 'string' && (tools.has(name) || toolIsSafe(call))
  }
}

/** A call counts as idempotent only where that is known: by its method, by the annotations of its tool, or by the operator's list. */
export const idempotentCalls = (listed: readonly string[], facts: Facts): IsSafe =>
  safeBy(facts.isIdempotent, listed, facts)

/** The same for calls that change nothing. */
export const readOnlyCalls = (listed: readonly string[], facts: Facts): IsSafe =>
  safeBy(facts.isReadOnly, listed, facts)

/** What reached the caller while a call ran would reach it again: progress that goes back, a question already answered. */
export interface Observer {
  readonly peer: Peer
  readonly observed: boolean
}

export const observing = (peer: Peer): Observer => {
  let observed = false
  return {
    peer: {
      ...peer,
      notify: (notification) => {
        observed = true
        peer.notify(notification)
      },
      ask: (...question) => {
        observed = true
        return peer.ask(...question)
      },
    },
    get observed() {
      return observed
    },
  }
}

/** Lists are the proxy's own questions, kept and rare: what guards calls lets them pass. */
export const isList = ({ request }: Call): boolean => methodSpec(request.method)?.routing === 'list'
