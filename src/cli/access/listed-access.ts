// What one caller sees and may call of what backends list: the merged lists of serve, each item judged by its policy.
import type { Json } from '../../base/json.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Policy, Subject } from '../../policy/policy.ts'
import type { NamedBackend } from '../../proxy/exposure/configured-policy.ts'
import { entriesOf } from '../../proxy/lists/entries.ts'
import { listKinds, type ListKind } from '../../proxy/lists/list-kinds.ts'
import { noPages } from '../../proxy/lists/list-pages.ts'
import { shapedEntries } from '../../proxy/lists/shaped.ts'
import { mergeLists } from '../../proxy/lists/merged.ts'
import type { ItemAccess, ListAccess } from './access-report.ts'
import { decided } from './decided.ts'

/** What one backend lists; undefined: it could not be asked. */
export interface ListedBackend extends NamedBackend {
  readonly era: Era
  readonly lists: readonly {
    readonly kind: ListKind
    readonly items: readonly Json[]
    readonly trouble: string | null
  }[]
}

const entriesIn = ({ names, shape, era, lists }: ListedBackend, kind: ListKind) => {
  const found = lists.find((list) => list.kind === kind)
  if (found === undefined) return undefined
  const ignored = () => undefined
  const entries = entriesOf(
    kind,
    { ...noPages, items: found.items },
    { names, era, now: 0, onFault: ignored, onWrongHeaders: ignored },
  )
  return shape === undefined ? entries : shapedEntries(kind, entries, { shape, names })
}

/** In the order of the backends. What serve would leave out of a list, such as an item without a name, is left out. */
export const listedAccess = (
  policy: Policy,
  subject: Subject,
  backends: readonly ListedBackend[],
): readonly (readonly ListAccess[])[] => {
  const byKind = new Map(
    listKinds.map((kind) => {
      const parts = backends.map((one) => ({ backend: one.backend, entries: entriesIn(one, kind) }))
      const items = mergeLists(kind, parts).map(({ exposed, target, taken }) => ({
        backend: target.backend,
        item: {
          name: exposed,
          local: target.name,
          taken: taken ?? null,
          ...decided(policy.decide(subject, target)),
        } satisfies ItemAccess,
      }))
      return [kind, items] as const
    }),
  )
  return backends.map(({ backend, lists }) =>
    lists.map(({ kind, trouble }) => ({
      kind,
      trouble,
      items: (byKind.get(kind) ?? [])
        .filter((one) => one.backend === backend)
        .map(({ item }) => item),
    })),
  )
}
