// Health, readiness and the admin API: the first two open, the rest for those that hold an admin token.
import type { IncomingMessage } from 'node:http'
import { isLoopbackHost } from '../../net/address.ts'
import { errorCodes } from '../../base/error-codes.ts'
import type { JsonObject } from '../../base/json.ts'
import { type Problem, problemOf, problemSpec } from '../../problems/problem.ts'
import { endpointPath } from '../../config/public-url.ts'
import { parseAuthorization } from '../../core/token/bearer.ts'
import { problemReport } from '../../core/verdict/checks-report.ts'
import { localCaller, type AdminCaller } from '../admin/rights.ts'
import type { AdminAnswer, AdminRoute } from '../admin/route.ts'
import { readAdminBody, type AdminBody } from './admin-body.ts'
import { serveFeed } from './admin-feed.ts'
import { adminContextOf, noteAct } from './admin-context.ts'
import { sendPage } from './admin-page.ts'
import { carryOut } from './arrival.ts'
import { sendJson } from './answer-stream.ts'
import { isForwarded } from './forwarded.ts'
import { refuseAdmin } from './refusal.ts'
import type { HttpExchange } from './state.ts'

const sendValue = ({ res, headers }: HttpExchange, status: number, value: unknown): void =>
  sendJson(
    res,
    { ...headers, 'cache-control': 'no-store' },
    { status, body: Buffer.from(JSON.stringify(value)) },
  )

/** The process runs. */
const health = (exchange: HttpExchange): void => sendValue(exchange, 200, { status: 'ok' })

/** Whether calls can be decided and answered now; codes only, since anybody may ask. */
const ready = (exchange: HttpExchange): void => {
  const { state } = exchange
  const { ready: able, problems } = state.generation.ready()
  const isReady = able && !state.drain.begun
  sendValue(exchange, isReady ? 200 : 503, {
    status: isReady ? 'ready' : state.drain.begun ? 'draining' : 'not ready',
    problems: problems.map(({ code }) => code),
  })
}

export const nothingServed = { error: { message: 'Nothing is served at this path' } }

const notFound = (exchange: HttpExchange): void => sendValue(exchange, 404, nothingServed)

/** The endpoint with a slash too many, in other letters, or left out; and where other servers have theirs. */
const meansEndpoint = (path: string): boolean =>
  ['', endpointPath, '/sse', '/messages', '/message'].includes(
    path.replace(/\/+$/, '').toLowerCase(),
  )

/** That of a profile, likewise. */
const profileMeant = ({ state }: HttpExchange, path: string): string | undefined => {
  const plain = path.replace(/\/+$/, '').toLowerCase()
  return state.profiles.has(plain) ? plain : undefined
}

/** One that speaks MCP at the wrong path gets the right one. */
const elsewhere = (exchange: HttpExchange, right: string): void =>
  sendValue(exchange, 404, {
    jsonrpc: '2.0',
    id: null,
    error: {
      code: errorCodes.invalidRequest,
      message: `Nothing is served at this path: the MCP endpoint is ${right}`,
      data: { path: right },
    },
  })

const refused: Problem = problemOf('policy-admin')

const isRead = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD'

/**
 * With admin tokens: the holder of the one that is shown. Without any: a loopback peer of a loopback listener, speaking to
 * it directly, since behind a reverse proxy on this machine everybody looks like one. A page that a browser shows is
 * asked where it comes from before it changes anything.
 */
const callerOf = ({ state, req }: HttpExchange): AdminCaller | Problem => {
  const { admin, guard, generation } = state
  if (admin.count > 0) {
    const credential = parseAuthorization(req.headersDistinct['authorization'])
    const holder = 'token' in credential ? admin.holderOf(credential.token) : undefined
    const foreign =
      isRead(req.method) || req.headers.origin === undefined ? undefined : guard.check(req.headers)
    return holder === undefined ? refused : (foreign ?? holder)
  }
  const direct =
    isLoopbackHost(generation.config.proxy.listen.host) &&
    isLoopbackHost(req.socket.remoteAddress ?? '') &&
    !isForwarded(req)
  return direct ? (guard.check(req.headers) ?? localCaller) : refused
}

const wrongMethod = ({ res, headers }: HttpExchange, allow: string): void => {
  res.writeHead(405, { ...headers, allow, 'content-length': 0 })
  res.end()
}

type Serve = (exchange: HttpExchange, path: string) => void | Promise<void>

const openPaths: Readonly<Record<string, Serve>> = { '/health': health, '/ready': ready }

export const isOpenPath = (path: string): boolean => Object.hasOwn(openPaths, path)

export const isAdminPath = (path: string): boolean =>
  path === '/admin' || path.startsWith('/admin/')

