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

/** Loose: a newer proxy may say more. */
const decision = z.looseObject({
  seq: z.number(),
  id: z.string(),
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
  duration: z.nullable(z.number()),
  loop: textOrNull,
  problem: z.nullable(problem),
  checks: z.array(check),
})

/** Undefined where it is no decision. Ids of checks that this version does not know are left as they are. */
export const readDecision = (value: unknown): DecisionReport | undefined => {
  const read = decision.safeParse(value)
  return read.success ? (read.data as unknown as DecisionReport) : undefined
}
