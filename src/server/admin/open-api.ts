// The OpenAPI document of the admin API, made of the table that serves it. OpenAPI 3.1: its schemas are JSON Schema 2020-12.
import * as z from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { AdminRoute, BodyKind } from './route.ts'
import { components, problemSchema } from './schemas.ts'

const version = '1.0.0'

const jsonType = 'application/json'

/** What a configuration may be sent as. */
export const configurationTypes = {
  'application/toml': 'toml',
  'application/yaml': 'yaml',
  'application/json': 'json',
} as const

const place = (id: string): string => `#/components/schemas/${id}`

const withoutAddress = ({ $id: _id, $schema: _schema, ...rest }: JsonObject): JsonObject => rest

/** zod writes the safe integers as bounds; they bound nothing. Digits in a query are a number to everybody else. */
const plain = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(plain)
  if (!isJsonObject(value)) return value
  if (value['pattern'] === String.raw`^\d{1,15}$`) {
    const { pattern: _, type: _type, ...rest } = value
    return { ...rest, type: 'integer', minimum: 0 }
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member = null]) => {
      const isBound =
        (key === 'maximum' && member === Number.MAX_SAFE_INTEGER) ||
        (key === 'minimum' && member === Number.MIN_SAFE_INTEGER)
      return isBound ? [] : [[key, plain(member)] as const]
    }),
  )
}

const schemaOf = (schema: z.ZodType): JsonObject => {
  const id = components.get(schema)?.id
  if (id !== undefined) return { $ref: place(id) }
  return withoutAddress(plain(z.toJSONSchema(schema, { io: 'input' }) as Json) as JsonObject)
}

const componentSchemas = (): JsonObject => {
  const { schemas } = z.toJSONSchema(components, { uri: place, io: 'input' })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [
      id,
      withoutAddress(plain(schema as Json) as JsonObject),
    ]),
  )
}

const pathParameters = (path: string): readonly JsonObject[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

const queryParameters = (query: AdminRoute['query']): readonly JsonObject[] =>
  Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema as z.ZodType)
    return {
      name,
      in: 'query',
      required: false,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })

const streamParameters = ({ answer }: AdminRoute): readonly JsonObject[] =>
  answer === 'text/event-stream'
    ? [
        {
          name: 'Last-Event-ID',
          in: 'header',
          required: false,
          description: 'The id of the last event that was seen',
          schema: { type: 'string' },
        },
      ]
    : []

const bodyOf = (body: BodyKind): JsonObject => {
  if (body === undefined) return {}
  const content =
    body === 'configuration'
      ? Object.fromEntries(
          Object.keys(configurationTypes).map((type) => [
            type,
            { schema: type === jsonType ? { type: 'object' } : { type: 'string' } },
          ]),
        )
      : { [jsonType]: { schema: schemaOf(body) } }
  return { requestBody: { required: true, content } }
}

const descriptions: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'The admin token is missing, or is none',
  403: 'The token has not the right, or the request came through a proxy or from another site',
  404: 'Nothing of that name',
  409: 'The name is taken',
  413: 'The body is too large',
  415: 'The body has another type',
  503: 'Too many clients follow the decisions',
}

const refusedConfiguration = 'Nothing was changed; `problems` says why'

const refusal = (status: number): JsonObject => ({
  description: descriptions[status] ?? 'Refused',
  content: { [jsonType]: { schema: schemaOf(problemSchema) } },
})

const answerOf = ({ answer, summary }: AdminRoute): JsonObject => ({
  description: summary,
  content:
    typeof answer === 'string'
      ? { [answer]: { schema: { type: 'string' } } }
      : { [jsonType]: { schema: schemaOf(answer) } },
})

const operationOf = (route: AdminRoute): JsonObject => {
  const refusals = [400, 401, 403, ...route.refusals].toSorted((a, b) => a - b)
  const parameters = [
    ...pathParameters(route.path),
    ...queryParameters(route.query),
    ...streamParameters(route),
  ]
  return {
    operationId: route.id,
    summary: route.summary,
    description: `Takes the right \`${route.right}\`.`,
    'x-right': route.right,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route.body),
    responses: {
      [route.status]: answerOf(route),
      ...(route.refusedStatus === undefined
        ? {}
        : { [route.refusedStatus]: { ...answerOf(route), description: refusedConfiguration } }),
      ...Object.fromEntries(refusals.map((status) => [status, refusal(status)])),
    },
  }
}

const pathsOf = (routes: readonly AdminRoute[]): JsonObject => {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route),
    }
  }
  return paths
}

export const openApiDocument = (routes: readonly AdminRoute[]) =>
  ({
    openapi: '3.1.0',
    info: {
      title: 'Admin API of mcp-proxy',
      version,
      description:
        'Status, decisions and configuration of a running proxy. docs/admin.md says who may use it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ adminToken: [] }, {}],
    paths: pathsOf(routes),
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'security.admin_token or one of security.admin_tokens; without any, callers of this machine may read',
        },
      },
    },
  }) satisfies JsonObject
