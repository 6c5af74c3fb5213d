// The tool that finds tools, and the one that calls what was found. Both show and do nothing that their caller may not.
import { LRUCache } from 'lru-cache'
import { numberOf, writeJson } from '../../base/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { DiscoveryTool } from '../../discovery/discovery-config.ts'
import {
  callItem,
  defaultResults,
  mostResults,
  searchItem,
  shownTool,
} from '../../discovery/discovery-items.ts'
import type { ToolIndex } from '../../discovery/tool-index.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Snapshot } from '../lists/listing.ts'
import type { CompositeTools, ShownComposite } from './composite-tools.ts'
import type { Listing } from '../lists/listing.ts'

export interface SearchParts {
  /** Those that the configuration asks for. */
  readonly tools: readonly DiscoveryTool[]
  /** As clients see them. */
  readonly nameOf: (tool: DiscoveryTool) => string
  readonly listing: Pick<Listing, 'seen'>
  readonly composites: CompositeTools
  /** What the policy says of a composite tool. */
  readonly shows: (caller: Caller, composite: ShownComposite) => boolean
}

export interface SearchTools {
  /** As the caller is shown them. */
  items(caller: Caller): Promise<readonly JsonObject[]>
  call(call: Call, tool: DiscoveryTool): Promise<Reply>
  /** The request that is meant, where this one asks to call what was found; the very request otherwise. */
  unwrap(request: JsonRpcRequest): JsonRpcRequest
}

/** Indices of so many views are kept; those that were asked the longest ago make room. */
const mostIndices = 32

/** What can be found by one caller. */
interface Found {
  readonly composites: ReturnType<CompositeTools['of']>
  readonly tools: readonly JsonObject[]
  index: Promise<ToolIndex> | undefined
}

const refuse = (why: string): Reply => ({
  kind: 'refusal',
  problem: problemOf('req-params', 'invalid', { why }),
})

const textReply = (text: string): Reply => ({
  kind: 'result',
  result: lazyFromValue({ content: [{ type: 'text', text }] }),
})

const countsOf = ({ targets }: Snapshot): string => {
  const counts = new Map<string, number>()
  for (const { backend } of targets) counts.set(backend, (counts.get(backend) ?? 0) + 1)
  return [...counts].map(([backend, count]) => `${backend} (${String(count)})`).join(', ')
}

class Search implements SearchTools {
  private readonly parts: SearchParts
  private readonly found = new LRUCache<Snapshot, Found>({ max: mostIndices })

  constructor(parts: SearchParts) {
    this.parts = parts
  }

  async items(caller: Caller): Promise<readonly JsonObject[]> {
    const { tools, nameOf, listing } = this.parts
    const counts = countsOf(await listing.seen('tools', caller))
    const search = nameOf('search_tools')
    const name = tools.includes('call_tool') ? nameOf('call_tool') : undefined
    return [
      searchItem(search, name, counts),
      ...(name === undefined ? [] : [callItem(name, search)]),
    ]
  }

  async call(call: Call, tool: DiscoveryTool): Promise<Reply> {
    const given = call.request.params?.['arguments']
    const args = isJsonObject(given) ? given : {}
    const name = this.parts.nameOf(tool)
    // Whatever it is able to call went another way.
    if (tool === 'call_tool') return refuse(`${name} needs the name of another tool`)
    const { query, top_k: wanted = defaultResults } = args
    if (typeof query !== 'string' || query.trim() === '') return refuse(`${name} needs a query`)
    const limit = numberOf(wanted)
    if (limit === undefined || !Number.isInteger(limit) || limit < 1 || limit > mostResults) {
      return refuse(`top_k of ${name} is a whole number from 1 to ${String(mostResults)}`)
    }
    const index = await this.indexFor(call.caller)
    const tools = index.search(query, limit).map(shownTool)
    return textReply(writeJson({ tools, searched: index.size }))
  }

  unwrap(request: JsonRpcRequest): JsonRpcRequest {
    const { tools, nameOf } = this.parts
    const { method, params } = request
    if (method !== 'tools/call' || params === undefined || !tools.includes('call_tool'))
      return request
    if (params['name'] !== nameOf('call_tool')) return request
    const given = params['arguments']
    const { name, arguments: args = {} } = isJsonObject(given) ? given : {}
    if (typeof name !== 'string' || name === nameOf('call_tool')) return request
    return { ...request, params: { ...params, name, arguments: args } }
  }

  private async indexFor(caller: Caller): Promise<ToolIndex> {
    const { listing, composites, shows } = this.parts
    const snapshot = await listing.seen('tools', caller)
    const shown = composites.of(await composites.snapshot(caller))
    const known = this.found.get(snapshot)
    const found =
      known?.composites === shown
        ? known
        : {
            composites: shown,
            tools: [
              ...shown.filter((one) => shows(caller, one)).map(({ item }) => item),
              ...snapshot.items,
            ],
            index: undefined,
          }
    this.found.set(snapshot, found)
    // Loaded with the first search.
    found.index ??= import('../../discovery/tool-index.ts').then(({ indexTools }) =>
      indexTools(found.tools),
    )
    return found.index
  }
}

export const createSearchTools = (parts: SearchParts): SearchTools => new Search(parts)
