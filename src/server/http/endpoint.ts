// The MCP endpoint: who may speak, who speaks, what was said, and which era answers.
import { readJson } from '../../base/exact-json.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import { isTooDeep, maxDepth } from '../../mcp/envelope.ts'
import { readMessage, type Message } from '../../mcp/message.ts'
import { carryOut } from './arrival.ts'
import { authenticate, nonceOf } from './authenticate.ts'
import { readBody } from './body.ts'
import { corsHeaders, preflightHeaders } from './guard.ts'
import { endSession, serveBatch, serveLegacy, serveStream } from './legacy.ts'
import { claimsModern } from '../dialogue/modern-envelope.ts'
import { hasModernHeader, refuseWithoutEnvelope, serveModern } from './modern.ts'
import { refuseCaller, refuseMessage, refuseRequest } from './refusal.ts'
import type { HttpExchange, KnownHttpExchange } from './state.ts'

const allowed = 'POST, GET, DELETE, OPTIONS'

const tooLarge = (limit: number): Problem => problemOf('req-body-size', { limit })

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Undefined when the body is not UTF-8 JSON. */
const parse = (body: Buffer): { readonly value: unknown } | undefined => {
  try {
    return { value: readJson(decoder.decode(body)) }
  } catch {
    return undefined
  }
}

const accept = ({ res, headers }: HttpExchange): void => {
  res.writeHead(202, { ...headers, 'content-length': 0 })
  res.end()
}

/** The body alone decides the era; the version header is only compared with it. */
const serveMessage = (exchange: KnownHttpExchange, message: Message): void | Promise<void> => {
  switch (message.kind) {
    case 'invalid': {
      const detail = problemOf('req-shape', { why: message.why })
      refuseMessage(exchange, message.id, { problem: detail })
      return
    }
    case 'request': {
      const { request } = message
      if (claimsModern(request.params)) return serveModern(exchange, request)
      if (hasModernHeader(exchange)) return refuseWithoutEnvelope(exchange, request)
      return serveLegacy(exchange, message)
    }
    case 'notification': {
      const modern = claimsModern(message.notification.params) || hasModernHeader(exchange)
      // No notification of a stateless client means anything to us.
      return modern ? accept(exchange) : serveLegacy(exchange, message)
    }
    case 'result':
    case 'error': {
      if (!hasModernHeader(exchange)) return serveLegacy(exchange, message)
      const detail = problemOf('req-shape', { why: 'a response' })
      refuseMessage(exchange, message.id, { problem: detail })
    }
  }
}

const serveBody = (
  exchange: KnownHttpExchange,
  body: Buffer | 'too large',
): void | Promise<void> => {
  if (body === 'too large') {
    return refuseRequest(
      exchange,
      tooLarge(exchange.state.generation.config.security.max_body_bytes),
    )
  }
  if (isTooDeep(body)) {
    const detail = problemOf('req-depth', { limit: maxDepth })
    return refuseRequest(exchange, detail)
  }
  const parsed = parse(body)
  if (parsed === undefined) {
    return refuseRequest(exchange, problemOf('req-json'))
  }
  const { value } = parsed
  return Array.isArray(value)
    ? serveBatch(exchange, value)
    : serveMessage(exchange, readMessage(value))
}

const servePost = (exchange: KnownHttpExchange): void => {
  const limit = exchange.state.generation.config.security.max_body_bytes
  const onBody = (body: Buffer | 'too large') => serveBody(exchange, body)
  readBody(exchange.req, limit, (body) => carryOut(exchange, onBody, body))
}

const refuseHttpMethod = ({ res, headers }: HttpExchange, allow: string): void => {
  res.writeHead(405, { ...headers, allow, 'content-length': 0 })
  res.end()
}

const serveKnown = (exchange: KnownHttpExchange): void | Promise<void> => {
  const { req } = exchange
  if (req.method === 'POST') return servePost(exchange)
  // Without a session there is nothing to stream or to end (transports, 2026-07-28).
  if (req.headers['mcp-session-id'] === undefined)
    return refuseHttpMethod(exchange, 'POST, OPTIONS')
  return req.method === 'GET' ? serveStream(exchange) : endSession(exchange)
}

const serveVerdict = (exchange: HttpExchange, verdict: Verdict): void | Promise<void> => {
  if (verdict.outcome !== 'accepted') return refuseCaller(exchange, verdict)
  return serveKnown(exchange.knownBy(verdict))
}

const serveAllowed = (exchange: HttpExchange): void | Promise<void> => {
  const { state, req, res, headers } = exchange
  if (req.method === 'OPTIONS') {
    res.writeHead(204, {
      ...headers,
      ...preflightHeaders(req.headers['access-control-request-headers']),
      allow: allowed,
    })
    res.end()
    return
  }
  const limit = state.generation.config.security.max_body_bytes
  if (Number(req.headers['content-length'] ?? 0) > limit) {
    return refuseRequest(exchange, tooLarge(limit))
  }
  return authenticate(exchange, state.shown?.(req), serveVerdict)
}

export const serveEndpoint = (exchange: HttpExchange): void | Promise<void> => {
  const { state, req } = exchange
  const { method } = req
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE' && method !== 'OPTIONS') {
    return refuseHttpMethod(exchange, allowed)
  }
  const foreign = state.guard.check(req.headers)
  if (foreign !== undefined) return refuseRequest(exchange, foreign)
  const { origin } = req.headers
  const nonce = nonceOf(state)
  if (origin !== undefined) exchange.headers = { ...exchange.headers, ...corsHeaders(origin) }
  if (nonce !== undefined) exchange.headers = { ...exchange.headers, 'dpop-nonce': nonce }
  return serveAllowed(exchange)
}
