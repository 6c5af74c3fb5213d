// Which part of the server a request is for, by its path.
import { endpointPath } from '../../config/public-url.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import type { Arrived } from '../dialogue/speaker.ts'
import { isOpenPath, serveOther } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { busyAnswer } from './door.ts'
import { serveEndpoint } from './endpoint.ts'
import { headProblem } from './head.ts'
import type { WellKnown } from './metadata-document.ts'
import { refuseRequest } from './refusal.ts'
import type { HttpExchange, ServerState } from './state.ts'
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

const wellKnownPrefix = '/.well-known/'

const wellKnownAt = (state: ServerState, path: string): WellKnown | undefined => {
  if (!path.startsWith(wellKnownPrefix)) return undefined
  const all = [state, ...state.profiles.values()]
  return all.map((one) => one.wellKnown).find((one) => one?.paths.includes(path) === true)
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
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
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
  // A proxy that only verifies is no MCP server.
  if (path === endpointPath && state.generation.backends.length > 0) {
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
