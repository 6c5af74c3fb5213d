// Which MCP clients get in, as the JSON report says it.
import type { Admission, ClientNeed, ClientRow } from '../../core/known-clients/admission.ts'

type Answer = ClientNeed['met']

interface SourceReport {
  readonly url: string
  /** ISO 8601. */
  readonly date: string
}

export interface ClientReport {
  readonly id: string
  readonly name: string
  /** `setup`: after its user has configured a client ID. `unknown`: no source or no answer decides it. */
  readonly gets_in: Admission
  readonly because: string
  /** How it becomes known to the authorization server; null where it does not. */
  readonly registers: 'document' | 'dynamic' | 'given' | null
  readonly redirect_uris: readonly string[]
  readonly needs: readonly {
    readonly id: ClientNeed['id']
    readonly need: string
    /** Whether the client is known to refuse without it. */
    readonly required: Answer
    readonly met: Answer
    readonly checks: readonly string[]
    /** Null: the protocol says so, or it is not known. */
    readonly source: SourceReport | null
  }[]
  readonly sources: readonly SourceReport[]
}

export const clientReport = (row: ClientRow): ClientReport => ({
  id: row.id,
  name: row.name,
  gets_in: row.admission,
  because: row.because,
  registers: row.registers ?? null,
  redirect_uris: row.redirects,
  needs: row.needs.map(({ source, ...need }) => ({ ...need, source: source ?? null })),
  sources: row.sources,
})
