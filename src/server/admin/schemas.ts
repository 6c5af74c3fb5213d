// What the admin API answers. Each schema that has an id is a component of the OpenAPI document.
import * as z from 'zod'
import { adminRights } from '../../config/admin-config.ts'

/** Schemas by their names in the OpenAPI document. */
export const components = z.registry<{ readonly id: string }>()

const named = <Schema extends z.ZodType>(id: string, schema: Schema): Schema => {
  components.add(schema, { id })
  return schema
}

const time = z.iso.datetime().describe('RFC 3339')
const state = z.enum(['starting', 'up', 'down'])
const count = z.int().nonnegative()
const object: z.ZodType<object> = z.record(z.string(), z.unknown())

const circuit = z.object({
  state: z.enum(['closed', 'half-open', 'open']),
  since: time,
  calls: count.describe('In the window; while half-open, of the trials'),
  failures: count,
  retry_at: time.optional(),
})

export const backendSchema = named(
  'Backend',
  z.object({
    name: z.string(),
    state,
    since: time,
    era: z.enum(['legacy', 'modern']).optional(),
    protocol_version: z.string().optional(),
    capabilities: z.array(z.string()).readonly().optional(),
    server_info: object.optional(),
    sessions: z
      .object({ protocol_version: z.string(), capabilities: z.array(z.string()).readonly() })
      .optional(),
    code: z.string().optional().describe('Why it is down: an id of docs/checks.md'),
    error: z.string().optional(),
    retry_at: time.optional(),
    circuit: circuit.optional(),
    calls: z.object({ in_flight: count, queued: count }).optional(),
    replicas: z
      .array(
        z.object({
          address: z.string(),
          state,
          since: time,
          in_flight: count,
          ejected_until: time.optional(),
          code: z.string().optional(),
          error: z.string().optional(),
        }),
      )
      .readonly()
      .optional(),
    failover_for: z.string().optional(),
    canary_of: z.string().optional(),
    mirror_of: z.string().optional(),
  }),
)

export const backendsSchema = named(
  'Backends',
  z.object({
    proxy: z.object({
      name: z.string(),
      version: z.string(),
      public_url: z.string().optional(),
      auth: z.string(),
      ready: z.boolean(),
      backend_count: count,
      active_sessions: count,
    }),
    backends: z.array(backendSchema).readonly(),
  }),
)

export const healthSchema = named(
  'Health',
  z.object({
    status: z.enum(['healthy', 'degraded']).describe('`degraded`: not every backend is up'),
    unhealthy_backends: z.array(z.string()).readonly(),
  }),
)

export const transitionsSchema = named(
  'HealthTransitions',
  z
    .array(
      z.object({
        namespace: z.string().describe('The backend'),
        healthy: z.boolean(),
        state,
        timestamp: time,
        code: z.string().nullable(),
      }),
    )
    .readonly(),
)

export const circuitsSchema = named(
  'Circuits',
  z.array(z.object({ backend: z.string(), ...circuit.shape })).readonly(),
)

export const circuitSchema = named('Circuit', z.object({ backend: z.string(), ...circuit.shape }))

export const cacheStatsSchema = named(
  'CacheStats',
  z
    .array(
      z.object({
        backend: z.string(),
        hits: count,
        misses: count,
        hit_rate: z.number().min(0).max(1),
        entry_count: count.nullable().describe('null for answers that Redis keeps'),
      }),
    )
    .readonly(),
)

export const cacheClearedSchema = named(
  'CacheCleared',
  z.object({ cleared: z.array(z.string()).readonly().describe('The backends') }),
)

export const sessionCountSchema = named('SessionCount', z.object({ active_sessions: count }))

export const sessionsSchema = named(
  'Sessions',
  z
    .array(
      z.object({
        id: z
          .string()
          .describe('The fingerprint of the session id, which is a secret; as the log has it'),
        uptime_seconds: count,
        idle_seconds: count,
        calls: count.describe('In flight'),
        client: z.object({ name: z.string(), version: z.string() }).nullable(),
        protocol_version: z.string(),
      }),
    )
    .readonly(),
)

export const endedSchema = named('EndedSessions', z.object({ ended: count }))

export const statsSchema = named(
  'Stats',
  z.object({
    total_backends: count,
    healthy_backends: count,
    unhealthy_backends: count,
    active_sessions: count,
  }),
)

