// How a reply looks on the wire: status and JSON-RPC text for a caller of either era.
import { writeJson } from '../../base/exact-json.ts'
import { errorCodes, isEnvelopeError } from '../../base/error-codes.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import { hasMember } from '../../mcp/envelope.ts'
import type { JsonRpcError, JsonRpcId, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { valueIfObject, type LazyObject } from '../../mcp/lazy-object.ts'
import { methodSpec, targetName } from '../../mcp/methods.ts'
import type { Era } from '../../mcp/revision.ts'
import { hintOf, problemSpec, type Problem } from '../../problems/problem.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly retryAfterSeconds?: number
  /** The problem and the scopes of a challenge that has to go with it. */
  readonly stepUp?: { readonly problem: Problem; readonly scopes: readonly string[] }
  /** The `WWW-Authenticate` value. */
  readonly challenge?: string
}

const caseOf = ({ case: name }: Problem) => (name === undefined ? {} : { case: name })

/** The error object of a problem of ours. The id stands in `data.code`, the next step in `data.hint`. */
export const errorOfProblem = (problem: Problem, extra: JsonObject = {}): JsonRpcError => {
  const spec = problemSpec(problem.code)
  return {
    code: spec.jsonrpc ?? errorCodes.internalError,
    message: problem.detail,
    data: { code: problem.code, ...caseOf(problem), hint: hintOf(problem), ...extra },
  }
}

/** Without an id only where the request's own was unreadable. */
export const errorMessage = (id: JsonRpcId | undefined, error: JsonRpcError): Buffer =>
  Buffer.from(writeJson({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error }))

const opening = Buffer.from('{')
const closing = Buffer.from('}')

