// Who may call how often, and how many calls at one time: by caller, role, tool, backend or address.
import type { Ports } from '../base/ports.ts'
import type { Left, SharedCounts } from '../limits/counts.ts'
import type { RedisConfig } from '../limits/limits-config.ts'
import { needsTarget, type LimitTarget } from '../limits/rule-scope.ts'
import type { Call, Handler, Layer, Reply } from '../mcp/call.ts'
import type { Quota } from '../mcp/quota.ts'
import { problemOf } from '../problems/problem.ts'
import {
  askedBy,
  factsOf,
  isFlight,
  isRate,
  refusedBy,
  refuseFlight,
  refuseRate,
  scoped,
  seconds,
  staysOpen,
  type Asked,
  type FlightRule,
  type LimitsContext,
  type OpenRule,
  type RateRule,
  type Refused,
} from './limit-rules.ts'

const rateQuota = ({ rule }: RateRule, { remaining, waitMs }: Left): Quota => ({
  name: rule.name,
  limit: rule.requests,
  periodSeconds: rule.period_seconds,
  remaining,
  resetSeconds: waitMs === 0 ? undefined : seconds(waitMs),
})

const flightQuota = ({ rule }: FlightRule, remaining: number): Quota => ({
  name: rule.name,
  limit: rule.max_concurrent,
  remaining,
})

const refuseUncounted = ({ rule: { name } }: RateRule): Refused =>
  refusedBy(name, problemOf('limit-store', 'uncounted', { rule: name }), 1)

/** Takes from all quotas, or from none. */
const takeOwn = (asked: readonly Asked<RateRule>[], quotas: Quota[]): Refused | undefined => {
  const [only] = asked
  if (only !== undefined && asked.length === 1) {
    const left = only.open.own.take(only.key)
    quotas.push(rateQuota(only.open, left))
    return left.isAllowed ? undefined : refuseRate(only.open, left)
  }
  for (const { open, key } of asked) {
    const left = open.own.look(key)
    if (left.isAllowed) continue
    for (const { open: other, key: its } of asked) {
      quotas.push(rateQuota(other, other.own.look(its)))
    }
    return refuseRate(open, left)
  }
  for (const { open, key } of asked) quotas.push(rateQuota(open, open.own.take(key)))
  return undefined
}

/** One after the other, so that what the first refuses costs the others nothing; what was taken for a refused call is given back. */
const takeShared = async (
  asked: readonly Asked<RateRule>[],
  quotas: Quota[],
  onFailure: RedisConfig['on_failure'],
): Promise<Refused | undefined> => {
  const taken: { readonly counts: SharedCounts; readonly key: string }[] = []
  const undo = (refused: Refused): Refused => {
    for (const { counts, key } of taken) counts.giveBack(key)
    return refused
  }
  for (const { open, key } of asked) {
    const { shared, own } = open
    const answer = await shared?.take(key)
    if (answer === undefined && onFailure === 'closed') return undo(refuseUncounted(open))
    const left = answer ?? own.take(key)
    quotas.push(rateQuota(open, left))
    if (!left.isAllowed) return undo(refuseRate(open, left))
    if (answer !== undefined && shared !== undefined) taken.push({ counts: shared, key })
  }
  return undefined
}

/** Narrow quotas first: a caller that has used up its own takes nothing from one that it shares with others. */
const narrowFirst = (rules: readonly OpenRule[]): readonly OpenRule[] =>
  rules.toSorted((one, other) => other.rule.by.length - one.rule.by.length)

/** Around the router, on public names, inside the limit of all callers. Undefined without rules that refuse. */
export const limits = (
  context: LimitsContext,
  { meter }: Pick<Ports, 'meter'>,
): Layer | undefined => {
  const { onFailure, isSeveral, targetOf } = context
  const rules = context.rules.filter(({ rule }) => !rule.report_only)
  if (rules.length === 0) return undefined
  const ordered = narrowFirst(rules)
  const rates = scoped(ordered.filter(isRate))
  const flights = scoped(ordered.filter(isFlight))
  const isShared = rates.some(({ open }) => open.shared !== undefined)
  const reads = rules.some(({ rule }) => needsTarget(rule))
  const refusals = meter.counter('mcp_proxy_limited_total')

  const leave = (asked: readonly Asked<FlightRule>[]): void => {
    for (const { open, key } of asked) open.flights.leave(key)
  }
  /** Takes a place of each, or of none. */
  const enter = (asked: readonly Asked<FlightRule>[], quotas: Quota[]): Refused | undefined => {
    for (const [index, { open, key }] of asked.entries()) {
      const remaining = open.flights.enter(key)
      quotas.push(flightQuota(open, remaining ?? 0))
      if (remaining !== undefined) continue
      leave(asked.slice(0, index))
      return refuseFlight(open)
    }
    return undefined
  }

  const judge = (call: Call, target: LimitTarget | undefined, next: Handler): Promise<Reply> => {
    const facts = factsOf(context, call, target)
    const askedRates = askedBy(rates, facts)
    const isNone = staysOpen(call) || isSeveral?.(call) === true
    const askedFlights = isNone ? [] : askedBy(flights, facts)
    if (askedRates.length === 0 && askedFlights.length === 0) return next(call)
    const quotas: Quota[] = []

    const refuse = (refused: Refused): Promise<Reply> => {
      call.head?.showQuotas?.(quotas)
      refusals.add({ rule: refused.rule })
      return Promise.resolve(refused)
    }
    const goOn = (refused: Refused | undefined): Promise<Reply> => {
      if (refused !== undefined) return refuse(refused)
      call.head?.showQuotas?.(quotas)
      return next(call)
    }
    const full = enter(askedFlights, quotas)
    if (full !== undefined) return refuse(full)
    const take = (): Promise<Reply> =>
      isShared
        ? takeShared(askedRates, quotas, onFailure).then(goOn)
        : goOn(takeOwn(askedRates, quotas))
    if (askedFlights.length === 0) return take()
    try {
      return take().finally(() => leave(askedFlights))
    } catch (error) {
      leave(askedFlights)
      throw error
    }
  }

  return (next) => (call) => {
    if (!reads) return judge(call, undefined, next)
    const target = targetOf(call)
    return target instanceof Promise
      ? target.then((found) => judge(call, found, next))
      : judge(call, target, next)
  }
}
