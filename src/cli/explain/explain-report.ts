// The report of `explain`.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { ProblemCode } from '../../problems/problem.ts'

export interface CheckPage {
  readonly id: ProblemCode
  readonly group: string
  readonly severity: Severity
  /** What clients may see of it. */
  readonly title: string
  readonly looks_at: string
  /** Each situation in which it is reported, with its remedy; the values are examples. */
  readonly cases: readonly {
    /** Null where there is only one. */
    readonly case: string | null
    readonly message: string
    readonly hint: string
  }[]
  readonly spec: string | null
  readonly refuses: 'always' | 'configured' | 'never'
  /** What `serve` answers where it refuses; null for advice. */
  readonly answer: {
    readonly outcome: 'rejected' | 'undecided'
    readonly http: number | null
    readonly oauth: string | null
    readonly jsonrpc: number | null
  } | null
  /** What single providers are known for under this finding. */
  readonly providers: readonly { readonly provider: string; readonly text: string }[]
  readonly related: readonly ProblemCode[]
  /** The command that shows the check at work. */
  readonly next: string
}

/** One thing that was recognised in a pasted text. */
export interface SignReport {
  readonly kind:
    | 'check'
    | 'vendor'
    | 'words'
    | 'system'
    | 'challenge'
    | 'oauth'
    | 'rpc'
    | 'vague'
    | 'weakness'
    | 'status'
  /** Stable, as `case` of a check. */
  readonly case: string | null
  /** What was recognised, and what it means. */
  readonly message: string
  /** A specification, or the address of the documentation. */
  readonly source: string | null
  /** The likeliest first. */
  readonly checks: readonly ProblemCode[]
  readonly next: string
}

export interface ExplainReport {
  readonly schema_version: 1
  readonly command: 'explain'
  /** The words that were asked for; null for the list of all, and for a text that was read for its signs. */
  readonly query: string | null
  /** Whether the words are the id of one check. */
  readonly exact: boolean
  /** The strongest first; empty where an id or words were asked for. */
  readonly signs: readonly SignReport[]
  /** With signs: the pages that they lead to, the likeliest first. */
  readonly checks: readonly CheckPage[]
}
