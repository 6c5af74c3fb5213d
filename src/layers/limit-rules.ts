// The rules of [limits] as the layers ask them: which of them a call is asked by, and what each says where it refuses.
import type { Counts, Left, SharedCounts } from '../limits/counts.ts'
import type { FlightCounts } from '../limits/flight-counts.ts'
import type { LimitRule, RedisConfig } from '../limits/limits-config.ts'
import { scopeOf, type CallFacts, type LimitTarget, type RuleScope } from '../limits/rule-scope.ts'
import type { Call, Reply, ReportedRule } from '../mcp/call.ts'
import type { Spelling } from '../policy/spelling.ts'
import { problemOf, type Problem } from '../problems/problem.ts'

/** A rule with what it has counted, which goes on when the configuration is replaced and the rule stays the same. */
export type OpenRule =
  | {
      readonly kind: 'rate'
      readonly rule: LimitRule & { readonly requests: number }
      readonly own: Counts
      readonly shared: SharedCounts | undefined
    }
  | {
      readonly kind: 'flights'
      readonly rule: LimitRule & { readonly max_concurrent: number }
      readonly flights: FlightCounts
    }

/** What the limits know of their place. */
export interface LimitsContext {
  readonly rules: readonly OpenRule[]
  readonly onFailure: RedisConfig['on_failure']
  /** Whether it is carried out as several calls, which are counted for themselves. */
  readonly isSeveral?: (call: Call) => boolean
  readonly targetOf: (call: Call) => LimitTarget | undefined | Promise<LimitTarget | undefined>
  readonly rolesOf: (call: Call) => readonly string[]
  readonly spell: (target: LimitTarget) => Spelling
  /** Counts and logs what a rule that only reports would have refused. */
  readonly onReported?: (call: Call, reported: ReportedRule) => void
}

export type RateRule = Extract<OpenRule, { kind: 'rate' }>
export type FlightRule = Extract<OpenRule, { kind: 'flights' }>

export interface Scoped<Rule> {
  readonly open: Rule
  readonly scope: RuleScope
}

export interface Asked<Rule> {
  readonly open: Rule
  readonly key: string
}

/** The refusal of one rule. */
export type Refused = Extract<Reply, { kind: 'refusal' }> & { readonly rule: string }

export const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

export const refusedBy = (rule: string, problem: Problem, retryAfterSeconds: number): Refused => ({
  kind: 'refusal',
  problem,
  retryAfterSeconds,
  rule,
})

export const refuseRate = ({ rule }: RateRule, { waitMs }: Left): Refused => {
  const { name, requests, period_seconds: period } = rule
  const values = { rule: name, requests, seconds: period }
  return refusedBy(name, problemOf('limit-rate', 'rule', values), seconds(waitMs))
}

export const refuseFlight = ({ rule: { name, max_concurrent: limit } }: FlightRule): Refused =>
  refusedBy(name, problemOf('limit-calls', 'rule', { rule: name, limit }), 1)

export const askedBy = <Rule>(rules: readonly Scoped<Rule>[], facts: CallFacts): Asked<Rule>[] => {
  const asked: Asked<Rule>[] = []
  for (const { open, scope } of rules) {
    const key = scope(facts)
    if (key !== undefined) asked.push({ open, key })
  }
  return asked
}

/** A stream of changes is open for as long as its client likes. */
export const staysOpen = ({ request }: Call): boolean => request.method === 'subscriptions/listen'

export const scoped = <Rule extends OpenRule>(rules: readonly Rule[]): readonly Scoped<Rule>[] =>
  rules.map((open) => ({ open, scope: scopeOf(open.rule) }))

export const isRate = (open: OpenRule): open is RateRule => open.kind === 'rate'
export const isFlight = (open: OpenRule): open is FlightRule => open.kind === 'flights'

/** What rules look at; the roles and the names of a target are found when the first rule asks. */
export const factsOf = (
  { rolesOf, spell }: Pick<LimitsContext, 'rolesOf' | 'spell'>,
  call: Call,
  target: LimitTarget | undefined,
): CallFacts => {
  let roles: readonly string[] | undefined
  let spelling: Spelling | undefined
  return {
    call,
    target,
    roles: () => (roles ??= rolesOf(call)),
    spelling: () => (spelling ??= target === undefined ? { all: [], readings: [] } : spell(target)),
  }
}