/** A refusal that concerns the request, not the caller: that one has been let in. */
const sendProblem = (exchange: HttpExchange, problem: Problem, more: JsonObject = {}): void => {
  const error = { ...problemReport(problem), message: problem.detail }
  sendValue(exchange, problemSpec(problem.code).http ?? 400, { error, ...more })
}

const sendText = ({ res, headers }: HttpExchange, type: string, text: string): void => {
  const body = Buffer.from(text)
  res.writeHead(200, { ...headers, 'content-type': type, 'content-length': body.length })
  res.end(body)
}

const sendAnswer = (exchange: HttpExchange, answer: AdminAnswer): void => {
  switch (answer.kind) {
    case 'json':
      return sendValue(exchange, answer.status, answer.value)
    case 'text':
      return sendText(exchange, answer.type, answer.text)
    case 'refused':
      return sendProblem(exchange, answer.problem, answer.more)
    case 'events': {
      const problem = serveFeed(exchange, answer.feed)
      if (problem !== undefined) sendProblem(exchange, problem)
    }
  }
}

const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams => {
  const at = url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1))
}

interface Asked {
  readonly route: AdminRoute
  readonly params: Readonly<Record<string, string>>
  readonly caller: AdminCaller
}

const serveRead = async (
  exchange: HttpExchange,
  { route, params, caller }: Asked,
  body: AdminBody,
): Promise<void> => {
  if ('problem' in body) return sendProblem(exchange, body.problem)
  if (route.right !== 'read') {
    const { state, requestId } = exchange
    noteAct(state, { requestId, caller: caller.name, operation: route.id })
  }
  const lastEventId = exchange.req.headers['last-event-id']
  const answer = await route.serve(
    {
      params,
      query: queryOf(exchange.req),
      body: body.value,
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    },
    adminContextOf(exchange.state, caller),
  )
  sendAnswer(exchange, answer)
}

const serveRoute = (exchange: HttpExchange, asked: Asked): void | Promise<void> => {
  const { route, caller } = asked
  const { right, method } = route
  if (!caller.rights.includes(right)) {
    return refuseAdmin(exchange, problemOf('admin-right', { name: caller.name, right }))
  }
  if (method === 'GET' || method === 'DELETE') {
    return serveRead(exchange, asked, { value: undefined })
  }
  const onBody = (body: AdminBody) => serveRead(exchange, asked, body)
  readAdminBody(exchange.req, route.body, (body) => carryOut(exchange, onBody, body))
}

/** Relative, for proxies that serve it below another path. */
const toPage = ({ res, headers }: HttpExchange): void => {
  res.writeHead(308, { ...headers, location: 'admin/', 'content-length': 0 })
  res.end()
}

/**
 * A browser that opens an address cannot show a token. Where there are admin tokens, the page is for everybody: it is the same
 * for all, and asks for the token that its requests then show. Resolves with whether it was served.
 */
const servedPage = async (
  exchange: HttpExchange,
  path: string,
  caller: AdminCaller | Problem,
): Promise<boolean> => {
  if (path !== '/admin/' && path !== '/admin') return false
  if (!isRead(exchange.req.method)) return false
  if ('code' in caller && exchange.state.admin.count === 0) return false
  const page = await exchange.state.page()
  if (page === undefined) return false
  if (path === '/admin') toPage(exchange)
  else sendPage(exchange, page)
  return true
}

const serveAdmin = async (exchange: HttpExchange, path: string): Promise<void> => {
  exchange.arrived = { door: 'admin' }
  const caller = callerOf(exchange)
  if (await servedPage(exchange, path, caller)) return
  if ('code' in caller) return refuseAdmin(exchange, caller)
  const { method = '' } = exchange.req
  // Most proxies are never asked.
  const { routesAt } = await import('../admin/routes.ts')
  const found = routesAt(path)
  if (found === undefined) return notFound(exchange)
  const { routes, paramsOf } = found
  const route = routes.get(isRead(method) ? 'GET' : method)
  if (route === undefined) {
    const allowed = [...routes.keys()].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]))
    return wrongMethod(exchange, allowed.join(', '))
  }
  return serveRoute(exchange, { route, params: paramsOf(route), caller })
}

/** Everything that is neither the endpoint nor the metadata. */
export const serveOther = (exchange: HttpExchange, path: string): void | Promise<void> => {
  if (isOpenPath(path)) {
    return isRead(exchange.req.method)
      ? openPaths[path]?.(exchange, path)
      : wrongMethod(exchange, 'GET, HEAD')
  }
  if (isAdminPath(path)) return serveAdmin(exchange, path)
  const { backends } = exchange.state.generation
  const right =
    backends.length > 0 && meansEndpoint(path) ? endpointPath : profileMeant(exchange, path)
  return right === undefined ? notFound(exchange) : elsewhere(exchange, right)
}
