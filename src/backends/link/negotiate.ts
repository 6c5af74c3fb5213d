// Finds out which era a backend speaks and agrees on a revision with it.
import type { Clock } from '../../base/clock.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { nobody } from '../../mcp/questions.ts'
import {
  isUpstreamLegacyVersion,
  metaKeys,
  metaOf,
  modernVersions,
  newestLegacy,
  newestModern,
  type Era,
} from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import { asUnavailable, outsideProtocol, unavailable } from '../failure.ts'
import type { Dialler, LinkEvents, Transport } from '../transport.ts'
import { ownMeta, type Agreement, type ClientIdentity } from './era-bridge.ts'

export interface Negotiation {
  readonly name: string
  readonly protocol: 'auto' | Era
  readonly identity: ClientIdentity
  /** What the server may ask of whom the session is for; a session that many share declares nothing. */
  readonly capabilities: JsonObject
  readonly clock: Clock
  readonly signal: AbortSignal
}

export type Agreed =
  | { readonly kind: 'agreed'; readonly transport: Transport; readonly agreement: Agreement }
  | { readonly kind: 'failed'; readonly problem: Problem }

type Probe =
  | { readonly kind: 'modern'; readonly agreement: Agreement }
  | { readonly kind: 'legacy' }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** A server of the session era may leave the question unanswered. */
const probeMs = 5000
/** The first start may have to fetch the program. */
const openingMs = 60_000
/** A child that was only asked holds nothing worth waiting for. */
const probeGraceMs = 2000

