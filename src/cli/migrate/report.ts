// What `migrate` changed, as its JSON report says it.
import type { ProblemReport } from '../../core/verdict/checks-report.ts'

export interface MigrateChange {
  /** `note`: the key means another thing now. `remove`: it became a comment. `add`: it keeps the old meaning. */
  readonly kind: 'note' | 'remove' | 'add'
  /** As a person writes it: `backends[0].retry`. */
  readonly key: string
  /** In the file that was read, from 1; null where it has none. */
  readonly line: number | null
  readonly text: string
}

export interface MigrateReport {
  readonly schema_version: 1
  readonly command: 'migrate'
  /** `incomplete`: serve refuses the new file for what is in `problems`. */
  readonly verdict: 'migrated' | 'incomplete'
  readonly from: string
  /** Where it was written; null: it is in `text`. */
  readonly output: string | null
  readonly changes: readonly MigrateChange[]
  /** What is left to do. */
  readonly problems: readonly (ProblemReport & { readonly line: number | null })[]
  /** Null where it was written to a file. */
  readonly text: string | null
}
