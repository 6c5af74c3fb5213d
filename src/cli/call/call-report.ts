// What one call brought, as its JSON report says it.
import type { Json, JsonObject } from '../../base/json.ts'
import type { ServerReport, TroubleReport } from '../backend/server-report.ts'
import type { AskedQuestion } from './answering.ts'
import type { Subject } from './content.ts'
import type { SavedPiece } from './save-pieces.ts'

export interface CallReport {
  readonly schema_version: 1
  readonly command: 'call'
  /** `failed`: the tool says so of itself, or the server answers with an error. `unreached`: no answer came. */
  readonly verdict: 'ok' | 'failed' | 'unreached'
  readonly target: string
  /** Null where no link could be opened. */
  readonly server: ServerReport | null
  readonly called: { readonly kind: Subject; readonly name: string }
  /** As it came. */
  readonly result: JsonObject | null
  readonly error: { readonly code: number; readonly message: string; readonly data: Json } | null
  /** Why no answer came. */
  readonly trouble: TroubleReport | null
  /** What the server asked meanwhile; what was answered is not here. */
  readonly questions: readonly AskedQuestion[]
  readonly saved: readonly SavedPiece[]
  /** Milliseconds. */
  readonly time: { readonly connect: number; readonly call: number | null }
  readonly next: readonly string[]
}