const resultMessage = (id: JsonRpcId, result: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`),
    result,
    closing,
  ])

/** The message that the backend sent, where it answers the very id that the caller used. */
const relayed = (id: JsonRpcId, { message }: LazyObject): Buffer | undefined =>
  message !== undefined && message.id === id ? asBuffer(message.bytes) : undefined

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Puts members in front of the others without parsing them. `bytes` is the text of an object. */
const splice = (bytes: Buffer, members: JsonObject): Buffer => {
  const rest = bytes.subarray(bytes.indexOf(opening) + 1)
  const empty = /^\s*\}/.test(rest.subarray(0, 16).toString('latin1'))
  const added = JSON.stringify(members).slice(0, -1)
  return Buffer.concat([Buffer.from(empty ? added : `${added},`), rest])
}

/** A member of the modern era: its name, as it stands in a text, and what it is where nobody said it. */
const modernMember = (name: string, unsaid: Json) => ({
  name,
  unsaid,
  text: Buffer.from(`"${name}"`),
})

const resultType = modernMember('resultType', 'complete')
const cacheMembers = [modernMember('ttlMs', 0), modernMember('cacheScope', 'private')]
const plainMembers = [resultType]
const cacheableMembers = [resultType, ...cacheMembers]

type ModernMember = typeof resultType

const largeBytes = 512

/** What is large is looked through as bytes first, which is quick; then, whether they stand at the top. */
const isPresent = (bytes: Buffer, { name, text }: ModernMember): boolean =>
  (bytes.length < largeBytes || bytes.includes(text)) && hasMember(bytes, name)

/** A modern result names its kind, and lists and reads say how long they hold. */
const forModern = (request: JsonRpcRequest, result: LazyObject): Buffer => {
  const bytes = asBuffer(result.bytes())
  const members = methodSpec(request.method)?.cacheable === true ? cacheableMembers : plainMembers
  let missing: Record<string, Json> | undefined
  for (const member of members) {
    if (!isPresent(bytes, member)) (missing ??= {})[member.name] = member.unsaid
  }
  return missing === undefined
    ? (relayed(request.id, result) ?? resultMessage(request.id, bytes))
    : resultMessage(request.id, splice(bytes, missing))
}

/** Strict parsers of the session era refuse members that they do not know. */
const forLegacy = ({ id }: JsonRpcRequest, result: LazyObject): Buffer => {
  const bytes = asBuffer(result.bytes())
  const present = cacheableMembers.filter((member) => isPresent(bytes, member))
  const value = present.length === 0 ? undefined : valueIfObject(result)
  if (value === undefined) return relayed(id, result) ?? resultMessage(id, bytes)
  const kept = Object.entries(value).filter(
    ([name]) => !present.some((member) => member.name === name),
  )
  return resultMessage(id, Buffer.from(writeJson(Object.fromEntries(kept))))
}

const withUri = (error: JsonRpcError, uri: string | undefined): JsonRpcError => {
  const data = isJsonObject(error.data) ? error.data : {}
  return uri === undefined || data['uri'] !== undefined
    ? error
    : { ...error, data: { ...data, uri } }
}

/** A missing resource has a code of its own in the session era only; the modern one tells by `data.uri`. */
const fitError = (error: JsonRpcError, request: JsonRpcRequest, era: Era): JsonRpcError => {
  if (era === 'modern') {
    if (error.code === errorCodes.urlElicitationRequired)
      return { ...error, code: errorCodes.internalError }
    if (error.code !== errorCodes.resourceNotFound) return error
    const uri = targetName(request.method, request.params)
    return withUri({ ...error, code: errorCodes.invalidParams }, uri)
  }
  // The reserved codes of the other era say nothing in this one.
  if (isEnvelopeError(error.code)) return { ...error, code: errorCodes.internalError }
  const gone =
    request.method === 'resources/read' &&
    error.code === errorCodes.invalidParams &&
    isJsonObject(error.data) &&
    error.data['uri'] !== undefined
  return gone ? { ...error, code: errorCodes.resourceNotFound } : error
}

/** Only where the fault is in the envelope does a modern error have a status of its own. */
const statusOfError = (code: number, era: Era): number =>
  era === 'modern' && isEnvelopeError(code) ? 400 : 200

type RefusalReply = Extract<Reply, { kind: 'refusal' }>

const shownProblem = ({ problem, shownAs }: RefusalReply): Problem => shownAs ?? problem

const whenToRetry = (seconds: number | undefined): JsonObject =>
  seconds === undefined ? {} : { retryAfter: seconds }

const refusalError = (request: JsonRpcRequest, reply: RefusalReply, requestId: string) => {
  const { retryAfterSeconds } = reply
  const problem = shownProblem(reply)
  const error = errorOfProblem(problem, { ...whenToRetry(retryAfterSeconds), requestId })
  const missing = problem.code === 'name-unknown' && request.method === 'resources/read'
  return missing ? withUri(error, targetName(request.method, request.params)) : error
}

/** The HTTP status of a refusal. */
export const statusOfRefusal = (reply: RefusalReply, era: Era): number =>
  statusOfProblem(shownProblem(reply), era)

const statusOfProblem = (problem: Problem, era: Era): number =>
  problem.code === 'req-method' && era === 'modern' ? 404 : (problemSpec(problem.code).http ?? 200)

/** A request with its reply, and what its caller is to read. */
export interface Answered {
  readonly request: JsonRpcRequest
  readonly reply: Reply
  readonly era: Era
  /** In the errors that are ours; what a backend says stays as it is. */
  readonly requestId: string
}

const withRequestId = (error: JsonRpcError, requestId: string): JsonRpcError => ({
  ...error,
  data: { ...(isJsonObject(error.data) ? error.data : {}), requestId },
})

export const answerOf = ({ request, reply, era, requestId }: Answered): Answer => {
  switch (reply.kind) {
    case 'result': {
      const body = (era === 'modern' ? forModern : forLegacy)(request, reply.result)
      return { status: 200, body }
    }
    case 'error': {
      const said = reply.isOurs === true ? withRequestId(reply.error, requestId) : reply.error
      const error = fitError(said, request, era)
      return { status: statusOfError(error.code, era), body: errorMessage(request.id, error) }
    }
    case 'refusal': {
      const error = fitError(refusalError(request, reply, requestId), request, era)
      const { retryAfterSeconds, problem, scopes } = reply
      return {
        status: statusOfRefusal(reply, era),
        body: errorMessage(request.id, error),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(scopes === undefined ? {} : { stepUp: { problem, scopes } }),
      }
    }
    case 'failure': {
      const { problem, retryAfterSeconds } = reply
      const status = problemSpec(problem.code).http ?? 200
      const error = errorOfProblem(problem, { ...whenToRetry(retryAfterSeconds), requestId })
      return {
        status,
        body: errorMessage(request.id, error),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      }
    }
  }
}
