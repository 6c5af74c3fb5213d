// The rules of [limits] that only report: what they would refuse is noted, and every call goes on. They count apart from the
// others, each as if it were alone, and no header speaks of them.
import { needsTarget, type LimitTarget } from '../limits/rule-scope.ts'
import type { Call, Handler, Layer, Reply } from '../mcp/call.ts'
import {
  askedBy,
  factsOf,
  isFlight,
  isRate,
  refuseFlight,
  refuseRate,
  scoped,
  staysOpen,
  type Asked,
  type FlightRule,
  type LimitsContext,
  type RateRule,
  type Refused,
} from './limit-rules.ts'

/** Inside `limits`: what those refuse is not counted. Undefined where no rule only reports. */
export const reportedLimits = (context: LimitsContext): Layer | undefined => {
  const { isSeveral, targetOf, onReported } = context
  const rules = context.rules.filter(({ rule }) => rule.report_only)
  if (rules.length === 0) return undefined
  const rates = scoped(rules.filter(isRate))
  const flights = scoped(rules.filter(isFlight))
  const reads = rules.some(({ rule }) => needsTarget(rule))

  const note = (call: Call, { rule, problem }: Refused): void => {
    const reported = { rule, problem }
    onReported?.(call, reported)
    call.onReported?.(reported)
  }

  /** Where the store gives no answer, this process counts alone, whatever `on_failure` says. */
  const take = async (call: Call, { open, key }: Asked<RateRule>): Promise<void> => {
    const left = (await open.shared?.take(key)) ?? open.own.take(key)
    if (!left.isAllowed) note(call, refuseRate(open, left))
  }

  /** Those whose place was taken. */
  const enter = (call: Call, asked: readonly Asked<FlightRule>[]): readonly Asked<FlightRule>[] =>
    asked.filter(({ open, key }) => {
      const hasPlace = open.flights.enter(key) !== undefined
      if (!hasPlace) note(call, refuseFlight(open))
      return hasPlace
    })

  const look = async (
    call: Call,
    target: LimitTarget | undefined,
    next: Handler,
  ): Promise<Reply> => {
    const facts = factsOf(context, call, target)
    const isNone = staysOpen(call) || isSeveral?.(call) === true
    const entered = enter(call, isNone ? [] : askedBy(flights, facts))
    try {
      for (const asked of askedBy(rates, facts)) await take(call, asked)
      return await next(call)
    } finally {
      for (const { open, key } of entered) open.flights.leave(key)
    }
  }

  return (next) => async (call) => look(call, reads ? await targetOf(call) : undefined, next)
}
