// Calls of stateless callers whose backend may ask before it answers, whichever era the backend speaks.
import { errorCodes } from '../../base/error-codes.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { inputRequired, inputRequiredIn, type InputRequest } from '../../mcp/input-required.ts'
import type { JsonRpcError, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { lackedFor, questionCapabilities } from '../../mcp/questions.ts'
import type { Binding, StateSealer } from '../../mcp/request-state.ts'
import type { Relay } from '../../shared/shared.ts'
import type { Upstream } from '../lists/member.ts'
import { outside } from '../names/reading.ts'
import { exposeQuestion } from '../names/rewrite.ts'
import type { SealRound, Suspensions } from './suspensions.ts'

export interface AskingParts {
  readonly sealer: StateSealer
  readonly suspensions: Suspensions
  /** Whether callers are told apart: then the state of a backend, which knows only us, is bound to its caller. */
  readonly seals: boolean
  /** The way to replicas where calls are suspended; undefined where there is none now. */
  readonly relay?: () => Relay | undefined
}

/** Sends `local` to the member. `call` is what the caller said, with exposed names. */
export type Asking = (call: Call, member: Upstream, local: JsonRpcRequest) => Promise<Reply>

const badState: Reply = {
  kind: 'refusal',
  problem: problemOf('req-params', 'state'),
}

const addressesIn = (error: JsonRpcError): ReadonlyMap<string, InputRequest> => {
  const elicitations = isJsonObject(error.data) ? error.data['elicitations'] : undefined
  const wanted = new Map<string, InputRequest>()
  for (const one of Array.isArray(elicitations) ? (elicitations as readonly Json[]) : []) {
    if (!isJsonObject(one)) continue
    const { elicitationId: _id, ...params } = one
    wanted.set(`address-${wanted.size + 1}`, {
      method: 'elicitation/create',
      params: { ...params, mode: 'url' },
    })
  }
  return wanted
}

/** What the session era says with an error is a question in this one; afterwards the call is made anew. */
const askedByError = (error: JsonRpcError, call: Call, seal: SealRound): Reply => {
  const wanted = addressesIn(error)
  const [first] = wanted.values()
  if (first === undefined)
    return { kind: 'error', error: { ...error, code: errorCodes.internalError } }
  const requiredCapabilities = lackedFor(call.caller.client.capabilities, first)
  return requiredCapabilities === undefined
    ? inputRequired(wanted, seal({ again: true }))
    : {
        kind: 'error',
        error: {
          code: errorCodes.missingRequiredClientCapability,
          message: error.message,
          data: { requiredCapabilities },
        },
        isOurs: true,
      }
}

const withState = (request: JsonRpcRequest, state: Json | undefined): JsonRpcRequest => {
  const { requestState: _sealed, ...params } = request.params ?? {}
  return { ...request, params: state === undefined ? params : { ...params, requestState: state } }
}

/** The questions of a modern backend in the names of the caller, its state sealed where that is due. */
const exposeAsked = (
  reply: Reply,
  { names, backend }: Upstream,
  seal: SealRound | undefined,
): Reply => {
  if (seal === undefined && !names.rewritesUris) return reply
  const asked = inputRequiredIn(reply)
  if (asked === undefined) return reply
  const { inputRequests, requestState, result, fault } = asked
  if (fault !== undefined) return outside(backend.name, fault)
  const exposed = [...inputRequests].map(([key, wanted]) => [key, exposeQuestion(wanted, names)])
  return {
    kind: 'result',
    result: lazyFromValue({
      ...result,
      ...(inputRequests.size === 0
        ? {}
        : { inputRequests: Object.fromEntries(exposed) as JsonObject }),
      ...(seal === undefined
        ? {}
        : { requestState: seal(requestState === undefined ? {} : { state: requestState }) }),
    }),
  }
}

export const createAsking = ({
  sealer,
  suspensions,
  seals,
  relay = () => undefined,
}: AskingParts): Asking => {
  const bindingOf = (call: Call, backend: string): Binding => ({
    owner: call.caller.principal.key,
    backend,
    request: call.request,
  })
  const sealFor = (call: Call, backend: string): SealRound => {
    const binding = bindingOf(call, backend)
    return (content) => sealer.seal(content, binding)
  }
  const open = (call: Call, backend: string, state: Json): JsonObject | undefined =>
    sealer.open(state, bindingOf(call, backend))

  /** Here, or at the replica that the state names. */
  const resume = (call: Call, backend: string, content: JsonObject): Promise<Reply> => {
    const { suspension, at } = content
    const replica = typeof at === 'string' && !suspensions.has(suspension) ? at : undefined
    const way = replica === undefined ? undefined : relay()
    return replica === undefined || way === undefined || way.name === replica
      ? suspensions.resume(call, sealFor(call, backend), content)
      : way.resume(replica, { binding: bindingOf(call, backend), content, call })
  }

  const fit = (call: Call, member: Upstream, reply: Reply, isModern: boolean): Reply => {
    const { name } = member.backend
    if (isModern) return exposeAsked(reply, member, seals ? sealFor(call, name) : undefined)
    return reply.kind === 'error' && reply.error.code === errorCodes.urlElicitationRequired
      ? askedByError(reply.error, call, sealFor(call, name))
      : reply
  }

  /** The caller comes back to a round, or may be asked in the middle of its call. */
  const inRounds = async (
    call: Call,
    member: Upstream,
    local: JsonRpcRequest,
    isModern: boolean,
  ): Promise<Reply> => {
    const { name } = member.backend
    const state = local.params?.['requestState']
    let request = local
    if (state !== undefined && (seals || !isModern)) {
      const content = open(call, name, state)
      if (content === undefined) return badState
      if (content['suspension'] !== undefined) {
        return resume(call, name, content)
      }
      request = withState(local, content['state'])
    }
    const localCall = { ...call, request }
    // A modern backend asks by its results, another one in the middle of a call, and only those who can be asked.
    const interrupts = !isModern && questionCapabilities(call.caller.client).key !== ''
    const reply = interrupts
      ? await suspensions.run(localCall, sealFor(call, name), member.handle)
      : await member.handle(localCall)
    return fit(call, member, reply, isModern)
  }

  return (call, member, local) => {
    const { health } = member.backend
    const isModern = health.state === 'up' && health.era === 'modern'
    const answersNow = isModern || questionCapabilities(call.caller.client).key === ''
    if (!answersNow || local.params?.['requestState'] !== undefined) {
      return inRounds(call, member, local, isModern)
    }
    const answered = member.handle(local === call.request ? call : { ...call, request: local })
    // The questions of such a backend are passed on as they came.
    return isModern && !seals && !member.names.rewritesUris
      ? answered
      : answered.then((reply) => fit(call, member, reply, isModern))
  }
}
