// Where a call goes: answered here, merged from all backends, or sent to the one backend that its name belongs to.
import { agreementFor } from '../../backends/backend.ts'
import { isSince } from '../../mcp/revision.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { ToolPlace } from '../../layers/define.ts'
import type { LimitTarget } from '../../limits/rule-scope.ts'
import type { Call, ClientFacts, Handler, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import { inSessionForm } from '../../mcp/structured.ts'
import type { Span } from '../../trace/span.ts'
import type { Asking } from './asking.ts'
import type { Target as PolicyTarget } from '../../policy/spelling.ts'
import type { Exposure, FindAnnotations } from '../exposure/exposure.ts'
import { listKindOf } from '../lists/list-kinds.ts'
import type { Listing } from '../lists/listing.ts'
import type { Upstream } from '../lists/member.ts'
import { nearName } from '../names/near-name.ts'
import type { BackendNames } from '../names/names.ts'
import { readable } from '../names/reading.ts'
import { repeatedIn, withParamHeaders } from './repeated-headers.ts'
import type { Resolver, Target } from './resolve.ts'
import { endRouting } from './route-span.ts'
import { exposeReply } from '../names/rewrite.ts'
import type { Subscriptions } from './subscriptions.ts'
import { relatedPeer } from '../names/task-names.ts'
import type { Tasks } from '../tasks/tasks.ts'

/** What names the target of a request. */
interface Naming {
  readonly kind: 'tool' | 'prompt' | 'resource'
  readonly exposed: string
  /** Where it stands: in `params`, or in `params.ref`. */
  readonly inRef: boolean
}

const refNaming = ({ ref }: JsonObject): Naming | undefined => {
  if (!isJsonObject(ref)) return undefined
  const { type, name, uri } = ref
  if (type === 'ref/prompt' && typeof name === 'string') {
    return { kind: 'prompt', exposed: name, inRef: true }
  }
  return type === 'ref/resource' && typeof uri === 'string'
    ? { kind: 'resource', exposed: uri, inRef: true }
    : undefined
}

const nothing: JsonObject = {}

/** Undefined when the parameters do not name a target. */
const namingOf = ({ method, params = nothing }: JsonRpcRequest): Naming | undefined => {
  const routing = methodSpec(method)?.routing
  if (routing === 'ref') return refNaming(params)
  if (routing !== 'tool' && routing !== 'prompt' && routing !== 'resource') return undefined
  const exposed = routing === 'resource' ? params['uri'] : params['name']
  return typeof exposed === 'string' ? { kind: routing, exposed, inRef: false } : undefined
}

/** The request under the name that the backend itself uses, with the arguments that it gets. */
const renamed = (
  request: JsonRpcRequest,
  { kind, inRef }: Naming,
  local: string,
  args: JsonObject | undefined,
) => {
  const { params = nothing } = request
  const member = {
    [kind === 'resource' ? 'uri' : 'name']: local,
    ...(args === undefined ? {} : { arguments: args }),
  }
  return {
    ...request,
    params: inRef
      ? { ...params, ref: { ...(params['ref'] as JsonObject), ...member } }
      : { ...params, ...member },
  }
}

const listOfKind = { tool: 'tools', prompt: 'prompts' } as const

const lookUp = (resolver: Resolver, { kind, exposed }: Naming, call: Call) =>
  kind === 'resource'
    ? resolver.uri(exposed, call.caller.client.era)
    : resolver.name(listOfKind[kind], exposed, call)

const longestShown = 256

const unknownName = ({ kind, exposed }: Naming, resolver: Resolver, call: Call): Problem => {
  const values = {
    kind: kind === 'tool' ? 'Tool' : kind === 'prompt' ? 'Prompt' : 'Resource',
    name: JSON.stringify(exposed.slice(0, longestShown)),
  }
  const near =
    kind === 'resource' ? undefined : nearName(exposed, resolver.shown(listOfKind[kind], call))
  return near === undefined
    ? problemOf('name-unknown', 'unknown', values)
    : problemOf('name-unknown', 'similar', { ...values, near: JSON.stringify(near) })
}

const refuseParams = (why: string): Reply => ({
  kind: 'refusal',
  problem: problemOf('req-params', 'invalid', { why }),
})

/** Clients before 2025-11-25 know no addresses that are to be visited. */
const knowsAddresses = (client: ClientFacts): boolean => isSince('2025-11-25', client)

const withoutAddresses = (reply: Reply): Reply =>
  reply.kind === 'error' && reply.error.code === errorCodes.urlElicitationRequired
    ? { kind: 'error', error: { ...reply.error, code: errorCodes.internalError } }
    : reply

type DispatchParts = Pick<RouterParts, 'asking' | 'tasks' | 'resolver' | 'exposure'>

/** A call that goes on. */
interface Prepared {
  /** With exposed names. */
  readonly call: Call
  /** With those of the target, and the arguments that it gets. */
  readonly request: JsonRpcRequest
}

/** Judged by the policy, in the words of the backend. */
const prepare = (
  call: Call,
  naming: Naming,
  target: Target,
  { resolver, exposure }: DispatchParts,
): Prepared | Reply => {
  const { member, local } = target
  const { kind } = naming
  const isTool = kind === 'tool'
  const given = call.request.params?.['arguments']
  const shaped = isTool ? member.shapeArguments?.(local, given) : undefined
  const args = shaped !== undefined && 'args' in shaped ? shaped.args : undefined
  const named = { kind, backend: member.backend.name, name: local }
  const unknown = () => unknownName(naming, resolver, call)
  const refused = exposure.refusal(call, named, unknown, args)
  if (refused !== undefined) return refused
  if (shaped !== undefined && 'fault' in shaped) return { kind: 'refusal', problem: shaped.fault }
  const request =
    local === naming.exposed && args === undefined
      ? call.request
      : renamed(call.request, naming, local, args)
  const repeated = isTool ? repeatedIn(target, call) : undefined
  const headed = repeated === undefined ? call : withParamHeaders(call, repeated, args)
  return 'kind' in headed ? headed : { call: headed, request }
}

const dispatch = (
  call: Call,
  naming: Naming,
  target: Target | undefined,
  parts: DispatchParts,
  routing: Span | undefined,
): Promise<Reply> => {
  const prepared: Prepared | Reply =
    target === undefined
      ? { kind: 'refusal', problem: unknownName(naming, parts.resolver, call) }
      : prepare(call, naming, target, parts)
  const refused = 'kind' in prepared ? prepared : undefined
  if (routing !== undefined) endRouting(call, routing, { kind: naming.kind, target, refused })
  if (target === undefined || 'kind' in prepared) return Promise.resolve(prepared as Reply)
  const { asking, tasks } = parts
  const { request } = prepared
  const { member } = target
  if (naming.kind === 'tool' && crossesDown(call, member)) {
    const wrapped = member.lists.peek('tools')?.sessionForms?.has(naming.exposed) === true
    const refusal = tasks.mayStart(call) ? tasks.refusal(call, member) : undefined
    return refusal === undefined
      ? carry(prepared.call, request, target, asking).then((reply) => inSessionForm(reply, wrapped))
      : Promise.resolve(refusal)
  }
  if (naming.kind === 'tool' && tasks.mayStart(call)) {
    const refusal = tasks.refusal(call, member)
    if (refusal !== undefined) return Promise.resolve(refusal)
    return carry(asTask(prepared.call, member.names), request, target, asking).then((reply) =>
      tasks.started(call, target, reply),
    )
  }
  return carry(prepared.call, request, target, asking)
}

/** A session before a backend that has none for it. */
const crossesDown = ({ caller: { client } }: Call, { backend: { health } }: Upstream): boolean =>
  client.era === 'legacy' && agreementFor(health, 'legacy')?.era === 'modern'

/** What comes before the answer names the task in the caller's words. */
const asTask = (call: Call, names: BackendNames): Call =>
  names.rewritesUris ? { ...call, peer: relatedPeer(call.peer, names) } : call

/** `prepared`: with exposed names; `request`: with those of the target. */
const carry = (
  prepared: Call,
  request: JsonRpcRequest,
  { member }: Target,
  asking: Asking,
): Promise<Reply> => {
  const { names, backend } = member
  const { client } = prepared.caller
  const { method } = request
  const asks = client.era === 'modern' && methodSpec(method)?.asks === true
  const came = asks
    ? asking(prepared, member, request)
    : member.handle(request === prepared.request ? prepared : { ...prepared, request })
  // What crosses is put into another form.
  const answered = crossesDown(prepared, member)
    ? came.then((reply) => readable(backend.name, method, reply))
    : came
  const fits = knowsAddresses(client)
  if (fits && !names.rewritesUris) return answered
  return answered.then((reply) =>
    exposeReply(method, fits ? reply : withoutAddresses(reply), names, backend.name),
  )
}

export interface RouterParts {
  readonly resolver: Resolver
  readonly listing: Listing
  /** Answers the methods that no backend sees. */
  readonly local: Handler
  readonly subscriptions: Pick<Subscriptions, 'handle' | 'heard'>
  readonly asking: Asking
  readonly tasks: Tasks
  readonly exposure: Exposure
}

export const createRouter = ({
  resolver,
  listing,
  local,
  subscriptions,
  asking,
  tasks,
  exposure,
}: RouterParts): Handler => {
  const parts = { asking, tasks, resolver, exposure }
  return (call) => {
    const { method } = call.request
    const spec = methodSpec(method)
    if (spec === undefined || !spec.eras.includes(call.caller.client.era)) {
      const detail = problemOf('req-method', 'unknown', {
        method: JSON.stringify(method.slice(0, 64)),
      })
      return Promise.resolve({ kind: 'refusal', problem: detail })
    }
    subscriptions.heard(call.caller)
    if (spec.routing === 'local') return local(call)
    if (spec.routing === 'watch') return subscriptions.handle(call)
    if (spec.routing === 'task') return tasks.handle(call)
    const kind = listKindOf(method)
    if (kind !== undefined) return listing.list(kind, call)
    const naming = namingOf(call.request)
    if (naming === undefined) {
      return Promise.resolve(refuseParams(`${method} names no target`))
    }
    const routing = call.trace?.span.child('route', 'internal')
    const target = lookUp(resolver, naming, call)
    return target instanceof Promise
      ? target.then((found) => dispatch(call, naming, found, parts, routing))
      : dispatch(call, naming, target, parts, routing)
  }
}

/** The backend that a request will go to, as far as it is known without asking. */
export const backendGuess =
  (resolver: Resolver) =>
  (request: JsonRpcRequest): string | undefined => {
    const naming = namingOf(request)
    if (naming === undefined) return undefined
    const target =
      naming.kind === 'resource'
        ? resolver.guessUri(naming.exposed)
        : resolver.guess(listOfKind[naming.kind], naming.exposed)
    return target?.member.backend.name
  }

/** The listed tool that a call will go to, as far as it is known without asking. */
export const toolGuess =
  (resolver: Resolver) =>
  (request: JsonRpcRequest): ToolPlace | undefined => {
    const naming = namingOf(request)
    if (naming?.kind !== 'tool') return undefined
    const target = resolver.guess('tools', naming.exposed)
    if (target === undefined) return undefined
    const { member, local } = target
    const isListed = member.lists.latest('tools')?.local.has(naming.exposed) === true
    return isListed ? { backend: member.backend.name, tool: local } : undefined
  }

/** A subscription is about a resource, though it is answered here. */
const subjectOf = (request: JsonRpcRequest): Naming | undefined => {
  const uri = request.params?.['uri']
  return request.method === 'resources/subscribe' && typeof uri === 'string'
    ? { kind: 'resource', exposed: uri, inRef: false }
    : namingOf(request)
}

/** The target that a call had, with the annotations that its backend listed. Nothing is asked for it. */
export const recordedTargetIn =
  (resolver: Resolver, findAnnotations: FindAnnotations) =>
  (call: Call): PolicyTarget | undefined => {
    const naming = subjectOf(call.request)
    if (naming === undefined) return undefined
    const { kind, exposed } = naming
    const list = kind === 'resource' ? 'resources' : listOfKind[kind]
    const found = resolver.found(list, exposed, call)
    if (found === undefined) return undefined
    const target = { backend: found.member.backend.name, name: found.local }
    return kind === 'tool'
      ? { kind, ...target, annotations: findAnnotations(call.caller, target) }
      : { kind, ...target }
  }

/** The target of a call of a tool, prompt or resource, as the router will find it. Asks only where the router has to. */
export const limitTargetIn =
  (resolver: Resolver) =>
  (call: Call): LimitTarget | undefined | Promise<LimitTarget | undefined> => {
    const naming = namingOf(call.request)
    if (naming === undefined) return undefined
    const { kind, exposed } = naming
    const shaped = (target: Target | undefined): LimitTarget | undefined => {
      if (target === undefined) return undefined
      const { member, local, view } = target
      const lists = view ?? member.views.of(call.caller.client.era)
      const isListed =
        kind !== 'resource' && lists.latest(listOfKind[kind])?.local.has(exposed) === true
      return { kind, backend: member.backend.name, name: local, isListed }
    }
    const found = lookUp(resolver, naming, call)
    return found instanceof Promise ? found.then(shaped) : shaped(found)
  }
