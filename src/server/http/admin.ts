// Health, readiness and the admin surface: the first two open, the rest for whoever holds the admin token.
import { isLoopbackHost } from '../../net/address.ts'
import { errorCodes } from '../../base/error-codes.ts'
import { type Problem, problemOf } from '../../problems/problem.ts'
import { endpointPath } from '../../config/public-url.ts'
import { parseAuthorization } from '../../core/token/bearer.ts'
import { circuitsOf, statusOf } from '../../proxy/generation/status.ts'
import { clearCaches, serveCacheStats } from './admin-caches.ts'
import { servePins } from './admin-pins.ts'
import { isAboutDecisions, serveDecisions, serveEvents } from './admin-decisions.ts'
import { sendAdminJson } from './admin-answer.ts'
import { isForwarded } from './forwarded.ts'
import { refuseAdmin } from './refusal.ts'
import type { HttpExchange } from './state.ts'

/** The process runs. */
const health = (exchange: HttpExchange): void => sendAdminJson(exchange, 200, { status: 'ok' })

/** Whether calls can be decided and answered now; codes only, since anybody may ask. */
const ready = (exchange: HttpExchange): void => {
  const { state } = exchange
  const { ready: able, problems } = state.generation.ready()
  const isReady = able && !state.drain.begun
  sendAdminJson(exchange, isReady ? 200 : 503, {
    status: isReady ? 'ready' : state.drain.begun ? 'draining' : 'not ready',
    problems: problems.map(({ code }) => code),
  })
}

const notFound = (exchange: HttpExchange): void =>
  sendAdminJson(exchange, 404, { error: { message: 'Nothing is served at this path' } })

/** The endpoint with a slash too many, in other letters, or left out; and where other servers have theirs. */
const meansEndpoint = (path: string): boolean =>
  ['', endpointPath, '/sse', '/messages', '/message'].includes(
    path.replace(/\/+$/, '').toLowerCase(),
  )

/** One that speaks MCP at the wrong path gets the right one. */
const elsewhere = (exchange: HttpExchange): void =>
  sendAdminJson(exchange, 404, {
    jsonrpc: '2.0',
    id: null,
    error: {
      code: errorCodes.invalidRequest,
      message: `Nothing is served at this path: the MCP endpoint is ${endpointPath}`,
      data: { path: endpointPath },
    },
  })

const metrics = async (exchange: HttpExchange): Promise<void> => {
  const { state, res, headers } = exchange
  const { metrics: text, metricsType } = state.telemetry
  if (text === undefined) {
    notFound(exchange)
    return
  }
  state.ports.meter.gauge('mcp_proxy_sessions').set({}, state.sessions.count)
  const body = Buffer.from(await text())
  res.writeHead(200, { ...headers, 'content-type': metricsType, 'content-length': body.length })
  res.end(body)
}

const refused: Problem = problemOf('policy-admin')

/**
 * With an admin token: the token. Without one: a loopback peer of a loopback listener, speaking to it
 * directly, since behind a reverse proxy on this machine everybody looks like one.
 */
const adminProblem = ({ state, req }: HttpExchange): Problem | undefined => {
  const { security, proxy } = state.generation.config
  if (security.admin_token !== undefined) {
    const credential = parseAuthorization(req.headersDistinct['authorization'])
    const good = 'token' in credential && security.admin_token.equals(credential.token)
    return good ? undefined : refused
  }
  const direct =
    isLoopbackHost(proxy.listen.host) &&
    isLoopbackHost(req.socket.remoteAddress ?? '') &&
    !isForwarded(req)
  return direct ? state.guard.check(req.headers) : refused
}

const wrongMethod = ({ res, headers }: HttpExchange, allow = 'GET, HEAD'): void => {
  res.writeHead(405, { ...headers, allow, 'content-length': 0 })
  res.end()
}

type Serve = (exchange: HttpExchange, path: string) => void | Promise<void>

const openPaths: Readonly<Record<string, Serve>> = { '/health': health, '/ready': ready }

export const isOpenPath = (path: string): boolean => Object.hasOwn(openPaths, path)

const nowOf = ({ state }: HttpExchange): number => state.ports.clock.now()

const adminPaths: Readonly<Record<string, Serve>> = {
  '/admin/metrics': metrics,
  '/admin/backends': (exchange) =>
    sendAdminJson(exchange, 200, statusOf(exchange.state.generation, nowOf(exchange))),
  '/admin/circuit-breakers': (exchange) =>
    sendAdminJson(exchange, 200, circuitsOf(exchange.state.generation, nowOf(exchange))),
  '/admin/cache/stats': serveCacheStats,
  '/admin/pins': servePins,
  '/admin/events': serveEvents,
}

/** What changes something. Its body is not read: there is nothing to say. */
const adminActions: Readonly<Record<string, Serve>> = { '/admin/cache/clear': clearCaches }

const at = (paths: Readonly<Record<string, Serve>>, path: string): Serve | undefined =>
  Object.hasOwn(paths, path) ? paths[path] : undefined

/** Everything that is neither the endpoint nor the metadata. */
export const serveOther = async (exchange: HttpExchange, path: string): Promise<void> => {
  const { method } = exchange.req
  const isRead = method === 'GET' || method === 'HEAD'
  const open = at(openPaths, path)
  if (open !== undefined) return isRead ? open(exchange, path) : wrongMethod(exchange)
  if (path !== '/admin' && !path.startsWith('/admin/')) {
    const { backends } = exchange.state.generation
    return backends.length > 0 && meansEndpoint(path) ? elsewhere(exchange) : notFound(exchange)
  }
  exchange.arrived = { door: 'admin' }
  const problem = adminProblem(exchange)
  if (problem !== undefined) return refuseAdmin(exchange, problem)
  const act = at(adminActions, path)
  if (act !== undefined) {
    return method === 'POST' ? act(exchange, path) : wrongMethod(exchange, 'POST')
  }
  const serve = at(adminPaths, path) ?? (isAboutDecisions(path) ? serveDecisions : undefined)
  if (serve === undefined) return notFound(exchange)
  return isRead ? serve(exchange, path) : wrongMethod(exchange)
}
