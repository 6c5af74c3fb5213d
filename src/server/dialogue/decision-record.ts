// Counts, logs and keeps what the proxy decided: refusals of both doors, and how calls ended. What is logged here is
// written before the answer goes out.
import type { IncomingHttpHeaders } from 'node:http'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Principal } from '../../base/principal.ts'
import { fingerprint } from '../../base/secret.ts'
import { fail, type Check } from '../../core/verdict/check.ts'
import { auditFields } from '../../decisions/audit-fields.ts'
import type {
  ClientName,
  DecidedBy,
  DecidedCaller,
  Decision,
  WouldDeny,
} from '../../decisions/decision.ts'
import { outcomeOf, targetOf } from '../../layers/outcome.ts'
import type { Call, Caller, ClientFacts, Reply, Reuse, SessionPeer } from '../../mcp/call.ts'
import { problemSpec, type Problem } from '../../problems/problem.ts'
import { networkOf } from '../../net/address.ts'
import type { FactsAsked } from '../../proxy/generation/facts-reader.ts'
import { statusOfRefusal } from './respond.ts'
import type { CallState, MessageSource } from './speaker.ts'

/** What a refused token says of itself, and the fingerprint under which logs know it. */
export interface RefusedToken {
  readonly iss: Json | undefined
  readonly aud: Json | undefined
  readonly kid: Json | undefined
  readonly fingerprint: string
}

/** What is known of a refusal beside its problem. */
export interface RefusalFacts {
  /** The HTTP status of the answer; undefined for a client on pipes. */
  readonly status?: number
  readonly http_method?: string | undefined
  readonly token?: RefusedToken | undefined
  /** Where a token was judged. */
  readonly checks?: readonly Check[]
  /** Where the policy refused. */
  readonly by?: readonly DecidedBy[]
}

/** Where a request came from, as far as it could be read. */
interface Source extends Partial<
  Pick<MessageSource, 'principal' | 'req' | 'checks' | 'arrived' | 'address' | 'trace'>
> {
  readonly state: CallState
  readonly requestId: string
}

/** `name/version` of the first product (RFC 9110 section 10.1.5). */
const productOf = ({ 'user-agent': agent }: IncomingHttpHeaders): ClientName | undefined => {
  const [, name, version] = /^([^\s/()]{1,200})(?:\/([^\s()]{1,100}))?/.exec(agent ?? '') ?? []
  return name === undefined ? undefined : { name, version }
}

const longestName = 200
const longestVersion = 100

const clientOf = ({ clientInfo }: ClientFacts): ClientName | undefined => {
  const { name, version } = clientInfo ?? {}
  if (typeof name !== 'string') return undefined
  return {
    name: name.slice(0, longestName),
    version: typeof version === 'string' ? version.slice(0, longestVersion) : undefined,
  }
}

/** As much of the address of the client as observability.client_address lets out. */
const addressOf = ({ state, address }: Source): string | undefined => {
  const { client_address: wanted } = state.generation.config.observability
  if (address === undefined || wanted === 'none') return undefined
  return wanted === 'network' ? networkOf(address) : address
}

/** A session that is known has its own; what only claims to be one is worth a digest where it is recorded. */
const sessionOf = ({ req }: Source, session: SessionPeer | undefined): string | undefined => {
  if (session?.fingerprint !== undefined) return session.fingerprint
  const id = req?.headers['mcp-session-id']
  return typeof id === 'string' ? fingerprint(id) : undefined
}

/** Who asked: the one place where that is derived, for the log, the audit file and the decisions. */
const callerOf = (
  source: Source,
  caller: Pick<Caller, 'client' | 'session'> | undefined,
  token: RefusedToken | undefined,
): DecidedCaller => {
  const { principal, req } = source
  const known: Partial<Principal> = principal ?? {}
  return {
    address: addressOf(source),
    client:
      (caller === undefined ? undefined : clientOf(caller.client)) ??
      (req === undefined ? undefined : productOf(req.headers)),
    iss: known.iss,
    sub: known.sub,
    clientId: known.clientId,
    token: known.fingerprint ?? token?.fingerprint,
    session: sessionOf(source, caller?.session),
    ...(token === undefined || principal !== undefined
      ? {}
      : {
          claimed: {
            ...(token.iss === undefined ? {} : { iss: token.iss }),
            ...(token.aud === undefined ? {} : { aud: token.aud }),
            ...(token.kid === undefined ? {} : { kid: token.kid }),
          },
        }),
  }
}

