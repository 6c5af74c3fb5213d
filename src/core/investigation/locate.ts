// Finds out whether an MCP server is at an address, and looks for one nearby where it is not.
import type { Ports } from '../../base/ports.ts'
import { isLegacy } from '../resource/mcp-checks.ts'
import { initializeRequest, mcpAsker, type McpProbe } from '../resource/mcp-probes.ts'
import { answeredElsewhere, judgeAnswer, type ResourceAnswer } from '../resource/resource-answer.ts'
import type { ResourceDiscovery } from '../resource/resource-discovery.ts'

export interface Neighbourhood {
  readonly address: string
  readonly ports: Ports
  readonly allowHttp: boolean
  readonly signal: AbortSignal | undefined
}

export interface Located {
  readonly resource: ResourceDiscovery
  /** Undefined for a server that can be graded, or that does not answer. */
  readonly answer: ResourceAnswer | undefined
}

/** Where servers usually are, seen from an address that is none. */
const usualPlaces = (address: string): readonly string[] => {
  const { origin, pathname } = new URL(address)
  const bare = pathname.replace(/\/$/, '')
  const toggled = pathname.endsWith('/') ? bare : `${pathname}/`
  const places = [...(bare === '' ? [] : [toggled]), '/mcp', `${bare}/mcp`, '/sse']
  return [...new Set(places)].map((path) => `${origin}${path}`).filter((url) => url !== address)
}

const probeMs = 2000

/** Asks for a server at the usual places, each once. */
const lookNearby = async ({ address, ports, allowHttp, signal }: Neighbourhood) => {
  const probes: McpProbe[] = []
  for (const place of usualPlaces(address)) {
    const limits = { allowHttp, timeoutMs: probeMs }
    const ask = mcpAsker(place, ports, limits, signal === undefined ? {} : { signal })
    const { pathname } = new URL(place)
    const probe = await ask({ ...initializeRequest, asked: `initialize at ${pathname}` })
    probes.push(probe)
    if (probe.exchange.status === 401 || isLegacy(probe)) return { probes, instead: place }
  }
  return { probes, instead: undefined }
}

/** The answer at the address, and what is near it where that is no server. */
export const locate = async (
  asked: Neighbourhood,
  found: ResourceDiscovery,
  mustAsk: boolean,
): Promise<Located> => {
  const answer = judgeAnswer(found)
  if (answer?.kind === 'open' && mustAsk) return { resource: found, answer: undefined }
  const isLost = answer?.kind === 'wrong-path' || answer?.kind === 'not-mcp'
  if (!isLost || answer.instead !== undefined || found.probe.status === undefined) {
    return { resource: found, answer }
  }
  const { probes, instead } = await lookNearby(asked)
  return {
    resource: { ...found, probes: [...found.probes, ...probes] },
    answer: instead === undefined ? answer : answeredElsewhere(found, instead),
  }
}
