// What `config` found or did, as its JSON report says it.
import type { ShownSetting } from '../../config/effective.ts'
import type { SchemaNode } from '../../config/json-schema.ts'

interface Common {
  readonly schema_version: 1
  readonly command: 'config'
  readonly file: string
}

export interface ConfigShowReport extends Common {
  readonly verdict: 'show'
  readonly settings: readonly ShownSetting[]
}

export interface ConfigFormatReport extends Common {
  readonly verdict: 'formatted' | 'unformatted' | 'unchanged'
}

export interface ConfigSchemaReport {
  readonly schema_version: 1
  readonly command: 'config'
  readonly verdict: 'schema'
  /** JSON Schema 2020-12. */
  readonly schema: SchemaNode
}

export type ConfigReport = ConfigShowReport | ConfigFormatReport | ConfigSchemaReport