/** `undefined` when no answer came in time. */
const ask = async (
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

const optional = (serverInfo: unknown, instructions: unknown) => ({
  ...(isJsonObject(serverInfo) ? { serverInfo } : {}),
  ...(typeof instructions === 'string' ? { instructions } : {}),
})

const versionsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((version) => typeof version === 'string') : []

const readDiscovery = (result: JsonObject | undefined): Agreement | undefined => {
  const offered = versionsIn(result?.['supportedVersions'])
  const protocolVersion = modernVersions.find((version) => offered.includes(version))
  const capabilities = result?.['capabilities']
  if (result === undefined || protocolVersion === undefined || !isJsonObject(capabilities)) {
    return undefined
  }
  const serverInfo = metaOf({ _meta: result['_meta'] })?.[metaKeys.serverInfo]
  return {
    era: 'modern',
    protocolVersion,
    capabilities,
    ...optional(serverInfo ?? result['serverInfo'], result['instructions']),
  }
}

/** What a failure to answer says: a child that leaves or stays silent is an old one, an HTTP server is out of order. */
const readFailure = (problem: Problem, silenceIsLegacy: boolean, name: string): Probe => {
  if (problem.code === 'backend-auth') return { kind: 'failed', problem }
  if (problem.code === 'backend-protocol' || silenceIsLegacy) return { kind: 'legacy' }
  return { kind: 'failed', problem: asUnavailable(name, problem) }
}

const readUnsupported = (data: unknown, name: string): Probe => {
  const supported = versionsIn(isJsonObject(data) ? data['supported'] : undefined)
  if (supported.length === 0 || supported.some(isUpstreamLegacyVersion)) return { kind: 'legacy' }
  const why = `it speaks ${supported.join(', ').slice(0, 256)}, we speak ${modernVersions.join(', ')}`
  return { kind: 'failed', problem: outsideProtocol(name, why) }
}

const probe = async (
  transport: Transport,
  silenceIsLegacy: boolean,
  negotiation: Negotiation,
): Promise<Probe> => {
  const { name, identity } = negotiation
  const params = { _meta: ownMeta(newestModern, identity) }
  const reply = await ask(transport, 'server/discover', params, probeMs, negotiation)
  if (reply === undefined) {
    return readFailure(
      unavailable(name, `no answer in ${probeMs / 1000} s`, 'silent'),
      silenceIsLegacy,
      name,
    )
  }
  if (reply.kind === 'result') {
    const agreement = readDiscovery(valueIfObject(reply.result))
    return agreement === undefined ? { kind: 'legacy' } : { kind: 'modern', agreement }
  }
  if (reply.kind === 'error') {
    return reply.error.code === errorCodes.unsupportedProtocolVersion
      ? readUnsupported(reply.error.data, name)
      : { kind: 'legacy' }
  }
  return readFailure(reply.problem, silenceIsLegacy, name)
}

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

const failed = (problem: Problem): Agreed => ({ kind: 'failed', problem })

/** The handshake of the session era. */
export const openSession = async (
  transport: Transport,
  negotiation: Negotiation,
): Promise<Agreed> => {
  const { name, identity, capabilities, signal } = negotiation
  const params = { protocolVersion: newestLegacy, capabilities, clientInfo: identity }
  const reply = await ask(transport, 'initialize', params, openingMs, negotiation)
  if (reply === undefined) {
    return failed(unavailable(name, `no answer to initialize in ${openingMs / 1000} s`, 'silent'))
  }
  if (reply.kind === 'error') {
    return failed(
      outsideProtocol(name, `initialize was answered with ${reply.error.code}`, 'opening'),
    )
  }
  if (reply.kind !== 'result') return failed(asUnavailable(name, reply.problem))
  const agreement = readInitialize(valueIfObject(reply.result))
  if (agreement === undefined) {
    return failed(
      outsideProtocol(name, 'initialize was answered without a version that we speak', 'opening'),
    )
  }
  await transport.notify({ jsonrpc: '2.0', method: 'notifications/initialized' }, signal)
  return { kind: 'agreed', transport, agreement }
}

/** Asks an open link for the modern era alone. */
export const discover = async (transport: Transport, negotiation: Negotiation): Promise<Agreed> => {
  const found = await probe(transport, false, { ...negotiation, protocol: 'modern' })
  if (found.kind === 'modern') return { kind: 'agreed', transport, agreement: found.agreement }
  if (found.kind === 'failed') return failed(found.problem)
  const why = `it does not speak ${newestModern}`
  return failed(outsideProtocol(negotiation.name, why))
}

const closeIfFailed = async (agreed: Agreed, transport: Transport): Promise<Agreed> => {
  if (agreed.kind === 'failed') await transport.close()
  return agreed
}

const dialled = async (
  dialler: Dialler,
  events: LinkEvents,
  { signal }: Negotiation,
  work: (transport: Transport) => Promise<Agreed>,
): Promise<Agreed> => {
  const link = await dialler.dial(events, signal)
  if (link.kind === 'failed') return failed(link.problem)
  return closeIfFailed(await work(link.transport), link.transport)
}

/** A server that opens no session at this address may be one of those that had other ways (transports, backwards compatibility). */
const orAsBefore = async (
  agreed: Agreed,
  { elder }: Dialler,
  eventsFor: () => LinkEvents,
  negotiation: Negotiation,
): Promise<Agreed> => {
  if (agreed.kind === 'agreed' || elder === undefined) return agreed
  if (agreed.problem.code !== 'backend-protocol') return agreed
  const link = await elder.dial(eventsFor(), negotiation.signal)
  if (link.kind === 'failed') {
    const tells = link.recognised === true || link.problem.code === 'backend-auth'
    return tells ? failed(link.problem) : agreed
  }
  const found = await closeIfFailed(await openSession(link.transport, negotiation), link.transport)
  return found.kind === 'failed'
    ? found
    : { ...found, agreement: { ...found.agreement, transport: 'sse' } }
}

/** Opens a link and agrees on a revision. `eventsFor` is asked once for each link that is opened. */
export const negotiate = async (
  dialler: Dialler,
  eventsFor: () => LinkEvents,
  negotiation: Negotiation,
): Promise<Agreed> => {
  const before = (agreed: Agreed) => orAsBefore(agreed, dialler, eventsFor, negotiation)
  const withSession = async () =>
    before(
      await dialled(dialler, eventsFor(), negotiation, (transport) =>
        openSession(transport, negotiation),
      ),
    )
  if (negotiation.protocol === 'legacy' || dialler.sessionsOnly === true) return withSession()
  if (negotiation.protocol === 'modern') {
    return dialled(dialler, eventsFor(), negotiation, (transport) =>
      discover(transport, negotiation),
    )
  }
  const first = await dialler.dial(eventsFor(), negotiation.signal)
  if (first.kind === 'failed') return failed(first.problem)
  const { transport } = first
  const found = await probe(transport, !dialler.survivesProbe, negotiation)
  if (found.kind === 'modern') return { kind: 'agreed', transport, agreement: found.agreement }
  if (found.kind === 'legacy' && dialler.survivesProbe) {
    return before(await closeIfFailed(await openSession(transport, negotiation), transport))
  }
  await transport.close(probeGraceMs)
  if (found.kind === 'failed') return failed(found.problem)
  // No answer, for the backend was closed meanwhile: nobody wants another process.
  if (negotiation.signal.aborted)
    return failed(unavailable(negotiation.name, 'it was closed', 'closing'))
  return withSession()
}
