// The operations of the admin API as MCP tools: the same table, the same schemas, the same handlers.
import * as z from 'zod'
import type { AdminRight } from '../../config/admin-config.ts'
import type { JsonObject } from '../../base/json.ts'
import { hintOf, problemOf, type Problem } from '../../problems/problem.ts'
import type { AdminContext } from './context.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'

/** The names of the original, where it has such a tool. */
const originalNames: Readonly<Record<string, string>> = {
  getHealth: 'health_check',
  countSessions: 'session_count',
  getConfiguration: 'config',
}

const nameOf = ({ id }: AdminRoute): string =>
  originalNames[id] ?? id.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export interface AdminTool {
  readonly name: string
  readonly right: AdminRight
  readonly item: JsonObject
  /** Undefined members of `args` were not given. */
  call(args: JsonObject, context: AdminContext): Promise<JsonObject | Problem>
}

const text = (value: string): JsonObject => ({ type: 'text', text: value })

const failed = (problem: Problem, more: JsonObject = {}): JsonObject => ({
  content: [
    text(
      JSON.stringify({
        code: problem.code,
        message: problem.detail,
        hint: hintOf(problem),
        ...more,
      }),
    ),
  ],
  isError: true,
})

const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Streams are no tools: `adminToolsOf` leaves them out. */
const resultOf = (answer: AdminAnswer): JsonObject => {
  switch (answer.kind) {
    case 'json': {
      const { value, status } = answer
      return {
        content: [text(JSON.stringify(value))],
        ...(isRecord(value) ? { structuredContent: value } : {}),
        ...(status >= 400 ? { isError: true } : {}),
      }
    }
    case 'text':
      return { content: [text(answer.text)] }
    case 'refused':
      return failed(answer.problem, answer.more)
    case 'events':
      return { content: [] }
  }
}

const parametersIn = ({ path }: AdminRoute): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')

/** What is in a path or a query is text; numbers and truth values are written as such. */
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const schemaOf = (route: AdminRoute): JsonObject => {
  const parameters = parametersIn(route)
  const { properties = {} } = (
    route.query === undefined ? {} : z.toJSONSchema(route.query, { io: 'input' })
  ) as { readonly properties?: JsonObject }
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(parameters.map((name) => [name, { type: 'string', minLength: 1 }])),
      ...properties,
    },
    ...(parameters.length === 0 ? {} : { required: [...parameters] }),
    additionalProperties: false,
  }
}

const invalid = (why: string): Problem => problemOf('req-params', 'invalid', { why })

const toolOf = (route: AdminRoute): AdminTool => {
  const parameters = parametersIn(route)
  const reads = route.right === 'read'
  const name = nameOf(route)
  return {
    name,
    right: route.right,
    item: {
      name,
      description: route.summary,
      inputSchema: schemaOf(route),
      annotations: {
        readOnlyHint: reads,
        ...(reads ? {} : { destructiveHint: route.method === 'DELETE', idempotentHint: true }),
        openWorldHint: false,
      },
    },
    call: async (args, context) => {
      const missing = parameters.find((one) => typeof args[one] !== 'string' || args[one] === '')
      if (missing !== undefined) return invalid(`${missing} is missing or no text`)
      const query = new URLSearchParams(
        Object.entries(args)
          .filter(([key, value]) => !parameters.includes(key) && value !== null)
          .map(([key, value]): [string, string] => [key, asText(value)]),
      )
      const params = Object.fromEntries(parameters.map((one) => [one, asText(args[one])]))
      const request = { params, query, body: undefined, lastEventId: undefined }
      return resultOf(await route.serve(request, context))
    },
  }
}

/** Those without a body, without a stream, and without the right to configure. */
export const adminToolsOf = (routes: readonly AdminRoute[]): readonly AdminTool[] =>
  routes
    .filter(
      ({ right, body, answer, id }) =>
        right !== 'configure' &&
        body === undefined &&
        answer !== 'text/event-stream' &&
        id !== 'getOpenApi',
    )
    // Two paths for one thing are one tool.
    .filter(({ id }) => id !== 'getBackendHealth')
    .map(toolOf)