const decision = z.looseObject({
  seq: count.describe('Its place among all decisions of the process'),
  id: z.string().describe('The request id'),
  time,
  outcome: z.enum(['accepted', 'rejected', 'undecided', 'failed']),
  status: z.int().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  request: object,
  caller: object,
  by: z.array(object).readonly(),
  would_deny: z.array(object).readonly(),
  duration: z.number().nullable().describe('Milliseconds'),
  loop: z.string().nullable(),
})

export const decisionsSchema = named(
  'Decisions',
  z.object({
    decisions: z.array(decision).readonly(),
    found: count.describe('How many match, listed or not'),
  }),
)

export const decisionSchema = named(
  'DecisionsOfRequest',
  z.object({
    id: z.string(),
    decisions: z
      .array(
        z.looseObject({
          ...decision.shape,
          problem: object.nullable(),
          checks: z.array(object).readonly(),
          facts: object.nullable(),
        }),
      )
      .readonly(),
  }),
)

export const tokenVerdictSchema = named(
  'TokenVerdict',
  z.object({
    verdict: z.enum(['accepted', 'rejected', 'undecided']),
    problem: z
      .looseObject({
        code: z.string(),
        title: z.string(),
        detail: z.string(),
        hint: z.string(),
      })
      .nullable(),
    caller: z
      .object({
        iss: z.string().nullable(),
        sub: z.string().nullable(),
        client_id: z.string().nullable(),
        scopes: z.array(z.string()).readonly(),
        roles: z.array(z.string()).readonly(),
        expires_at: time.nullable().describe('When the acceptance ends'),
      })
      .nullable()
      .describe('Of an accepted token'),
    checks: z.array(object).readonly().describe('As in DecisionsOfRequest'),
  }),
)

export const backendToolsSchema = named(
  'BackendTools',
  z.object({
    tools: z
      .array(
        z.object({
          name: z.string().describe('As clients see it'),
          local: z.string().describe("The backend's own name"),
          description: z.string().nullable(),
          annotations: z
            .object({
              readOnlyHint: z.boolean(),
              destructiveHint: z.boolean(),
              idempotentHint: z.boolean(),
              openWorldHint: z.boolean(),
            })
            .nullable()
            .describe('With the defaults of the MCP specification'),
        }),
      )
      .readonly()
      .nullable()
      .describe('null where the backend did not list them'),
  }),
)

const finding = z.object({
  code: z.string().describe('An id of docs/checks.md'),
  case: z.string().nullable(),
  message: z.string(),
  hint: z.string(),
  line: z.int().positive().nullable(),
  column: z.int().positive().nullable(),
  excerpt: z
    .object({ line: z.int(), text: z.string(), column: z.int(), length: z.int() })
    .nullable()
    .describe('The line, without anything that could be a secret'),
})

export const reloadSchema = named(
  'Reload',
  z.object({
    outcome: z.enum(['applied', 'unchanged', 'refused']),
    changes: z
      .array(
        z.object({
          key: z.string().describe('Such as backends[files].url'),
          before: z
            .string()
            .nullable()
            .describe('JSON text; null where it is not set, or not shown'),
          after: z.string().nullable(),
          change: z.enum(['added', 'removed', 'changed']),
        }),
      )
      .readonly(),
    problems: z.array(finding).readonly().describe('Why it is refused'),
    warnings: z.array(finding).readonly(),
  }),
)

export const reloadsSchema = named(
  'Reloads',
  z
    .array(
      z.object({
        time,
        trigger: z.enum(['signal', 'file', 'certificate', 'admin']),
        outcome: z.enum(['applied', 'unchanged', 'refused']),
        changed: z.array(z.string()).readonly(),
        codes: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
)

export const configurationSchema = named(
  'Configuration',
  z.object({
    file: z.string(),
    settings: z
      .array(
        z.object({
          key: z.string(),
          value: z.unknown().describe('As it is used; [secret] where it is one'),
          origin: z.enum(['file', 'environment', 'flag', 'default']),
          line: z.int().positive().nullable(),
          variables: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  }),
)

export const problemSchema = named(
  'Problem',
  z.looseObject({
    error: z.looseObject({
      message: z.string(),
      code: z.union([z.string(), z.int()]).optional(),
      hint: z.string().optional(),
    }),
  }),
)

export const openApiSchema = named('OpenApi', z.looseObject({ openapi: z.string() }))

export const rightsSchema = named(
  'Caller',
  z.object({ name: z.string(), rights: z.array(z.enum(adminRights)).readonly() }),
)
