// What servers offer, as the JSON report says it.
import type { Json } from '../../base/json.ts'
import type { ServerReport, TroubleReport } from '../backend/server-report.ts'

export interface ListReport {
  readonly kind: 'tools' | 'resources' | 'resourceTemplates' | 'prompts'
  /** As the server describes them. */
  readonly items: readonly Json[]
  /** Why it could not be fetched, or not to its end. */
  readonly trouble: string | null
}

export interface OfferReport {
  readonly target: string
  readonly verdict: 'ok' | 'unreached'
  /** Null where no link could be opened. */
  readonly server: ServerReport | null
  readonly lists: readonly ListReport[]
  readonly trouble: TroubleReport | null
  /** Milliseconds. */
  readonly time: { readonly connect: number; readonly lists: number | null }
  readonly next: readonly string[]
}

export interface ToolsReport {
  readonly schema_version: 1
  readonly command: 'tools'
  /** `unreached`: one of the servers at least could not be asked. */
  readonly verdict: 'ok' | 'unreached'
  readonly servers: readonly OfferReport[]
}

/** `--schema`: one tool as its server describes it. */
export interface ToolReport {
  readonly schema_version: 1
  readonly command: 'tools'
  readonly verdict: 'ok'
  readonly target: string
  readonly tool: Json
}
