// Refusals over HTTP: the status, the challenge and the words for the caller; the reasons for the log.
import { errorCodes } from '../../base/error-codes.ts'
import type { OutgoingHttpHeaders } from 'node:http'
import { openHintOf, type Problem, problemSpec } from '../../problems/problem.ts'
import { fingerprint } from '../../base/secret.ts'
import type { Check } from '../../core/verdict/check.ts'
import { answerToRefusal, type ChallengingResource } from '../../core/challenge/http-answer.ts'
import { challenge, resourceMetadataUrl } from '../../core/challenge/resource-metadata.ts'
import type { Refusal } from '../../core/verdict/verdict.ts'
import type { Cause } from '../../policy/decision.ts'
import type { JsonRpcId } from '../../mcp/json-rpc.ts'
import { sendJson } from './answer-stream.ts'
import { recordRefusal, type MessageRefusal } from '../dialogue/decision-record.ts'
import { errorMessage, errorOfProblem, type Answer } from '../dialogue/respond.ts'
import type { HttpExchange } from './state.ts'
import { tokenFacts } from './token-facts.ts'

interface Refused {
  readonly problem: Problem
  readonly status: number
  /** What the caller reads: the evidence of a token stays in the log. */
  readonly message: string
  /** Where a token was judged. */
  readonly checks?: readonly Check[]
  /** Where the policy refused. */
  readonly by?: readonly Cause[]
  readonly headers?: OutgoingHttpHeaders
  readonly retryAfterSeconds?: number
}

/** Larger bodies are not read to their end only to refuse them on a connection that lives on. */
const smallBody = 65_536

export const bodyIsSmall = ({ req }: HttpExchange): boolean => {
  const length = req.headers['content-length']
  if (length === undefined) return req.headers['transfer-encoding'] === undefined
  return Number(length) <= smallBody
}

const record = (exchange: HttpExchange, { problem, status, checks, by }: Refused): void => {
  const { req } = exchange
  const token = /^(?:bearer|dpop) +(\S+)/i.exec(req.headers.authorization ?? '')?.[1]
  recordRefusal(exchange, problem, {
    status,
    http_method: exchange.arrived?.method ?? req.method,
    token:
      token === undefined ? undefined : { ...tokenFacts(token), fingerprint: fingerprint(token) },
    ...(checks === undefined ? {} : { checks }),
    ...(by === undefined ? {} : { by }),
  })
}

const send = (exchange: HttpExchange, refused: Refused): void => {
  const { res, headers } = exchange
  record(exchange, refused)
  const { problem, status, message, retryAfterSeconds } = refused
  const { jsonrpc = errorCodes.invalidRequest } = problemSpec(problem.code)
  const { code, case: name } = problem
  const body = errorMessage(undefined, {
    code: jsonrpc,
    message,
    // The remedy may repeat what was compared: callers who are refused do not see that.
    data: {
      code,
      ...(name === undefined ? {} : { case: name }),
      hint: openHintOf(problem),
      requestId: exchange.requestId,
    },
  })
  const close = bodyIsSmall(exchange) ? {} : { connection: 'close' }
  sendJson(
    res,
    { ...headers, ...close, ...refused.headers },
    { status, body, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  )
}

/** For what is wrong with the request, not with the caller. */
export const refuseRequest = (exchange: HttpExchange, problem: Problem): void => {
  const status = problemSpec(problem.code).http ?? 400
  send(exchange, { problem, status, message: problem.detail })
}

/** For what is wrong with a message that could be read: the error carries the message's id. */
export const refuseMessage = (
  exchange: HttpExchange,
  id: JsonRpcId | undefined,
  { problem, status = problemSpec(problem.code).http ?? 400, data }: MessageRefusal,
): void => {
  record(exchange, { problem, status, message: problem.detail })
  const body = errorMessage(id, errorOfProblem(problem, { ...data, requestId: exchange.requestId }))
  sendJson(exchange.res, exchange.headers, { status, body })
}

const resourceOf = ({ state, req }: HttpExchange): ChallengingResource => {
  const { publicUrl, gate } = state.generation
  const published = publicUrl !== undefined && gate.authorizationServers.length > 0
  return {
    resourceMetadata: published ? resourceMetadataUrl(publicUrl) : undefined,
    requiredScopes: gate.requiredScopes,
    possession: gate.possession,
    scheme: /^\s*dpop\b/i.test(req.headers.authorization ?? '') ? 'dpop' : 'bearer',
  }
}

const union = (some: readonly string[], others: readonly string[]): readonly string[] => [
  ...new Set([...some, ...others]),
]

/** The answer with its challenge: all scopes that the call needs, those of every call included (RFC 6750 section 3.1). */
export const withChallenge = (exchange: HttpExchange, answer: Answer): Answer => {
  if (answer.stepUp === undefined) return answer
  const { problem, scopes } = answer.stepUp
  const resource = resourceOf(exchange)
  const needed = union(resource.requiredScopes, scopes)
  return { ...answer, challenge: challenge(problem, { ...resource, scopes: needed }) }
}

/**
 * For what is wrong with the caller's token: the title of the problem, never its evidence. `alsoNeeded`: scopes beside those
 * of every request, for the challenge.
 */
export const refuseCaller = (
  exchange: HttpExchange,
  refusal: Refusal,
  alsoNeeded: readonly string[] = [],
): void => {
  const resource = resourceOf(exchange)
  const answer = answerToRefusal(
    refusal,
    alsoNeeded.length === 0
      ? resource
      : { ...resource, requiredScopes: union(resource.requiredScopes, alsoNeeded) },
  )
  const { status, retryAfterSeconds } = answer
  const { problem, checks } = refusal
  send(exchange, {
    problem,
    checks,
    status,
    message: problemSpec(problem.code).title,
    ...(answer.challenge === undefined
      ? {}
      : { headers: { 'www-authenticate': answer.challenge } }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

/** For an accepted caller that no other token would help: no challenge. */
export const refuseForbidden = (
  exchange: HttpExchange,
  problem: Problem,
  reasons: { readonly checks: readonly Check[]; readonly by: readonly Cause[] },
): void =>
  send(exchange, { problem, ...reasons, status: 403, message: problemSpec(problem.code).title })

/** The admin surface has a credential of its own, so its challenge points to no authorization server. */
export const refuseAdmin = (exchange: HttpExchange, problem: Problem): void => {
  const needsToken = problem.code === 'policy-admin' && exchange.state.admin.count > 0
  send(exchange, {
    problem,
    status: needsToken ? 401 : 403,
    message: problem.detail,
    ...(needsToken ? { headers: { 'www-authenticate': 'Bearer realm="admin"' } } : {}),
  })
}