const noCall = { claimedIssuer: undefined, call: undefined } as const

/** What the decision depended on. Asked for what is kept alone. */
const factsOf = (
  { state, principal, req, arrived }: Source,
  asked: Partial<Pick<FactsAsked, 'call' | 'claimedIssuer'>>,
) =>
  state.generation.facts.of({
    principal,
    headers: req?.headers,
    wantedScopes: arrived?.wantedScopes ?? [],
    ...noCall,
    ...asked,
  })

/** A refusal before there was a call. */
export const recordRefusal = (source: Source, problem: Problem, facts: RefusalFacts = {}): void => {
  const { state, requestId } = source
  const { config } = state.generation
  const { status, http_method, token, checks = source.checks ?? [], by = [] } = facts
  const { arrived } = source
  const asked = { door: arrived?.door, http_method, path: arrived?.path }
  const { outcome } = problemSpec(problem.code)
  state.ports.meter
    .counter('mcp_proxy_refusals_total')
    .add({ code: problem.code, status: status === undefined ? '' : String(status) })
  const caller = callerOf(source, undefined, token)
  const traceId = source.trace?.refused(problem, {
    requestId,
    status,
    name: `${http_method ?? 'message'} ${arrived?.door ?? ''}`.trim(),
  })
  state.tally.refused(problem.code)
  state.ports.log.warn(
    auditFields({
      event: config.observability.audit ? 'audit' : 'refusal',
      id: requestId,
      traceId,
      outcome,
      code: problem.code,
      detail: problem.detail,
      status,
      request: asked,
      caller,
    }),
    'refused',
  )
  state.decisions.add({
    id: requestId,
    traceId,
    time: state.ports.clock.now(),
    outcome,
    status,
    problem,
    checks,
    request: asked,
    caller,
    by,
    wouldDeny: [],
    facts: factsOf(source, { claimedIssuer: token?.iss }),
  })
}

/** What refused the call, or let it through. */
const decidedCauses = ({ state }: Source, call: Call, reply: Reply): readonly DecidedBy[] => {
  if (reply.kind !== 'refusal') return state.generation.facts.allowing(call)
  const { by, rule } = reply
  return by ?? (rule === undefined ? [] : [{ kind: 'limit', name: rule }])
}

/** How a reply reads as a decision; undefined where there is nothing to keep of it. What would be refused is kept as refusals are. */
const decidedBy = (
  reply: Reply,
  { state }: Source,
  wouldDeny: readonly WouldDeny[],
): (Pick<Decision, 'outcome' | 'problem'> & { readonly fate: 'kept' | 'shown' }) | undefined => {
  if (reply.kind === 'failure') return { outcome: 'failed', problem: reply.problem, fate: 'kept' }
  if (reply.kind === 'refusal') {
    const { problem } = reply
    return { outcome: problemSpec(problem.code).outcome, problem, fate: 'kept' }
  }
  const fate = wouldDeny.length > 0 ? 'kept' : state.decisions.takesAccepted()
  return fate === undefined ? undefined : { outcome: 'accepted', fate }
}

const roundedMs = (ms: number): number => Math.round(ms * 1000) / 1000

/** The audit event of a call: one for each, as observability.audit says. */
const auditCall = (source: Source, reply: Reply, facts: CallFacts): void => {
  const { state, requestId } = source
  const { outcome, code, detail } = outcomeOf(reply)
  const rule = reply.kind === 'refusal' ? reply.rule : undefined
  state.ports.log.info(
    auditFields({
      event: 'audit',
      id: requestId,
      outcome,
      code: code === '' ? undefined : code,
      rule,
      detail,
      ...facts,
      durationMs: roundedMs(facts.durationMs),
    }),
    'call',
  )
}

