// The keys about pins: whether the definitions of a backend's tools are pinned, and in which file.
import * as z from 'zod'

export const pinModes = ['first_sight', 'accepted'] as const
export type PinMode = (typeof pinModes)[number]

/** Of one [[backends]] entry. */
export const pinKeys = {
  pin_tools: z
    .enum(pinModes)
    .optional()
    .describe(
      'Offer a tool only while its description, schemas and annotations are the pinned ones. first_sight: what is seen first is pinned; accepted: only `mcp-proxy pins accept` pins. Default: nothing is pinned',
    ),
}

/** Of [proxy]. */
export const pinFileKeys = {
  pins_file: z
    .string()
    .min(1)
    .default('mcp-proxy.pins.json')
    .describe('Where the definitions of tools are pinned, for backends with pin_tools'),
}
