// The door for gateways that ask before they forward: who the caller is, or the very refusal of the endpoint.
import { scopeCheck } from '../../core/claims/scopes.ts'
import type { Shown } from '../../core/verdict/presentation.ts'
import { fail, problemFrom } from '../../core/verdict/check.ts'
import type { Refusal, Verdict } from '../../core/verdict/verdict.ts'
import { problemOf, problemSpec, type Problem } from '../../problems/problem.ts'
import type { Step } from '../../policy/decision.ts'
import { noteWouldDeny } from '../../proxy/exposure/would-deny.ts'
import { recordVerification } from '../dialogue/decision-record.ts'
import { authenticate, nonceOf } from './authenticate.ts'
import { corsHeaders } from './guard.ts'
import { identityOf } from './identity.ts'
import { bodyIsSmall, refuseCaller, refuseForbidden, refuseRequest } from './refusal.ts'
import type { HttpExchange, KnownHttpExchange } from './state.ts'
import type { VerifyDoor } from './verify-door.ts'

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * The scopes that `?scope=` asks for beside those of every request. They can only be more: if the client writes the
 * query, it can make its own request be refused and nothing else.
 */
const scopesIn = (query: string): readonly string[] | Problem => {
  const scopes: string[] = []
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== 'scope') {
      return problemOf('verify-query', 'unknown', { name: JSON.stringify(name.slice(0, 64)) })
    }
    const words = value.split(' ').filter((word) => word !== '')
    if (words.length === 0 || !words.every((word) => scopeToken.test(word))) {
      return problemOf('verify-query', 'scope')
    }
    scopes.push(...words)
  }
  return scopes
}

const count = ({ state }: HttpExchange, outcome: string, code: string): void =>
  state.ports.meter.counter('mcp_proxy_verifications_total').add({ outcome, code })

const countRefusal = (exchange: HttpExchange, { code }: Problem): void =>
  count(exchange, problemSpec(code).outcome, code)

const refuseAsked = (exchange: HttpExchange, problem: Problem): void => {
  countRefusal(exchange, problem)
  refuseRequest(exchange, problem)
}

const refuse = (exchange: HttpExchange, refusal: Refusal, wanted: readonly string[]): void => {
  count(exchange, refusal.outcome, refusal.problem.code)
  refuseCaller(exchange, refusal, wanted)
}

const forbid = (exchange: KnownHttpExchange, problem: Problem, { check, causes }: Step): void => {
  countRefusal(exchange, problem)
  refuseForbidden(exchange, problem, { checks: [...exchange.checks, check], by: causes })
}

const serveKnown = (
  exchange: KnownHttpExchange,
  door: VerifyDoor,
  wanted: readonly string[],
): void => {
  const { state, res, requestId, principal, checks } = exchange
  const { policy } = state.generation
  const required = [...new Set([...state.generation.gate.requiredScopes, ...wanted])]
  const scopes = wanted.length === 0 ? undefined : scopeCheck(required, principal.scopes)
  if (scopes?.status === 'fail') {
    const problem = problemFrom(scopes)
    return refuse(exchange, { outcome: 'rejected', problem, checks: [...checks, scopes] }, wanted)
  }
  const decision = policy.decideCaller({ principal })
  const wouldDeny = decision.reported.map(({ rule, check }) => ({
    rule,
    problem: problemFrom(check),
  }))
  for (const one of wouldDeny) {
    noteWouldDeny(state.ports, { requestId, principal, asked: { door: 'verify' } }, one)
  }
  const { check: role } = decision
  if (role.status === 'fail') return forbid(exchange, problemFrom(role), decision)
  const identity = identityOf(door.headers, principal, () => policy.rolesOf({ principal }))
  if ('code' in identity) return forbid(exchange, identity, { check: fail(identity), causes: [] })
  count(exchange, 'accepted', '')
  recordVerification(exchange, scopes === undefined ? checks : [...checks, scopes], wouldDeny)
  res.writeHead(200, {
    ...exchange.headers,
    ...identity.headers,
    'cache-control': 'no-store',
    'content-length': 0,
    // What was sent as a body is not read: a large one ends with its connection.
    ...(bodyIsSmall(exchange) ? {} : { connection: 'close' }),
  })
  res.end()
}

const askingMethods: readonly (string | undefined)[] = ['GET', 'HEAD', 'POST']

const refuseMethod = ({ res, headers }: HttpExchange): void => {
  res.writeHead(405, {
    ...headers,
    allow: askingMethods.join(', '),
    connection: 'close',
    'content-length': 0,
  })
  res.end()
}

/** `suffix`: of a URL that is one of this door. */
export const serveVerify = (
  exchange: HttpExchange,
  door: VerifyDoor,
  suffix: string,
): void | Promise<void> => {
  const { state, req } = exchange
  const { origin } = req.headers
  exchange.address = door.clientAddress(req)
  const appended = suffix.startsWith('/') ? suffix : ''
  // With an appended path the method is that of the original.
  if (appended === '' && !askingMethods.includes(req.method)) return refuseMethod(exchange)
  const original = door.original(req, appended)
  if ('code' in original) return refuseAsked(exchange, original)
  const { method, path, url } = original
  exchange.arrived = { door: 'verify', method, path }
  const foreign = state.guard.check(req.headers)
  if (foreign !== undefined) return refuseAsked(exchange, foreign)
  const nonce = nonceOf(state)
  exchange.headers = {
    ...exchange.headers,
    ...(origin === undefined ? {} : corsHeaders(origin)),
    ...(nonce === undefined ? {} : { 'dpop-nonce': nonce }),
  }
  const wanted = scopesIn(appended === '' ? suffix.slice(1) : '')
  if ('code' in wanted) return refuseAsked(exchange, wanted)
  if (wanted.length > 0) exchange.arrived = { ...exchange.arrived, wantedScopes: wanted }
  const read = state.shown?.(req)
  const shown: Shown | undefined = read === undefined ? undefined : { ...read, method, url }
  return authenticate(exchange, shown, (known, verdict: Verdict) =>
    verdict.outcome === 'accepted'
      ? serveKnown(known.knownBy(verdict), door, wanted)
      : refuse(known, verdict, wanted),
  )
}
