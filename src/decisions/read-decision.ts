// Decisions as they come back: from the file that a proxy wrote, or from its admin surface.
import * as z from 'zod/mini'
import type { DecisionReport } from './decision-report.ts'

const textOrNull = z.nullable(z.string())

const problem = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  hint: z.string(),
  spec: textOrNull,
})

const check = z.looseObject({
  id: z.string(),
  case: textOrNull,
  status: z.enum(['pass', 'warn', 'fail', 'skip']),
  message: textOrNull,
  hint: textOrNull,
  evidence: z.nullable(z.looseObject({ note: z.optional(z.string()) })),
})

const cause = z.looseObject({ kind: z.string(), name: z.string(), pattern: textOrNull })

const wouldDeny = z.looseObject({ rule: z.string(), code: z.string(), detail: z.string() })

const texts = z.array(z.string())

const annotations = z.looseObject({
  readOnlyHint: z.boolean(),
  destructiveHint: z.boolean(),
  idempotentHint: z.boolean(),
  openWorldHint: z.boolean(),
})

const facts = z.looseObject({
  host: textOrNull,
  origin: textOrNull,
  address: z.enum(['full', 'network', 'none']),
  token_rules: textOrNull,
  caller: z.nullable(
    z.looseObject({
      method: z.enum(['none', 'bearer', 'key', 'jwt', 'introspection']),
      scopes: texts,
      audience: texts,
      roles: texts,
      own_roles: texts,
      role_mapping: textOrNull,
      claims: z.looseObject({}),
      absent: texts,
    }),
  ),
  target: z.nullable(
    z.looseObject({
      kind: z.enum(['tool', 'prompt', 'resource']),
      backend: z.string(),
      name: z.string(),
      annotations: z.nullable(annotations),
    }),
  ),
  argument_size: z.nullable(z.number()),
  wanted_scopes: texts,
  cut: texts,
})

/** Loose: a newer proxy may say more. */
const decision = z.looseObject({
  seq: z.number(),
  id: z.string(),
  trace_id: z.optional(textOrNull),
  time: z.string(),
  outcome: z.enum(['accepted', 'rejected', 'undecided', 'failed']),
  status: z.nullable(z.number()),
  code: textOrNull,
  detail: textOrNull,
  request: z.looseObject({
    door: textOrNull,
    http_method: textOrNull,
    path: textOrNull,
    method: textOrNull,
    name: textOrNull,
    backend: textOrNull,
    credential: textOrNull,
    // A proxy of before the cache says nothing of it.
    reused: z.optional(z.nullable(z.enum(['cache', 'shared']))),
  }),
  caller: z.looseObject({
    address: textOrNull,
    client: z.nullable(z.looseObject({ name: z.string(), version: textOrNull })),
    iss: textOrNull,
    sub: textOrNull,
    client_id: textOrNull,
    token: textOrNull,
    session: textOrNull,
    claimed: z.nullable(z.looseObject({})),
  }),
  by: z.optional(z.array(cause)),
  would_deny: z.optional(z.array(wouldDeny)),
  facts: z.optional(z.nullable(facts)),
  duration: z.nullable(z.number()),
  loop: textOrNull,
  problem: z.nullable(problem),
  checks: z.array(check),
})

/** Undefined where it is no decision. Ids of checks that this version does not know are left as they are. */
export const readDecision = (value: unknown): DecisionReport | undefined => {
  const read = decision.safeParse(value)
  if (!read.success) return undefined
  const {
    by = [],
    would_deny: would = [],
    facts: known = null,
    trace_id: trace = null,
    request: asked,
    ...rest
  } = read.data
  const request = { ...asked, reused: asked.reused ?? null }
  return {
    ...rest,
    request,
    trace_id: trace,
    by,
    would_deny: would,
    facts: known,
  } as unknown as DecisionReport
}
