// The handshake of the session era, and how a server is asked before anything is agreed on.
import type { Clock } from '../../base/clock.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { shortened } from '../../base/escape.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcError, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { nobody } from '../../mcp/questions.ts'
import { isUpstreamLegacyVersion, newestLegacy, type Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import { asUnavailable, outsideProtocol, unavailable, unknownRevision } from '../failure.ts'
import type { Agreement } from '../backend.ts'
import type { Transport } from '../transport.ts'
import type { ClientIdentity } from './era-bridge.ts'

export interface Negotiation {
  readonly name: string
  readonly protocol: 'auto' | Era
  /** A session is what is wanted, whatever else the server speaks. */
  readonly forSession?: boolean
  readonly identity: ClientIdentity
  /** The caller that the link is for alone. */
  readonly owner?: Caller | undefined
  /** What the server may ask of whom the session is for; a session that many share declares nothing. */
  readonly capabilities: JsonObject
  /** How long the server may take for its first answer, and so for its start. */
  readonly startMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

export type Agreed =
  | { readonly kind: 'agreed'; readonly transport: Transport; readonly agreement: Agreement }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** `undefined` when no answer came in time. */
export const ask = async (
  transport: Transport,
  method: string,
  params: JsonObject,
  limitMs: number,
  { clock, signal }: Negotiation,
): Promise<Reply | undefined> => {
  const request: JsonRpcRequest = { jsonrpc: '2.0', id: 0, method, params }
  const deadline = new AbortController()
  const timer = new AbortController()
  const onAbort = () => deadline.abort()
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  let late = false
  void clock.sleep(limitMs, timer.signal).then(
    () => {
      late = true
      deadline.abort()
    },
    () => undefined,
  )
  try {
    const reply = await transport.request(request, nobody, deadline.signal)
    return late ? undefined : reply
  } finally {
    timer.abort()
    signal.removeEventListener('abort', onAbort)
  }
}

export const optional = (serverInfo: unknown, instructions: unknown) => ({
  ...(isJsonObject(serverInfo) ? { serverInfo } : {}),
  ...(typeof instructions === 'string' ? { instructions } : {}),
})

export const noAnswer = (name: string, method: string, startMs: number): Problem =>
  unavailable(name, `no answer to ${method} in ${startMs / 1000} s`, 'silent')

const readInitialize = (result: JsonObject | undefined): Agreement | undefined => {
  const version = result?.['protocolVersion']
  const capabilities = result?.['capabilities'] ?? {}
  if (typeof version !== 'string' || !isUpstreamLegacyVersion(version)) return undefined
  if (result === undefined || !isJsonObject(capabilities)) return undefined
  return {
    era: 'legacy',
    protocolVersion: version,
    capabilities,
    ...optional(result['serverInfo'], result['instructions']),
  }
}

export const failed = (problem: Problem): Agreed => ({ kind: 'failed', problem })

/** A server that knows the method and refuses it says why; what does not know it is no server with sessions. */
const openingRefused = (name: string, { code, message }: JsonRpcError): Problem => {
  const words = message.trim() === '' ? '' : `: ${shortened(message, 200)}`
  return code === errorCodes.methodNotFound
    ? outsideProtocol(name, `initialize was answered with ${code}${words}`, 'opening')
    : outsideProtocol(name, `error ${code}${words}`, 'refused')
}

const openingUnreadable = (name: string, result: JsonObject | undefined): Problem => {
  const version = result?.['protocolVersion']
  if (typeof version !== 'string')
    return outsideProtocol(name, 'its answer to initialize has no protocolVersion', 'opening')
  return isUpstreamLegacyVersion(version)
    ? outsideProtocol(name, 'capabilities in its answer to initialize is not an object')
    : unknownRevision(name, version)
}

/** The handshake of the session era. */
export const openSession = async (
  transport: Transport,
  negotiation: Negotiation,
): Promise<Agreed> => {
  const { name, identity, capabilities, startMs, signal } = negotiation
  const params = { protocolVersion: newestLegacy, capabilities, clientInfo: identity }
  const reply = await ask(transport, 'initialize', params, startMs, negotiation)
  if (reply === undefined) {
    return failed(noAnswer(name, 'initialize', startMs))
  }
  if (reply.kind === 'error') {
    return failed(openingRefused(name, reply.error))
  }
  if (reply.kind !== 'result') return failed(asUnavailable(name, reply.problem))
  const result = valueIfObject(reply.result)
  const agreement = readInitialize(result)
  if (agreement === undefined) return failed(openingUnreadable(name, result))
  await transport.notify({ jsonrpc: '2.0', method: 'notifications/initialized' }, signal)
  return { kind: 'agreed', transport, agreement }
}
