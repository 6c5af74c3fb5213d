// The proxy's own tools of one configuration: composite tools, and those that find and call others.
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { CompositeConfig } from '../../composites/composite-config.ts'
import { discoveryTools, type DiscoveryTool } from '../../discovery/discovery-config.ts'
import type { Call, Caller, Handler } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { toolAnnotationsOf } from '../../mcp/tool-annotations.ts'
import type { Target } from '../../policy/policy.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { Listing, Snapshot } from '../lists/listing.ts'
import type { Upstream } from '../lists/member.ts'
import { ownName } from '../names/own-names.ts'
import { createCompositeTools } from './composite-tools.ts'
import { ownMember, type OwnList, type OwnTool } from './own-member.ts'
import { createSearchTools } from './search-tools.ts'

export interface OwnToolsParts {
  readonly composites: readonly CompositeConfig[]
  /** Of those that find and call others. */
  readonly discovery: readonly DiscoveryTool[]
  /** What is between `proxy` and the names of the latter. */
  readonly separator: string
  /** The backends that callers see. */
  readonly members: readonly Upstream[]
  /** What they list. */
  readonly listing: Pick<Listing, 'seen'>
  /** The whole way of a call, with the limits and the policy. */
  readonly handle: Handler
  /** What the policy says. */
  readonly exposure: Pick<Exposure, 'viewKey' | 'shows'>
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** Whether a line is logged for each step of a composite tool. */
  readonly audit: boolean
}

export interface OwnTools {
  readonly member: Upstream
  /** The same with nothing in its list but what finds and calls other tools. */
  readonly searchMember: Upstream
  /** Whether the call is carried out as several. */
  isSeveral(call: Call): boolean
  /** Whether every caller may use it, as it does nothing that its caller may not do. */
  isOpen(target: Target): boolean
  unwrap(request: JsonRpcRequest): JsonRpcRequest
}

const nameIn = ({ request: { method, params } }: Call): string | undefined => {
  const name = params?.['name']
  return method === 'tools/call' && typeof name === 'string' ? name : undefined
}

const ownTool = (local: string, item: JsonObject): OwnTool => ({
  local,
  item,
  annotations: toolAnnotationsOf(item),
})

const isDiscovery = (name: string): name is DiscoveryTool =>
  discoveryTools.some((tool) => tool === name)

export const createOwnTools = (parts: OwnToolsParts): OwnTools => {
  const { discovery, separator, exposure, ports, listing } = parts
  const composites = createCompositeTools(parts)
  const nameOf = (tool: DiscoveryTool) => `${ownName}${separator}${tool}`
  const search = createSearchTools({
    tools: discovery,
    nameOf,
    listing,
    composites,
    shows: (caller, { config, item }) =>
      exposure.shows(caller, {
        kind: 'tool',
        backend: ownName,
        name: config.name,
        annotations: toolAnnotationsOf(item),
      }),
  })
  const lists = new WeakMap<Snapshot, OwnList>()
  const finders = new WeakMap<Snapshot, OwnList>()

  const findersFor = async (caller: Caller): Promise<OwnList> => {
    const snapshot = await listing.seen('tools', caller)
    const known = finders.get(snapshot)
    if (known !== undefined) return known
    const items = await search.items(caller)
    const list = {
      ttlMs: snapshot.ttlMs,
      tools: discovery.flatMap((tool, index) => ownTool(tool, items[index] ?? {})),
    }
    finders.set(snapshot, list)
    return list
  }
  const listFor = async (caller: Caller): Promise<OwnList> => {
    const finding = discovery.length === 0 ? [] : (await findersFor(caller)).tools
    const snapshot = await composites.snapshot(caller)
    const known = lists.get(snapshot)
    if (known !== undefined && known.tools[0] === finding[0]) return known
    const composed = composites.of(snapshot)
    const list = {
      ttlMs: snapshot.ttlMs,
      tools: [...finding, ...composed.map(({ config, item }) => ownTool(config.name, item))],
    }
    lists.set(snapshot, list)
    return list
  }
  const handle: Handler = (call) => {
    const name = nameIn(call) ?? ''
    return isDiscovery(name) ? search.call(call, name) : composites.call(call, name)
  }
  const names = new Map([
    ...discovery.map((tool) => [tool, nameOf(tool)] as const),
    ...[...composites.names].map((name) => [name, name] as const),
  ])
  const member = (list: (caller: Caller) => Promise<OwnList>) =>
    ownMember({ names, list, viewKey: (caller) => exposure.viewKey(caller), handle, ports })
  return {
    member: member(listFor),
    searchMember: member(findersFor),
    isSeveral: (call) => composites.names.has(nameIn(call) ?? ''),
    isOpen: ({ kind, backend, name }) =>
      kind === 'tool' && backend === ownName && isDiscovery(name),
    unwrap: (request) => search.unwrap(request),
  }
}
