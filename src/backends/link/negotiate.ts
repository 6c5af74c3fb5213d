// Finds out which era a backend speaks and agrees on a revision with it.
import { errorCodes } from '../../base/error-codes.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Reply } from '../../mcp/call.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import {
  isUpstreamLegacyVersion,
  metaKeys,
  metaOf,
  modernVersions,
  newestModern,
} from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import { asUnavailable, outsideProtocol, unavailable } from '../failure.ts'
import type { Agreement } from '../backend.ts'
import type { Dialler, LinkEvents, Transport } from '../transport.ts'
import { ownMeta } from './era-bridge.ts'
import {
  ask,
  failed,
  noAnswer,
  openSession,
  optional,
  type Agreed,
  type Negotiation,
} from './open-session.ts'

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