type CallFacts = Pick<Decision, 'request' | 'caller' | 'wouldDeny' | 'traceId'> & {
  readonly durationMs: number
}

/** What was seen of a call until its reply. */
export interface Seen {
  /** When it came: milliseconds since the epoch. */
  readonly begun: number
  readonly wouldDeny: readonly WouldDeny[]
  /** Undefined: the backend was asked, or nothing was. */
  readonly reused?: Reuse | undefined
}

/** A call that has its reply. */
export const recordCall = (source: Source, call: Call, reply: Reply, seen: Seen): void => {
  const { begun, wouldDeny, reused } = seen
  const { state, requestId, checks = [] } = source
  const { request, caller } = call
  state.tally.answered(reply)
  const { audit } = state.generation.config.observability
  const decided = decidedBy(reply, source, wouldDeny)
  if (!audit && decided === undefined) return
  const backend = state.generation.backendOf(request)
  const facts: CallFacts = {
    request: {
      door: source.arrived?.door ?? (source.req === undefined ? 'stdio' : undefined),
      path: source.arrived?.path,
      method: request.method.slice(0, longestName),
      name: targetOf(request),
      backend,
      credential:
        backend === undefined || reply.kind === 'refusal' || reused !== undefined
          ? undefined
          : state.generation.credentialOf(backend),
      reused,
    },
    caller: callerOf(source, caller, undefined),
    traceId: call.trace?.span.context.traceId,
    durationMs: state.ports.clock.now() - begun,
    wouldDeny,
  }
  if (audit) auditCall(source, reply, facts)
  if (decided === undefined) return
  const { problem, fate, outcome } = decided
  // What a limit or the policy asked comes after what was asked of the token.
  const all =
    reply.kind === 'refusal' && problem !== undefined ? [...checks, fail(problem)] : checks
  // An error in a good response has no status of its own, and pipes have none.
  const status =
    reply.kind === 'refusal' && source.req !== undefined
      ? statusOfRefusal(reply, caller.client.era)
      : 200
  const decision: Decision = {
    id: requestId,
    time: begun,
    outcome,
    problem,
    ...(status === 200 ? {} : { status }),
    checks: all,
    ...facts,
    by: decidedCauses(source, call, reply),
    facts: factsOf(source, { call }),
  }
  if (fate === 'kept') state.decisions.add(decision)
  else state.decisions.show(decision)
}

/** A gateway was answered that its caller is accepted: logged, and kept as one of the sample. */
export const recordVerification = (
  source: Source,
  checks: readonly Check[],
  wouldDeny: readonly WouldDeny[],
): void => {
  const { state, requestId, arrived } = source
  const { audit } = state.generation.config.observability
  const fate = wouldDeny.length > 0 ? 'kept' : state.decisions.takesAccepted()
  if (!audit && fate === undefined) return
  const facts = {
    id: requestId,
    traceId: source.trace?.verified({ requestId }),
    outcome: 'accepted',
    status: 200,
    request: { door: arrived?.door, http_method: arrived?.method, path: arrived?.path },
    caller: callerOf(source, undefined, undefined),
    wouldDeny,
  } as const
  if (audit) {
    state.ports.log.info(
      auditFields({ event: 'audit', code: undefined, detail: undefined, ...facts }),
      'verified',
    )
  }
  if (fate === undefined) return
  const decision: Decision = {
    ...facts,
    time: state.ports.clock.now(),
    checks,
    by: [],
    facts: factsOf(source, {}),
  }
  if (fate === 'kept') state.decisions.add(decision)
  else state.decisions.show(decision)
}

export interface MessageRefusal {
  readonly problem: Problem
  /** Where it is not the one of the catalogue. */
  readonly status?: number
  /** More members of the error's data. */
  readonly data?: JsonObject
}
