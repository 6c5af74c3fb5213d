// What callers see and may call, as the JSON reports give it.
import type { ProblemReport } from '../../core/verdict/checks-report.ts'
import type { ListKind } from '../../proxy/lists/list-kinds.ts'
import type { TroubleReport } from '../backend/server-report.ts'
import type { ValidateReport } from '../validate/validate-report.ts'

export interface CauseReport {
  readonly kind:
    'filter' | 'token' | 'role' | 'no-role' | 'annotation' | 'rule' | 'scopes' | 'argument-size'
  /** Of the token, the role or the rule; the scopes; the setting; the key of the backend. */
  readonly name: string
  /** Of the list that decided; null: no list did, or nothing in it matches. */
  readonly pattern: string | null
}

export interface OpenRuleReport {
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  readonly report_only: boolean
  /** What the condition reads and is not known before the call. */
  readonly on: readonly ('caller' | 'peer' | 'annotations' | 'args')[]
}

/** What the policy says of one caller and one target. */
export interface Decided {
  /** `scopes`: it is listed, and a call needs more scopes. `depends`: it is listed, and rules judge each call. */
  readonly access: 'allowed' | 'depends' | 'scopes' | 'denied'
  /** What refuses it; of the others, what allows it. Empty: nothing restricts it. */
  readonly by: readonly CauseReport[]
  /** Why it is refused, or would be without more scopes. */
  readonly problem: ProblemReport | null
  /** What the call needs beside auth.required_scopes. Of a token: only where one of them is missing. */
  readonly scopes: readonly string[]
  readonly depends: readonly OpenRuleReport[]
  /** What is counted as refused, and is not. */
  readonly report_only: readonly { readonly rule: string; readonly problem: ProblemReport }[]
}

export interface ItemAccess extends Decided {
  /** As clients see it: a name, a URI or a URI template. */
  readonly name: string
  /** The backend's own name for it. */
  readonly local: string
  /** The earlier backend that lists the same name: calls go there, and this one is in no list. */
  readonly taken: string | null
}

export interface ListAccess {
  readonly kind: ListKind
  readonly items: readonly ItemAccess[]
  /** Why it could not be fetched, or not to its end. */
  readonly trouble: string | null
}

export interface BackendAccess {
  readonly backend: string
  readonly verdict: 'ok' | 'unreached'
  readonly lists: readonly ListAccess[]
  readonly trouble: TroubleReport | null
}

export interface AccessReport {
  /** The configuration whose policy was asked. */
  readonly config: string
  /** The path of the endpoint that it is about: /mcp, or that of a profile. */
  readonly endpoint: string
  /** The roles of the caller; null: the configuration gives none. */
  readonly roles: readonly string[] | null
  /** Most bytes of the arguments of a call. */
  readonly max_argument_size: number | null
  readonly backends: readonly BackendAccess[]
}

/** `--tools`. */
export interface ValidateToolsReport extends ValidateReport {
  /** Null: the token is not accepted, so its caller sees nothing. */
  readonly access: AccessReport | null
}
