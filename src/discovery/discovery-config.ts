// The keys of [proxy] by which clients find tools instead of reading all of them.
import * as z from 'zod'

export const discoveryKeys = {
  tool_discovery: z
    .boolean()
    .default(false)
    .describe('Offer a tool that finds other tools by what they do'),
  tool_exposure: z
    .enum(['direct', 'search'])
    .default('direct')
    .describe(
      'Whether clients are shown all tools, or only a tool that finds tools and one that calls them',
    ),
}

export interface DiscoveryConfig {
  readonly tool_discovery: boolean
  readonly tool_exposure: 'direct' | 'search'
}

/** The proxy's own names of these tools. */
export const discoveryTools = ['search_tools', 'call_tool'] as const
export type DiscoveryTool = (typeof discoveryTools)[number]

/** Those that the configuration asks for. */
export const discoveryToolsOf = ({
  tool_discovery: finds,
  tool_exposure: exposure,
}: DiscoveryConfig): readonly DiscoveryTool[] => {
  if (exposure === 'search') return discoveryTools
  return finds ? ['search_tools'] : []
}
