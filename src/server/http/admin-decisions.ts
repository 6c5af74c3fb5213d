// Decisions over the admin surface: one by its id, a list of the newest, and a stream of those to come.
import type { JsonObject } from '../../base/json.ts'
import { filterNames, matches, type DecisionFilter } from '../../decisions/decision-filter.ts'
import { decisionReport, decisionSummary } from '../../decisions/decision-report.ts'
import type { KeptDecision } from '../../decisions/decision.ts'
import { encodeSse, sseComment } from '../../mcp/sse.ts'
import { problemOf, problemSpec, type Problem } from '../../problems/problem.ts'
import { problemReport } from '../../core/verdict/checks-report.ts'
import { sendAdminJson } from './admin-answer.ts'
import { streamHeaders } from './answer-stream.ts'
import type { HttpExchange } from './state.ts'

const listPath = '/admin/decisions'
const onePrefix = `${listPath}/`

export const isAboutDecisions = (path: string): boolean =>
  path === listPath || path.startsWith(onePrefix)

const usualLimit = 100
const mostListed = 1000
/** As many may follow at once; each costs an object and a connection. */
const mostFollowers = 16
/** What may wait for a follower that reads slowly. */
const mostBuffered = 1_048_576

const queryOf = ({ req }: HttpExchange): URLSearchParams => {
  const url = req.url ?? ''
  const at = url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1))
}

const known: ReadonlySet<string> = new Set([...filterNames, 'limit', 'after'])

interface Query {
  readonly filter: DecisionFilter
  readonly limit: number
  /** Decisions after that number. */
  readonly after: number | undefined
}

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined

const refuse = (exchange: HttpExchange, problem: Problem, more: JsonObject = {}): undefined => {
  const error = { ...problemReport(problem), message: problem.detail }
  sendAdminJson(exchange, problemSpec(problem.code).http ?? 400, { error, ...more })
  return undefined
}

/** Undefined where the query is refused, and answered. */
const readQuery = (exchange: HttpExchange): Query | undefined => {
  const query = queryOf(exchange)
  for (const name of query.keys()) {
    if (!known.has(name)) {
      const names = [...known].join(', ')
      return refuse(exchange, problemOf('admin-query', 'unknown', { name, names }))
    }
  }
  for (const name of ['limit', 'after']) {
    if (query.has(name) && wholeNumber(query.get(name)) === undefined) {
      return refuse(exchange, problemOf('admin-query', 'no-number', { name }))
    }
  }
  const filter: DecisionFilter = Object.fromEntries(
    filterNames.map((name) => [name, query.get(name) ?? undefined]),
  )
  return {
    filter,
    limit: Math.min(wholeNumber(query.get('limit')) ?? usualLimit, mostListed),
    after: wholeNumber(query.get('after')),
  }
}

const serveList = (exchange: HttpExchange): void => {
  const query = readQuery(exchange)
  if (query === undefined) return
  const { decisions } = exchange.state
  const { after = 0, filter, limit } = query
  const found = decisions.newest().filter((one) => one.seq > after && matches(one, filter))
  const shown: readonly object[] = found.slice(0, limit).map(decisionSummary)
  sendAdminJson(exchange, 200, { decisions: shown as readonly JsonObject[], found: found.length })
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `/admin/decisions` and `/admin/decisions/<request id>`. */
export const serveDecisions = (exchange: HttpExchange, path: string): void => {
  if (path === listPath) return serveList(exchange)
  const id = decoded(path.slice(onePrefix.length))
  const found: readonly object[] = exchange.state.decisions.find(id).map(decisionReport)
  if (found.length > 0) {
    return sendAdminJson(exchange, 200, { id, decisions: found as readonly JsonObject[] })
  }
  const { keep } = exchange.state.generation.config.observability.decisions
  const shown = id.slice(0, 100)
  const problem =
    keep === 0
      ? problemOf('admin-decision', 'none', { id: shown })
      : problemOf('admin-decision', 'unknown', { id: shown, keep })
  refuse(exchange, problem, { keep })
}

const eventOf = (decision: KeptDecision): string =>
  encodeSse(JSON.stringify(decisionSummary(decision)), {
    event: 'decision',
    id: String(decision.seq),
  })

/** A stream of decisions (Server-Sent Events). Last-Event-ID, or `after`, names the last that was seen. */
export const serveEvents = (exchange: HttpExchange): void => {
  const query = readQuery(exchange)
  if (query === undefined) return
  const { state, req, res, headers } = exchange
  const { decisions, followers, answers } = state
  if (followers.size >= mostFollowers) {
    return refuse(exchange, problemOf('admin-followers', { limit: mostFollowers }))
  }
  const { filter } = query
  const lastSeen = req.headers['last-event-id']
  const from = wholeNumber(typeof lastSeen === 'string' ? lastSeen : null) ?? query.after
  let missed = 0
  const write = (decision: KeptDecision): void => {
    if (!matches(decision, filter)) return
    // A follower that reads slowly never slows calls: it misses some, and is told how many.
    if (res.writableLength > mostBuffered) {
      missed += 1
      return
    }
    if (missed > 0) res.write(encodeSse(JSON.stringify({ missed }), { event: 'missed' }))
    missed = 0
    res.write(eventOf(decision))
  }
  res.writeHead(200, { ...headers, ...streamHeaders, 'cache-control': 'no-store' })
  if (req.method === 'HEAD') {
    res.end()
    return
  }
  res.write(sseComment('decisions'))
  if (from !== undefined) for (const decision of decisions.after(from)) write(decision)
  const stop = decisions.follow(write)
  const following = followers.add({ end: () => res.end() })
  const alive = answers.add({
    keepAlive: () => {
      if (res.writableLength === 0) res.write(sseComment('keep-alive'))
    },
  })
  res.once('close', () => {
    stop()
    followers.remove(following)
    answers.remove(alive)
  })
}
