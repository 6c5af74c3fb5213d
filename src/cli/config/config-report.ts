// What `config` found or did, as its JSON report says it.
import type { ShownValue } from '../../config/effective.ts'
import type { SchemaNode } from '../../config/json-schema.ts'

export interface ShownSetting {
  /** As written for a person: `backends[0].name`. */
  readonly key: string
  /** `[secret]` where it is one. */
  readonly value: ShownValue
  readonly origin: 'file' | 'environment' | 'default'
  /** From 1; null for a default. */
  readonly line: number | null
  /** The variables that it refers to. */
  readonly variables: readonly string[]
}

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
