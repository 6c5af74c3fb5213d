// The report of `introspect`.
import type { JsonObject } from '../../base/json.ts'
import type { TokenView } from '../token/token-view.ts'
import type { ValidateReport } from '../validate/validate-report.ts'

export interface IntrospectReport extends Omit<
  ValidateReport,
  'command' | 'verdict' | 'now_given' | 'http' | 'token' | 'expected'
> {
  readonly command: 'introspect'
  readonly verdict: 'accepted' | 'rejected' | 'undecided'
  readonly http: NonNullable<ValidateReport['http']>
  readonly token: TokenView & { readonly source: string }
  readonly expected: NonNullable<ValidateReport['expected']>
  /** Where it was asked; null when nobody could be asked. */
  readonly endpoint: string | null
  readonly client_id: string | null
  readonly client_auth: string | null
  /** As it came, without members that are credentials. */
  readonly answer: JsonObject | null
  /** Of several calls (`--count`); null for one. */
  readonly latency: {
    readonly calls: number
    readonly answered: number
    readonly median_ms: number | null
    readonly worst_ms: number | null
  } | null
}
