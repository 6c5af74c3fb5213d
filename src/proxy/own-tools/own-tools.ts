// The proxy's own tools of one configuration.
import type { Ports } from '../../base/ports.ts'
import type { CompositeConfig } from '../../composites/composite-config.ts'
import type { Call, Caller, Handler } from '../../mcp/call.ts'
import { createCompositeTools } from './composite-tools.ts'
import { toolAnnotationsOf } from '../../mcp/tool-annotations.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { Listing, Snapshot } from '../lists/listing.ts'
import type { Upstream } from '../lists/member.ts'
import { ownMember, type OwnList } from './own-member.ts'

export interface OwnToolsParts {
  readonly composites: readonly CompositeConfig[]
  /** The backends that callers see. */
  readonly members: readonly Upstream[]
  /** What they list. */
  readonly listing: Pick<Listing, 'seen'>
  /** The whole way of a call, with the limits and the policy. */
  readonly handle: Handler
  readonly viewKey: Exposure['viewKey']
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** Whether a line is logged for each step of a composite tool. */
  readonly audit: boolean
}

export interface OwnTools {
  readonly member: Upstream
  /** Whether the call is carried out as several. */
  isSeveral(call: Call): boolean
}

const nameIn = ({ request: { method, params } }: Call): string | undefined => {
  const name = params?.['name']
  return method === 'tools/call' && typeof name === 'string' ? name : undefined
}

export const createOwnTools = (parts: OwnToolsParts): OwnTools => {
  const { viewKey, ports } = parts
  const composites = createCompositeTools(parts)
  const lists = new WeakMap<Snapshot, OwnList>()

  const list = async (caller: Caller): Promise<OwnList> => {
    const snapshot = await composites.snapshot(caller)
    const known = lists.get(snapshot) ?? {
      ttlMs: snapshot.ttlMs,
      tools: composites.of(snapshot).map(({ config, item }) => ({
        local: config.name,
        item,
        annotations: toolAnnotationsOf(item),
      })),
    }
    lists.set(snapshot, known)
    return known
  }
  const handle: Handler = (call) => composites.call(call, nameIn(call) ?? '')
  return {
    member: ownMember({
      names: new Map([...composites.names].map((name) => [name, name])),
      list,
      viewKey,
      handle,
      ports,
    }),
    isSeveral: (call) => composites.names.has(nameIn(call) ?? ''),
  }
}
