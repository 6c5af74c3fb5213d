// What the policy decides about one caller and one target, and what made it so.
import type { Check, FailedCheck } from '../core/verdict/check.ts'
import type { Fact } from './conditions.ts'

/** What decided. `filter`: a key of the backend, for all callers. `no-role`: the setting for callers without a role. */
export interface Cause {
  readonly kind:
    'filter' | 'token' | 'role' | 'no-role' | 'annotation' | 'rule' | 'scopes' | 'argument-size'
  readonly name: string
  /** Of the list that decided; undefined: there is none, or nothing in it matches. */
  readonly pattern?: string
}

/** A check, and what made it what it is. */
export interface Step {
  readonly check: Check
  readonly causes: readonly Cause[]
}

export interface FailedStep extends Step {
  readonly check: FailedCheck
}

/** A rule whose condition cannot be judged before more is known. */
export interface OpenRule {
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  readonly reportOnly: boolean
  /** What has to be known. */
  readonly on: readonly Fact[]
}

export interface Reported {
  /** What logs and metrics call the rule. */
  readonly rule: string
  readonly check: FailedCheck
}

export interface Decision extends Step {
  /** The first check that fails, or one that passed. */
  readonly check: Check
  /** What made it fail; where it passed, what allows it. Empty: nothing restricts it. */
  readonly causes: readonly Cause[]
  /** What only a call can decide, by its arguments. */
  readonly open: readonly OpenRule[]
  /** Rules that are asked before what failed, and could not be judged. */
  readonly unasked?: readonly OpenRule[]
  /** What rules that only report would have refused. */
  readonly reported: readonly Reported[]
}

export const isFailed = (check: Check): check is FailedCheck & { readonly status: 'fail' } =>
  check.status === 'fail'

/** What logs and metrics call the rule that refuses; undefined where nothing does. */
export const refusingRule = ({ check, causes: [cause] }: Decision): string | undefined => {
  if (cause === undefined || !isFailed(check)) return undefined
  switch (cause.kind) {
    case 'token':
      return 'scoped_tokens'
    case 'role':
    case 'no-role':
      return 'roles'
    case 'scopes':
      return 'tool_scopes'
    case 'filter':
    case 'annotation':
    case 'rule':
    case 'argument-size':
      return cause.name
  }
}

/** Whether the target is hidden from the caller, as if it did not exist. One that lacks a scope is shown: it can be asked for. */
export const isHidden = ({ check }: Decision): boolean =>
  check.status === 'fail' && check.id !== 'policy-scope' && check.id !== 'policy-argument'

/** Whether the caller reads what it would read if the target did not exist. That nothing is known yet is so for every name. */
export const isDisguised = (decision: Decision): boolean =>
  isHidden(decision) &&
  !(
    'case' in decision.check &&
    decision.check.case === 'unknown' &&
    decision.check.id === 'policy-annotation'
  )
