// What of the backends one caller may see and use: lists, names, subscriptions, completion and tasks all ask here.
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { problemFrom, type FailedCheck } from '../../core/verdict/check.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import type { ToolAnnotations } from '../../mcp/tool-annotations.ts'
import { isDisguised, isHidden, refusingRule } from '../../policy/decision.ts'
import type { Policy, Target } from '../../policy/policy.ts'
import type { Problem } from '../../problems/problem.ts'
import { noteWouldDeny } from './would-deny.ts'

export interface Exposure {
  /** Whether it may hide anything from anybody. */
  readonly restricts: boolean
  /** Callers with equal keys are shown the same. */
  viewKey(caller: Caller): string
  /** Whether a list shows it to the caller. */
  shows(caller: Caller, target: Target): boolean
  /**
   * Why the call is refused, counted and logged; undefined: it goes on. `unknown` says what callers read who must not
   * learn that there is such a target. `args`: those of a call of a tool, as the backend gets them.
   */
  refusal(
    call: Call,
    target: Target,
    unknown: () => Problem,
    args: JsonObject | undefined,
  ): Reply | undefined
}

/** What the backend listed of a tool, to this caller; undefined where no list at hand has it. */
export type FindAnnotations = (
  caller: Caller,
  tool: Pick<Target, 'backend' | 'name'>,
) => ToolAnnotations | undefined

/** The scopes that a call needs beside those of every call; undefined: it is not scopes that are missing. */
export const scopesIn = ({ id, evidence }: FailedCheck): readonly string[] | undefined =>
  id === 'policy-scope' ? (evidence?.expected as readonly string[]) : undefined

export const createExposure = (
  policy: Policy,
  ports: Pick<Ports, 'log' | 'meter'>,
  findAnnotations: FindAnnotations,
): Exposure => {
  const annotated = (caller: Caller, target: Target): Target =>
    policy.readsAnnotations && target.kind === 'tool' && target.annotations === undefined
      ? { ...target, annotations: findAnnotations(caller, target) }
      : target
  return {
    restricts: policy.restricts,
    viewKey: (caller) => policy.viewKey(caller),
    shows: (caller, target) => !isHidden(policy.decide(caller, annotated(caller, target))),
    refusal: (call, target, unknown, args) => {
      if (!policy.restricts && !policy.limitsArguments) return undefined
      const given = call.request.params?.['arguments']
      const decision =
        call.request.method === 'tools/call'
          ? policy.decideCall(call.caller, annotated(call.caller, target), args ?? given, given)
          : policy.decide(call.caller, target)
      for (const { rule, check } of decision.reported) {
        const { requestId, request, caller } = call
        const asked = { method: request.method, backend: target.backend }
        const reported = { rule, problem: problemFrom(check) }
        noteWouldDeny(ports, { requestId, principal: caller.principal, asked }, reported)
        call.onReported?.(reported)
      }
      const { check } = decision
      if (check.status !== 'fail') return undefined
      const scopes = scopesIn(check)
      const rule = refusingRule(decision)
      return {
        kind: 'refusal',
        problem: problemFrom(check),
        ...(isDisguised(decision) ? { shownAs: unknown() } : {}),
        ...(scopes === undefined ? {} : { scopes }),
        ...(rule === undefined ? {} : { rule }),
        by: decision.causes,
      }
    },
  }
}

/** The same, with targets of one backend that only some callers may use: for all others they do not exist. */
export const closedFor = (
  exposure: Exposure,
  backend: string,
  mayUse: (caller: Caller) => boolean,
): Exposure => {
  const isClosed = (caller: Caller, target: Target): boolean =>
    target.backend === backend && !mayUse(caller)
  return {
    restricts: true,
    viewKey: (caller) => `${mayUse(caller) ? backend : ''} ${exposure.viewKey(caller)}`,
    shows: (caller, target) => !isClosed(caller, target) && exposure.shows(caller, target),
    refusal: (call, target, unknown, args) =>
      isClosed(call.caller, target)
        ? { kind: 'refusal', problem: unknown() }
        : exposure.refusal(call, target, unknown, args),
  }
}

/** The same, with targets that every caller may use. */
export const openFor = (exposure: Exposure, isOpen: (target: Target) => boolean): Exposure => ({
  ...exposure,
  shows: (caller, target) => isOpen(target) || exposure.shows(caller, target),
  refusal: (call, target, unknown, args) =>
    isOpen(target) ? undefined : exposure.refusal(call, target, unknown, args),
})
