// What is wrong with the description of a tool, as clients read it: headers and annotations.
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { mirroringOf } from './param-headers.ts'

/**
 * MCP 2026-07-28 transports: why the tool's `x-mcp-header` annotations cannot be followed; empty: they can.
 * The proxy itself carries those on a number, which the specification does not allow.
 */
export const headerFaults = ({ inputSchema }: JsonObject): readonly string[] => {
  const read = mirroringOf(inputSchema)
  if (!read.valid) return [read.why]
  return read.mirrored
    .filter(({ type }) => type === 'number')
    .map(({ path }) => `${path.join('.')} is a number: string, integer or boolean only`)
}

/** Whether the tool says what it does to the world. */
export const isAnnotated = ({ annotations }: JsonObject): boolean =>
  isJsonObject(annotations) &&
  (typeof annotations['readOnlyHint'] === 'boolean' ||
    typeof annotations['destructiveHint'] === 'boolean')
