// Which part of the server a request is for, by its path.
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Arrived } from '../dialogue/speaker.ts'
import { pathOf } from '../../net/request-path.ts'
import { isOpenPath, serveOther } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { busyAnswer } from './door.ts'
import { serveEndpoint } from './endpoint.ts'
import { headProblem } from './head.ts'
import { refuseRequest } from './refusal.ts'
import { isEndpoint, wellKnownAt } from './served-paths.ts'
import type { HttpExchange } from './state.ts'
import { suffixIn } from './verify-door.ts'
import { serveVerify } from './verify.ts'
import { serveWellKnown } from './well-known.ts'

/** A browser shows no certificate with a preflight, and that gets nothing but headers. */
const certificateProblem = ({ state, req }: HttpExchange, path: string): Problem | undefined => {
  const { tls } = state.generation.config.proxy
  if (tls?.client_auth !== 'require' || isOpenPath(path) || req.method === 'OPTIONS') {
    return undefined
  }
  const shown = state.certificates.of(req.socket)
  return 'missing' in shown
    ? problemOf('req-client-certificate', { why: shown.missing })
    : undefined
}

const atEndpoint: Arrived = { door: 'mcp' }

/** Serves one request. */
export const route = (exchange: HttpExchange): void | Promise<void> => {
  const { state, req, res, headers } = exchange
  const problem = headProblem(req)
  if (problem !== undefined) {
    exchange.headers = { ...headers, connection: 'close' }
    return refuseRequest(exchange, problem)
  }
  const url = req.url ?? '/'
  const path = pathOf(url)
  const unproven = certificateProblem(exchange, path)
  if (unproven !== undefined) {
    exchange.headers = { ...headers, connection: 'close' }
    return refuseRequest(exchange, unproven)
  }
  const { verify } = state
  const suffix = verify === undefined ? undefined : suffixIn(verify, url)
  if (verify !== undefined && suffix !== undefined) {
    exchange.arrived = { door: 'verify' }
    return state.drain.begun
      ? sendJson(res, headers, busyAnswer('The proxy is ending', exchange.requestId))
      : serveVerify(exchange, verify, suffix)
  }
  if (isEndpoint(state, path)) {
    exchange.arrived = atEndpoint
    return state.drain.begun
      ? sendJson(res, headers, busyAnswer('The proxy is ending', exchange.requestId))
      : serveEndpoint(exchange)
  }
  const profile = state.profiles.get(path)
  if (profile !== undefined) {
    exchange.state = profile
    exchange.arrived = { door: 'mcp', path }
    return state.drain.begun
      ? sendJson(res, headers, busyAnswer('The proxy is ending', exchange.requestId))
      : serveEndpoint(exchange)
  }
  const wellKnown = wellKnownAt(state, path)
  if (wellKnown !== undefined) return serveWellKnown(exchange, wellKnown)
  return serveOther(exchange, path)
}
