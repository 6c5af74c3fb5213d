// Where a call goes: answered here, merged from all backends, or sent to the one backend that its name belongs to.
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { messageOf } from '../core/check.ts'
import type { Call, ClientFacts, Handler, Reply } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/message.ts'
import { methodSpec } from '../mcp/methods.ts'
import { contradicted, paramHeaders, type Mirrored } from '../mcp/param-headers.ts'
import type { Asking } from './asking.ts'
import { listKindOf } from './list-kinds.ts'
import type { Listing } from './listing.ts'
import type { Resolver, Target } from './resolve.ts'
import { exposeReply } from './rewrite.ts'
import type { Subscriptions } from './subscriptions.ts'

/** A member of `params` that names the target, and how it is put back under its local name. */
interface Naming {
  readonly kind: 'tool' | 'prompt' | 'resource'
  readonly exposed: string
  rename(local: string): JsonObject
}

const refNaming = (params: JsonObject): Naming | undefined => {
  const { ref } = params
  if (!isJsonObject(ref)) return undefined
  const { type, name, uri } = ref
  if (type === 'ref/prompt' && typeof name === 'string') {
    const rename = (local: string) => ({ ...params, ref: { ...ref, name: local } })
    return { kind: 'prompt', exposed: name, rename }
  }
  if (type === 'ref/resource' && typeof uri === 'string') {
    const rename = (local: string) => ({ ...params, ref: { ...ref, uri: local } })
    return { kind: 'resource', exposed: uri, rename }
  }
  return undefined
}

/** Undefined when the parameters do not name a target. */
const namingOf = ({ method, params = {} }: JsonRpcRequest): Naming | undefined => {
  const routing = methodSpec(method)?.routing
  const { name, uri } = params
  if (routing === 'ref') return refNaming(params)
  if (routing === 'resource' && typeof uri === 'string') {
    return { kind: routing, exposed: uri, rename: (local) => ({ ...params, uri: local }) }
  }
  if ((routing === 'tool' || routing === 'prompt') && typeof name === 'string') {
    return { kind: routing, exposed: name, rename: (local) => ({ ...params, name: local }) }
  }
  return undefined
}

const listOfKind = { tool: 'tools', prompt: 'prompts' } as const

const lookUp = (resolver: Resolver, { kind, exposed }: Naming) =>
  kind === 'resource' ? resolver.uri(exposed) : resolver.name(listOfKind[kind], exposed)

const longestShown = 256

const unknownName = ({ kind, exposed }: Naming): Reply => ({
  kind: 'refusal',
  problem: {
    code: 'name-unknown',
    detail: messageOf('name-unknown', {
      kind: kind === 'tool' ? 'Tool' : kind === 'prompt' ? 'Prompt' : 'Resource',
      name: JSON.stringify(exposed.slice(0, longestShown)),
    }),
  },
})

const refuseParams = (why: string): Reply => ({
  kind: 'refusal',
  problem: { code: 'req-params', detail: messageOf('req-params', { why }) },
})

const urlElicitation = -32_042

/** Clients before 2025-11-25 know no addresses that are to be visited. */
const fitVersion = (reply: Reply, { era, protocolVersion }: ClientFacts): Reply =>
  reply.kind === 'error' &&
  reply.error.code === urlElicitation &&
  era === 'legacy' &&
  protocolVersion < '2025-11-25'
    ? { kind: 'error', error: { ...reply.error, code: -32_603 } }
    : reply

/** What a caller repeated in headers must be true, and is repeated to the backend whether the caller did so or not. */
const withParamHeaders = (call: Call, mirrored: readonly Mirrored[]): Call | Reply => {
  const args = call.request.params?.['arguments']
  const header = call.headers === undefined ? undefined : contradicted(mirrored, args, call.headers)
  if (header !== undefined) {
    const detail = messageOf('req-header-mismatch', { header })
    return { kind: 'refusal', problem: { code: 'req-header-mismatch', detail } }
  }
  return { ...call, paramHeaders: paramHeaders(mirrored, isJsonObject(args) ? args : undefined) }
}

const dispatch = async (
  call: Call,
  naming: Naming,
  target: Target | undefined,
  asking: Asking,
): Promise<Reply> => {
  if (target === undefined) return unknownName(naming)
  const { member, local } = target
  const request =
    local === naming.exposed ? call.request : { ...call.request, params: naming.rename(local) }
  const mirrored =
    naming.kind === 'tool' ? member.lists.peek('tools')?.mirrored?.get(local) : undefined
  const prepared = mirrored === undefined ? call : withParamHeaders(call, mirrored)
  if ('kind' in prepared) return prepared
  const asks = call.client.era === 'modern' && methodSpec(request.method)?.asks === true
  const reply = asks
    ? await asking(prepared, member, request)
    : fitVersion(await member.handle({ ...prepared, request }), call.client)
  return exposeReply(request.method, reply, member.names)
}

export interface RouterParts {
  readonly resolver: Resolver
  readonly listing: Listing
  /** Answers the methods that no backend sees. */
  readonly local: Handler
  readonly subscriptions: Pick<Subscriptions, 'handle'>
  readonly asking: Asking
}

export const createRouter = ({
  resolver,
  listing,
  local,
  subscriptions,
  asking,
}: RouterParts): Handler => {
  return async (call) => {
    const { method } = call.request
    const spec = methodSpec(method)
    if (spec === undefined || !spec.eras.includes(call.client.era)) {
      const detail = messageOf('req-method', { method: JSON.stringify(method.slice(0, 64)) })
      return { kind: 'refusal', problem: { code: 'req-method', detail } }
    }
    if (spec.routing === 'local') return local(call)
    if (spec.routing === 'watch') return subscriptions.handle(call)
    const kind = listKindOf(method)
    if (kind !== undefined) return listing.list(kind, call)
    const naming = namingOf(call.request)
    if (naming === undefined) return refuseParams(`${method} names no target`)
    const target = lookUp(resolver, naming)
    return dispatch(call, naming, target instanceof Promise ? await target : target, asking)
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
