// What a server offers: every list that it announces, fetched to its end.
import type { Json } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Agreement } from '../../backends/backend.ts'
import type { Caller, Handler } from '../../mcp/call.ts'
import { listKinds, listSpecs, type ListKind } from '../../proxy/lists/list-kinds.ts'
import { fetchList } from '../../proxy/lists/list-pages.ts'

export interface ListedKind {
  readonly kind: ListKind
  readonly items: readonly Json[]
  /** Why it could not be fetched, or not to its end; undefined: it could. */
  readonly trouble: string | undefined
  /** Some of it came. */
  readonly isCut: boolean
}

const announced = ({ capabilities }: Pick<Agreement, 'capabilities'>): readonly ListKind[] =>
  listKinds.filter((kind) => capabilities[listSpecs[kind].capability] !== undefined)

/** `caller`: who asks; default: the proxy, for all of its callers. */
export const listsOf = (
  handle: Handler,
  agreement: Pick<Agreement, 'capabilities'>,
  ports: Pick<Ports, 'clock'>,
  caller?: Caller,
): Promise<readonly ListedKind[]> =>
  Promise.all(
    announced(agreement).map(async (kind) => {
      const fetched = await fetchList(handle, kind, ports, caller)
      return 'why' in fetched
        ? { kind, items: [], trouble: fetched.why, isCut: false }
        : {
            kind,
            items: fetched.items,
            trouble: fetched.lacks?.why,
            isCut: fetched.lacks !== undefined,
          }
    }),
  )
