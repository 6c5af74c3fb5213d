// What came of the token that `discover --token` showed to the server, as the JSON report says it.
import type { Ports } from '../../base/ports.ts'
import type { Investigation } from '../../core/investigation/investigation.ts'
import type { McpProbe } from '../../core/resource/mcp-probes.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'

export type Agreement =
  | 'accepted'
  | 'refused'
  /** What we refuse by the server's own metadata. */
  | 'server-accepts'
  /** What we accept by the server's own metadata. */
  | 'server-refuses'
  /** The server asks for no token: what it does with one says nothing. */
  | 'open'
  /** The server has answered, and we have no means to judge. */
  | 'unjudged'
  | 'undecided'
  /** There is no MCP server to show it to. */
  | 'not-shown'

export interface TokenReport {
  readonly kind: 'jwt' | 'jwe' | 'opaque'
  readonly characters: number
  readonly fingerprint: string
  readonly source: string
  readonly agreement: Agreement
  /** Of a refusal by both: whether the server says why we refuse; null where it does not say why. */
  readonly same_cause: boolean | null
  readonly verdict: 'accepted' | 'rejected' | 'undecided'
  /** What to do something about; null where both accept. */
  readonly problem: ProblemReport | null
  /** Null where it was not asked. */
  readonly server: {
    readonly outcome: 'accepted' | 'refused' | 'undecided'
    /** The request whose answer decides. */
    readonly asked: string
    readonly status: number | null
    readonly challenge: {
      readonly scheme: string
      readonly params: Readonly<Record<string, string>>
    } | null
    readonly error: string | null
    readonly error_description: string | null
    /** What else it says in its answer. */
    readonly words: string | null
  } | null
  readonly ours: {
    /** Null where it could not be judged. */
    readonly verdict: 'accepted' | 'rejected' | 'undecided' | null
    /** Why it was not judged. */
    readonly because: string | null
    readonly problem: ProblemReport | null
    readonly expected: {
      readonly issuer: string | null
      readonly audience: readonly string[]
      readonly required_scopes: readonly string[]
    } | null
    readonly exp: number | null
    readonly checks: readonly CheckReport[]
  }
  /** The next useful command; null: that of the server. */
  readonly next: string | null
}

export interface TokenTrial {
  readonly report: TokenReport
  readonly checks: readonly Check[]
  readonly probes: readonly McpProbe[]
}

/** Shows a token to the server that was found, and judges it. */
export type TryToken = (found: Investigation, ports: Ports) => Promise<TokenTrial>
