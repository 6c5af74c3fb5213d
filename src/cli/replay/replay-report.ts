// What another configuration would have decided, as `replay` reports it.
import type { CauseReport, DecisionReport } from '../../decisions/decision-report.ts'

/**
 * `allow-to-deny` and `deny-to-allow`: the other verdict. `let-in`: refused before its message was read, and not refused there
 * any more; what it asks for was not recorded. `other-rule`: the same verdict by another rule or check.
 */
export type Change = 'allow-to-deny' | 'deny-to-allow' | 'let-in' | 'other-rule'

/** Why a decision cannot be judged again. */
export type Reason =
  | 'no-facts'
  | 'cut'
  | 'admin'
  | 'endpoint'
  | 'limit'
  | 'setting'
  | 'undecided'
  | 'no-credential'
  | 'credential-kind'
  | 'token-rules'
  | 'not-asked'
  | 'role-claim'
  | 'rule'
  | 'annotations'
  | 'other-backend'
  | 'no-target'
  | 'task'

export interface SideReport {
  /** Null: allowed. */
  readonly code: string | null
  readonly by: readonly CauseReport[]
}

interface Counted {
  readonly count: number
  /** Request ids of the first of them. */
  readonly ids: readonly string[]
}

export interface ChangeReport extends Counted {
  readonly change: Change
  readonly was: SideReport
  /** Null where that is all that is known: it would be let in. */
  readonly now: SideReport | null
  /** The tools, prompts and resources that were asked for, the most frequent first. */
  readonly names: readonly { readonly name: string; readonly count: number }[]
  /** Who asked, the most frequent first. */
  readonly callers: readonly { readonly caller: string; readonly count: number }[]
}

export interface UnjudgedReport extends Counted {
  readonly reason: Reason
  /** The rule, the claim, the backend or the endpoint that it is about; null where the reason says all. */
  readonly about: string | null
}

export interface ReplayReport {
  readonly schema_version: 1
  readonly command: 'replay'
  /** `undecided`: there are decisions, and not one could be judged. */
  readonly verdict: 'changed' | 'unchanged' | 'undecided'
  /** The configuration that judged. */
  readonly config: string
  /** Where the decisions were read. */
  readonly decisions: string
  readonly read: number
  readonly same: number
  readonly changed: number
  readonly unjudged: number
  /** Lines that are no decisions. */
  readonly unread: number
  /** Of the first and the last decision; null where there is none. */
  readonly from: string | null
  readonly to: string | null
  /** The most frequent first. */
  readonly changes: readonly ChangeReport[]
  readonly not_judged: readonly UnjudgedReport[]
}

export type Recorded = DecisionReport & { readonly facts: NonNullable<DecisionReport['facts']> }
