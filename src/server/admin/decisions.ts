// Decisions over the admin API: one by its id, a list of the newest, and a stream of those to come.
import * as z from 'zod'
import type { JsonObject } from '../../base/json.ts'
import { filterNames, matches, type DecisionFilter } from '../../decisions/decision-filter.ts'
import { decisionReport, decisionSummary } from '../../decisions/decision-report.ts'
import type { DecisionLog } from '../../decisions/decision-log.ts'
import type { Decision, KeptDecision } from '../../decisions/decision.ts'
import { problemOf } from '../../problems/problem.ts'
import type { FeedEvent } from './route.ts'
import { read, Refused, wholeNumber } from './route.ts'
import { decisionSchema, decisionsSchema } from './schemas.ts'

const usualLimit = 100
const mostListed = 1000

const filterShape = Object.fromEntries(
  filterNames.map((name) => [name, z.string().optional()]),
) as Readonly<Record<(typeof filterNames)[number], z.ZodOptional<z.ZodString>>>

const querySchema = z.strictObject({
  ...filterShape,
  limit: wholeNumber.optional().describe(`At most; default ${usualLimit}, up to ${mostListed}`),
  after: wholeNumber.optional().describe('Decisions after this seq'),
})

const list = read({
  path: '/admin/decisions',
  id: 'listDecisions',
  summary: 'The latest decisions, newest first',
  query: querySchema,
  answer: decisionsSchema,
  serve: ({ query }, { decisions }) => {
    const { after = 0, limit = usualLimit, ...filter } = query
    const found = decisions.newest().filter((one) => one.seq > after && matches(one, filter))
    return {
      decisions: found
        .slice(0, Math.min(limit, mostListed))
        .map((decision) => ({ ...decisionSummary(decision) })),
      found: found.length,
    }
  },
})

const one = read({
  path: '/admin/decisions/{id}',
  id: 'getDecision',
  summary:
    'What was decided about one request: the id is in the x-request-id header, eight characters are enough',
  answer: decisionSchema,
  refusals: [404],
  serve: ({ params }, { decisions, generation }) => {
    const { id } = params
    const found = decisions.find(id).map((decision) => ({ ...decisionReport(decision) }))
    if (found.length > 0) return { id, decisions: found }
    const { keep } = generation.config.observability.decisions
    const shown = id.slice(0, 100)
    const problem =
      keep === 0
        ? problemOf('admin-decision', 'none', { id: shown })
        : problemOf('admin-decision', 'unknown', { id: shown, keep })
    return new Refused(problem, { keep })
  },
})

/** Where a stream is: the number of a decision, and the process that gave it. */
const placeOf = (run: string, seq: number): string => `${run}-${seq}`

const eventOf = (run: string, decision: KeptDecision): FeedEvent => ({
  event: 'decision',
  id: placeOf(run, decision.seq),
  data: decisionSummary(decision) as object as JsonObject,
})

const callOf = (decision: Decision): FeedEvent => ({
  event: 'call',
  data: { ...decisionSummary({ ...decision, seq: 0 }), seq: null } as object as JsonObject,
})

const positionOf = (log: DecisionLog): FeedEvent => ({
  event: 'position',
  id: placeOf(log.run, log.latest()),
  data: {},
})

/** After which decision to go on. What another process numbered says nothing here: all that is kept is new then. */
const resumedAfter = (log: DecisionLog, lastEventId: string | undefined): number | undefined => {
  const [, process = log.run, number] =
    /^(?:([0-9a-f]{8})-)?(\d{1,15})$/.exec(lastEventId ?? '') ?? []
  if (number === undefined) return undefined
  const seq = Number(number)
  return process === log.run && seq <= log.latest() ? seq : 0
}

const eventsSchema = querySchema.extend({
  calls: z
    .enum(['all'])
    .optional()
    .describe('`all`: accepted calls that are not kept as well, as events `call` without an id'),
})

const events = read({
  path: '/admin/events',
  id: 'followDecisions',
  summary:
    'A stream of decisions (Server-Sent Events), from now on, or after Last-Event-ID or `after`',
  query: eventsSchema,
  answer: 'text/event-stream',
  refusals: [503],
  serve: ({ query, lastEventId }, { decisions }) => {
    const { after, limit: _, calls, ...asked } = query
    const filter: DecisionFilter = asked
    const from = resumedAfter(decisions, lastEventId) ?? after
    const shown = (decision: KeptDecision) => eventOf(decisions.run, decision)
    const missed = from === undefined ? [] : decisions.after(from)
    return {
      kind: 'events' as const,
      feed: {
        first: [
          ...missed.filter((decision) => matches(decision, filter)).map(shown),
          positionOf(decisions),
        ],
        follow: (listener) => {
          const stop = decisions.follow((decision) => {
            if (matches(decision, filter)) listener(shown(decision))
          })
          if (calls !== 'all') return stop
          const stopCalls = decisions.followShown((decision) => {
            if (matches(decision, filter)) listener(callOf(decision))
          })
          return () => {
            stop()
            stopCalls()
          }
        },
      },
    }
  },
})

export const decisionRoutes = [list, one, events]
