// What a server may ask its client, and which capabilities of the client let it ask.
import { isSince } from './revision.ts'
import { errorCodes } from '../base/error-codes.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { problemOf } from '../problems/problem.ts'
import { appsExtension, declaredApps } from './apps.ts'
import type { ClientFacts, Peer, Reply } from './call.ts'
import type { JsonRpcRequest } from './json-rpc.ts'

/** How long a question of a backend may wait for a person. */
export const longestQuestionMs = 10 * 60_000

/** How often a backend may ask in one call. */
export const maxRounds = 10

const capabilityFor: Readonly<Record<string, 'elicitation' | 'sampling' | 'roots'>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
}

export const isQuestion = (method: string): boolean => Object.hasOwn(capabilityFor, method)

const member = (object: JsonObject, name: string): JsonObject | undefined => {
  const value = object[name]
  return isJsonObject(value) ? value : undefined
}

const has = (object: JsonObject, name: string): boolean => member(object, name) !== undefined

/** An empty capability means forms: url mode came later (MCP 2025-11-25, elicitation). */
const elicitationModes = (declared: JsonObject): readonly string[] => [
  ...(has(declared, 'form') || !has(declared, 'url') ? ['form'] : []),
  ...(has(declared, 'url') ? ['url'] : []),
]

const modeOf = (params: JsonObject | undefined): string =>
  typeof params?.['mode'] === 'string' ? params['mode'] : 'form'

/** The capabilities that a client lacks to be asked this, as a ClientCapabilities object; undefined when it lacks none. */
export const lackedFor = (
  capabilities: JsonObject,
  { method, params }: Pick<JsonRpcRequest, 'method' | 'params'>,
): JsonObject | undefined => {
  const name = capabilityFor[method]
  if (name === undefined) return undefined
  const declared = member(capabilities, name)
  if (name === 'elicitation') {
    const mode = modeOf(params)
    return declared !== undefined && elicitationModes(declared).includes(mode)
      ? undefined
      : { elicitation: { [mode]: {} } }
  }
  if (name === 'sampling' && params?.['tools'] !== undefined) {
    return declared !== undefined && has(declared, 'tools')
      ? undefined
      : { sampling: { tools: {} } }
  }
  return declared === undefined ? { [name]: {} } : undefined
}

const samplingKinds = (declared: JsonObject): JsonObject => ({
  ...(has(declared, 'context') ? { context: {} } : {}),
  ...(has(declared, 'tools') ? { tools: {} } : {}),
})

const carriedFrom = (client: ClientFacts): JsonObject => {
  const { era, capabilities } = client
  const roots = member(capabilities, 'roots')
  const sampling = member(capabilities, 'sampling')
  const elicitation = member(capabilities, 'elicitation')
  // Earlier revisions know neither url mode nor tools in sampling, whatever a client says of itself.
  const isNew = isSince('2025-11-25', client)
  const modes = elicitation === undefined ? [] : elicitationModes(elicitation)
  const kept = modes.filter((mode) => mode === 'form' || isNew)
  const tellsRoots = era === 'legacy' && roots?.['listChanged'] === true
  const apps = declaredApps(capabilities)
  return {
    ...(kept.length === 0
      ? {}
      : { elicitation: Object.fromEntries(kept.map((mode) => [mode, {}])) }),
    ...(roots === undefined ? {} : { roots: tellsRoots ? { listChanged: true } : {} }),
    ...(sampling === undefined ? {} : { sampling: isNew ? samplingKinds(sampling) : {} }),
    ...(apps === undefined ? {} : { extensions: { [appsExtension]: apps } }),
  }
}

export interface Carried {
  readonly capabilities: JsonObject
  /** The same for the same capabilities; empty where there are none. */
  readonly key: string
}

const nothing: Carried = { capabilities: {}, key: '' }
const known = new WeakMap<ClientFacts, Carried>()

/**
 * The part of a client's capabilities by which servers differ, in one spelling: what it can be asked, and whether it
 * shows views. The facts of a session are read once.
 */
export const questionCapabilities = (client: ClientFacts): Carried => {
  const { elicitation, sampling, roots, extensions } = client.capabilities
  const asked = elicitation ?? sampling ?? roots ?? extensions
  if (asked === undefined) return nothing
  const before = known.get(client)
  if (before !== undefined) return before
  const capabilities = carriedFrom(client)
  const empty = Object.keys(capabilities).length === 0
  const carried = empty ? nothing : { capabilities, key: JSON.stringify(capabilities) }
  known.set(client, carried)
  return carried
}

const refusal = (code: number, message: string): Reply => ({
  kind: 'error',
  error: { code, message },
})

/** What a server is told whose question nobody can be asked. */
export const notOffered = (method: string): Reply =>
  refusal(errorCodes.methodNotFound, `${method} is not offered here`)
export const notAssociated = refusal(
  errorCodes.invalidParams,
  'No request that the question could belong to',
)
export const notAnswered = refusal(errorCodes.internalError, 'The client did not answer')
export const tooManyRounds = (limit: number): Reply => ({
  kind: 'refusal',
  problem: problemOf('limit-rounds', { limit }),
})

/** The other side of the proxy's own requests. */
export const nobody: Peer = {
  notify: () => undefined,
  ask: async () => ({
    kind: 'error',
    error: { code: errorCodes.methodNotFound, message: 'Not offered here' },
  }),
}
