// Finds out which era a backend speaks and agrees on a revision with it.
import type { Clock } from '../../base/clock.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { shortened } from '../../base/escape.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcError, JsonRpcRequest } from '../../mcp/json-rpc.ts'
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
import { asUnavailable, outsideProtocol, unavailable, unknownRevision } from '../failure.ts'
import type { Agreement } from '../backend.ts'
import type { Dialler, LinkEvents, Transport } from '../transport.ts'
import { ownMeta, type ClientIdentity } from './era-bridge.ts'

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

type Probe =
  | { readonly kind: 'modern'; readonly agreement: Agreement }
  | { readonly kind: 'legacy' }
  /** Nothing that only one era would do: `initialize` shows whether it is a server with sessions. */
  | { readonly kind: 'unclear'; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** A server of the session era may leave the question unanswered: from then on it is asked for a session, too. */
const probeMs = 5000
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

/**
 * What a failure to answer says: a child that leaves is an old one. A server over the network may be out of
 * order, or an old one that takes an unknown method so.
 */
const readFailure = (
  failure: Extract<Reply, { readonly problem: Problem }>,
  leavingIsLegacy: boolean,
  name: string,
): Probe => {
  const { problem } = failure
  if (problem.code === 'backend-auth') return { kind: 'failed', problem }
  if (problem.code === 'backend-protocol' || leavingIsLegacy) return { kind: 'legacy' }
  const wasRead = failure.kind === 'failure' && failure.sent
  return { kind: wasRead ? 'unclear' : 'failed', problem: asUnavailable(name, problem) }
}

const readUnsupported = (data: unknown, name: string): Probe => {
  const supported = versionsIn(isJsonObject(data) ? data['supported'] : undefined)
  if (supported.length === 0 || supported.some(isUpstreamLegacyVersion)) return { kind: 'legacy' }
  const why = `it speaks ${supported.join(', ').slice(0, 256)}, we speak ${modernVersions.join(', ')}`
  return { kind: 'failed', problem: outsideProtocol(name, why) }
}

const noAnswer = (name: string, method: string, startMs: number): Problem =>
  unavailable(name, `no answer to ${method} in ${startMs / 1000} s`, 'silent')

const probe = async (
  transport: Transport,
  leavingIsLegacy: boolean,
  negotiation: Negotiation,
): Promise<Probe> => {
  const { name, identity, startMs } = negotiation
  const params = { _meta: ownMeta(newestModern, identity) }
  const reply = await ask(transport, 'server/discover', params, startMs, negotiation)
  if (reply === undefined) {
    return { kind: 'unclear', problem: noAnswer(name, 'server/discover', startMs) }
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
  return readFailure(reply, leavingIsLegacy, name)
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

/** Asks an open link for the modern era alone. */
export const discover = async (transport: Transport, negotiation: Negotiation): Promise<Agreed> => {
  const found = await probe(transport, false, { ...negotiation, protocol: 'modern' })
  if (found.kind === 'modern') return { kind: 'agreed', transport, agreement: found.agreement }
  if (found.kind !== 'legacy') return failed(found.problem)
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
  { signal, owner }: Negotiation,
  work: (transport: Transport) => Promise<Agreed>,
): Promise<Agreed> => {
  const link = await dialler.dial(events, signal, owner)
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
  const link = await elder.dial(eventsFor(), negotiation.signal, negotiation.owner)
  if (link.kind === 'failed') {
    const tells = link.recognised === true || link.problem.code === 'backend-auth'
    return tells ? failed(link.problem) : agreed
  }
  const found = await closeIfFailed(await openSession(link.transport, negotiation), link.transport)
  return found.kind === 'failed'
    ? found
    : { ...found, agreement: { ...found.agreement, transport: 'sse' } }
}

/** Ends with `signal`, and when it is said so. */
const abandonable = (negotiation: Negotiation) => {
  const own = new AbortController()
  return {
    negotiation: { ...negotiation, signal: AbortSignal.any([negotiation.signal, own.signal]) },
    abandon: () => own.abort(),
  }
}

interface Asked {
  readonly found: Probe
  /** What came of asking for a session on the same link, where that was done. */
  readonly session: Agreed | undefined
}

const guessed = (agreed: Agreed): Agreed =>
  agreed.kind === 'failed'
    ? agreed
    : { ...agreed, agreement: { ...agreed.agreement, isEraGuessed: true } }

/**
 * Asks for the era, and for a session too where the answer is slow: a server of either era may be slow to start,
 * and one with sessions may never answer.
 */
const askEra = async (
  transport: Transport,
  leavingIsLegacy: boolean,
  negotiation: Negotiation,
): Promise<Asked> => {
  const { clock } = negotiation
  const era = abandonable(negotiation)
  const asked = probe(transport, leavingIsLegacy, era.negotiation)
  const timer = new AbortController()
  const soon = await Promise.race([
    asked,
    clock.sleep(probeMs, timer.signal).then(
      () => undefined,
      () => undefined,
    ),
  ])
  timer.abort()
  if (soon?.kind === 'unclear') {
    return { found: soon, session: guessed(await openSession(transport, negotiation)) }
  }
  if (soon !== undefined) return { found: soon, session: undefined }
  const opening = abandonable(negotiation)
  const opened = openSession(transport, opening.negotiation)
  const session = await Promise.race<Agreed | Probe>([
    opened.then<Agreed | Probe>((agreed) => (agreed.kind === 'agreed' ? agreed : asked)),
    asked.then<Agreed | Probe>((found) => (found.kind === 'modern' ? found : opened)),
  ])
  if (session.kind === 'modern') {
    opening.abandon()
    return { found: session, session: undefined }
  }
  if (session.kind !== 'agreed') return { found: await asked, session: await opened }
  era.abandon()
  return { found: { kind: 'legacy' }, session: guessed(session) }
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
  const first = await dialler.dial(eventsFor(), negotiation.signal, negotiation.owner)
  if (first.kind === 'failed') return failed(first.problem)
  const { transport } = first
  const { found, session } = await askEra(transport, !dialler.survivesProbe, negotiation)
  if (found.kind === 'modern') return { kind: 'agreed', transport, agreement: found.agreement }
  if (session?.kind === 'agreed') return session
  if (found.kind !== 'failed' && dialler.survivesProbe) {
    const opened = session ?? (await openSession(transport, negotiation))
    const agreed = await before(await closeIfFailed(opened, transport))
    // A server of the other era that is out of order knows no sessions, and that is not what is wrong with it.
    const isAside = agreed.kind === 'failed' && agreed.problem.code === 'backend-protocol'
    return found.kind === 'unclear' && isAside ? failed(found.problem) : agreed
  }
  await transport.close(probeGraceMs)
  if (found.kind === 'failed') return failed(found.problem)
  // No answer, for the backend was closed meanwhile: nobody wants another process.
  if (negotiation.signal.aborted)
    return failed(unavailable(negotiation.name, 'it was closed', 'closing'))
  return withSession()
}
