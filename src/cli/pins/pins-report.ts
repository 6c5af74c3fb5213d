// What `pins` found or did, as its JSON report says it.
import type { Json } from '../../base/json.ts'
import type { TroubleReport } from '../backend/server-report.ts'

export interface PinChange {
  /** Such as `inputSchema.properties.path.description`. */
  readonly path: string
  /** Null where it is not there. */
  readonly before: Json
  readonly after: Json
}

export interface PinnedTool {
  readonly tool: string
  /** `gone`: the backend does not offer it any more. */
  readonly state: 'pinned' | 'changed' | 'new' | 'gone'
  /** From what is pinned to what the backend says now; of a new tool all that it says. */
  readonly changes: readonly PinChange[]
}

export interface PinnedBackend {
  readonly backend: string
  readonly pin_tools: 'first_sight' | 'accepted'
  readonly tools: readonly PinnedTool[]
  /** Why it could not be asked; null: it was, or need not be. */
  readonly trouble: TroubleReport | null
}

export interface PinsReport {
  readonly schema_version: 1
  readonly command: 'pins'
  /** `same` and `differs` of diff; `unreached`: a backend could not be asked. */
  readonly verdict: 'list' | 'same' | 'differs' | 'accepted' | 'unreached'
  /** The pin file. */
  readonly file: string
  readonly backends: readonly PinnedBackend[]
}
