// What all backends list as one: in the order of the configuration, the first that lists a name has it.
import type { JsonObject } from '../../base/json.ts'
import type { Target } from '../../policy/policy.ts'
import type { Entries } from './entries.ts'
import { listSpecs, targetKinds, type ListKind } from './list-kinds.ts'

export interface MergedItem {
  /** As clients see it. */
  readonly item: JsonObject
  readonly exposed: string
  readonly target: Target
  /** What sessions are shown instead. */
  readonly sessionForm: JsonObject | undefined
  /** The earlier backend that has the name: calls go there, and the item is in no list. */
  readonly taken: string | undefined
}

export interface ListedBy {
  readonly backend: string
  /** Undefined: it could not list. */
  readonly entries: Entries | undefined
}

export const mergeLists = (kind: ListKind, parts: readonly ListedBy[]): readonly MergedItem[] => {
  const { key } = listSpecs[kind]
  const owners = new Map<string, string>()
  const merged: MergedItem[] = []
  for (const { backend, entries } of parts) {
    for (const item of entries?.items ?? []) {
      const exposed = item[key] as string
      const taken = owners.get(exposed)
      if (taken === undefined) owners.set(exposed, backend)
      const name = entries?.local.get(exposed) ?? exposed
      merged.push({
        item,
        exposed,
        target: {
          kind: targetKinds[kind],
          backend,
          name,
          annotations: entries?.annotations?.get(name),
        },
        sessionForm: entries?.sessionForms?.get(exposed),
        taken,
      })
    }
  }
  return merged
}
