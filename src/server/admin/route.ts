// One operation of the admin API: what it is called with, what it answers, and which right it takes. Requests are read by
// these schemas, and the OpenAPI document is made of them.
import * as z from 'zod'
import type { AdminRight } from '../../config/admin-config.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { JsonObject } from '../../base/json.ts'
import type { AdminContext, ConfigurationText } from './context.ts'

export type AdminMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Which bodies it takes: JSON by a schema, or a configuration in one of its formats. */
export type BodyKind = z.ZodType | 'configuration' | undefined

/** Answers that are not JSON. */
export type MediaType = 'text/plain' | 'text/event-stream'

export interface RawRequest {
  /** By name, as the path has them, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** JSON that was read, or the text of a configuration. */
  readonly body: unknown
  readonly lastEventId: string | undefined
}

/** What is served as it comes: an event stream. */
export interface EventFeed {
  /** What the stream begins with, in its order. */
  readonly first: readonly FeedEvent[]
  /** Calls back with each later event. Returns the function that ends that. */
  follow(listener: (event: FeedEvent) => void): () => void
}

export interface FeedEvent {
  /** `call`: an accepted call that is not kept. `position`: all that came before has been sent. */
  readonly event: 'decision' | 'call' | 'position'
  /** Undefined: the stream cannot be resumed after it. */
  readonly id?: string
  readonly data: JsonObject
}

export type AdminAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  | { readonly kind: 'events'; readonly feed: EventFeed }
  | {
      readonly kind: 'refused'
      readonly problem: Problem
      /** More members of the answer. */
      readonly more?: JsonObject
    }

export interface AdminRoute {
  readonly method: AdminMethod
  /** `{name}` is one segment. */
  readonly path: string
  /** The operationId of OpenAPI. */
  readonly id: string
  readonly summary: string
  readonly right: AdminRight
  readonly query: z.ZodObject | undefined
  readonly body: BodyKind
  readonly status: number
  readonly answer: z.ZodType | MediaType
  /** The status of an answer that says `outcome: "refused"`; undefined where none does. */
  readonly refusedStatus: number | undefined
  /** Statuses of refusals beside 400, 401, 403 and 405. */
  readonly refusals: readonly number[]
  serve(request: RawRequest, context: AdminContext): Promise<AdminAnswer>
}

type ParamsIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsIn<Rest>
  : never

type BodyOf<Body extends BodyKind> = Body extends z.ZodType
  ? z.output<Body>
  : Body extends 'configuration'
    ? ConfigurationText
    : undefined

interface Request<Path extends string, Query extends z.ZodObject, Body extends BodyKind> {
  readonly params: Readonly<Record<ParamsIn<Path>, string>>
  readonly query: z.output<Query>
  readonly body: BodyOf<Body>
  readonly lastEventId: string | undefined
}

type Given<Answer> = Answer extends z.ZodType
  ? z.input<Answer> | Refused
  : Extract<AdminAnswer, { kind: 'text' | 'events' }> | Refused

/** What an operation gives in place of its answer. */
export class Refused {
  readonly problem: Problem
  readonly more: JsonObject

  constructor(problem: Problem, more: JsonObject = {}) {
    this.problem = problem
    this.more = more
  }
}

interface RouteOf<
  Path extends string,
  Query extends z.ZodObject,
  Body extends BodyKind,
  Answer extends z.ZodType | MediaType,
> {
  readonly path: Path
  readonly id: string
  readonly summary: string
  readonly query?: Query
  readonly body?: Body
  readonly status?: number
  readonly answer: Answer
  readonly refusedStatus?: number
  readonly refusals?: readonly number[]
  serve(
    request: Request<Path, Query, Body>,
    context: AdminContext,
  ): Given<Answer> | Promise<Given<Answer>>
}

/** A whole number in a query. */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

const queryProblem = (
  query: z.ZodObject | undefined,
  given: URLSearchParams,
  { issues }: z.ZodError,
): Problem => {
  const known = Object.keys(query?.shape ?? {})
  const stranger = [...given.keys()].find((name) => !known.includes(name))
  if (stranger !== undefined) {
    const names = known.join(', ')
    return names === ''
      ? problemOf('admin-query', 'none', { name: stranger.slice(0, 100) })
      : problemOf('admin-query', 'unknown', { name: stranger.slice(0, 100), names })
  }
  const name = String(issues[0]?.path[0])
  return query?.shape[name] === undefined || !isNumeric(query.shape[name])
    ? problemOf('admin-query', 'value', { name })
    : problemOf('admin-query', 'no-number', { name })
}

const isNumeric = (schema: z.core.$ZodType): boolean => z.safeParse(schema, '7').data === 7

const shownPath = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the body' : path.map(String).join('.')

const bodyProblem = ({ issues }: z.ZodError): Problem => {
  const [issue] = issues
  const key = shownPath(issue?.path ?? [])
  return problemOf('admin-body', 'value', { key, why: issue?.message ?? 'is not valid' })
}

const isRefused = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'outcome' in value && value.outcome === 'refused'

const noQuery = z.strictObject({})

const route =
  (method: AdminMethod, right: AdminRight) =>
  <
    const Path extends string,
    Answer extends z.ZodType | MediaType,
    Query extends z.ZodObject = typeof noQuery,
    Body extends BodyKind = undefined,
  >(
    spec: RouteOf<Path, Query, Body, Answer>,
  ): AdminRoute => {
    const { query, body, status = 200, refusals = [] } = spec
    return {
      method,
      right,
      path: spec.path,
      id: spec.id,
      summary: spec.summary,
      query,
      body,
      status,
      answer: spec.answer,
      refusedStatus: spec.refusedStatus,
      refusals,
      serve: async (request, context) => {
        const asked = (query ?? noQuery).safeParse(Object.fromEntries(request.query))
        if (!asked.success) {
          return { kind: 'refused', problem: queryProblem(query, request.query, asked.error) }
        }
        const read =
          body === undefined || body === 'configuration' ? undefined : body.safeParse(request.body)
        if (read?.success === false) return { kind: 'refused', problem: bodyProblem(read.error) }
        const given = await spec.serve(
          {
            params: request.params,
            query: asked.data as never,
            body: (read === undefined ? request.body : read.data) as never,
            lastEventId: request.lastEventId,
          },
          context,
        )
        if (given instanceof Refused) {
          return { kind: 'refused', problem: given.problem, more: given.more }
        }
        return typeof spec.answer === 'string'
          ? (given as AdminAnswer)
          : {
              kind: 'json',
              status: isRefused(given) ? (spec.refusedStatus ?? status) : status,
              value: given,
            }
      },
    }
  }

export const read = route('GET', 'read')
/** A question that is too long, or too secret, for a URL. */
export const ask = route('POST', 'read')
export const operate = route('POST', 'operate')
export const operateDelete = route('DELETE', 'operate')
export const configure = route('POST', 'configure')
export const configurePut = route('PUT', 'configure')
export const configureDelete = route('DELETE', 'configure')
