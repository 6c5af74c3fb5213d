// Who may call a tool, by the configuration alone, as `who-can` reports it.
import type { Decided } from './access-report.ts'

export interface CallerAccess extends Decided {
  /** `key`: an API key that is neither expired nor revoked. `claim`: callers whose claim has the value. `no-role`: callers whose claim gives none. */
  readonly who: 'token' | 'key' | 'claim' | 'no-role' | 'accepted' | 'everybody'
  /** The name or the place of the token; the name of the key; the claim. */
  readonly name: string | null
  /** Of the claim. */
  readonly value: string | null
  /** First 8 hex digits of the SHA-256 of the token or key. */
  readonly fingerprint: string | null
  /** The roles that the value or the key gives. */
  readonly roles: readonly string[]
}

/** One thing that is asked about the tool, for any caller. */
export type AskedReport = {
  /** What it refuses is counted and logged, and not refused. */
  readonly report_only: boolean
} & (
  | {
      /** `filter`: a key of the backend, for all callers. */
      readonly asks: 'filter' | 'token' | 'role'
      readonly name: string
      readonly says: 'allows' | 'denies' | 'unlisted'
      /** Of the list that says so; null: it has no such list, or nothing in it matches. */
      readonly pattern: string | null
    }
  | {
      readonly asks: 'no-role'
      /** The setting. */
      readonly name: string
      readonly says: 'allows' | 'denies'
      readonly pattern: null
    }
  | {
      readonly asks: 'annotations'
      /** The setting of the backend. */
      readonly name: string
      readonly says: 'denies'
      readonly pattern: null
    }
  | {
      readonly asks: 'rule'
      readonly name: string
      readonly says: 'allow' | 'deny'
      /** Null: the rule is about every tool. */
      readonly pattern: string | null
      /** What the condition reads. */
      readonly reads: readonly ('caller' | 'peer' | 'annotations' | 'args')[]
      readonly when: string
      readonly message: string | null
    }
  | {
      readonly asks: 'scopes'
      /** Space-separated. */
      readonly name: string
      readonly says: 'needs'
      /** Null: every call needs them. */
      readonly pattern: string | null
    }
  | {
      readonly asks: 'argument-size'
      /** Bytes. */
      readonly name: string
      readonly says: 'at-most'
      readonly pattern: null
    }
)

export interface ToolAccess {
  readonly backend: string
  /** The backend's own name. */
  readonly tool: string
  /** As clients see it. */
  readonly exposed: string
  readonly verdict: 'callable' | 'denied'
  readonly callers: readonly CallerAccess[]
  /** In the order in which it is asked. */
  readonly asked: readonly AskedReport[]
}

export interface WhoCanReport {
  readonly schema_version: 1
  readonly command: 'who-can'
  readonly verdict: 'callable' | 'denied'
  /** As it was given. */
  readonly name: string
  readonly config: string
  /** The path of the endpoint that it is about: /mcp, or that of a profile. */
  readonly endpoint: string
  /** auth.type. */
  readonly auth: string
  /** Several where the name can be one of several backends: the first that lists it has it. */
  readonly tools: readonly ToolAccess[]
}
