// What is wrong with the description of a tool, as clients read it: its name, its input schema, its annotations.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
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

/** Why clients refuse the tool; undefined: they do not. Does not check what the schema says beyond its type. */
export const shapeFault = (tool: Json): string | undefined => {
  if (!isJsonObject(tool)) return 'it is no object'
  const { name, inputSchema } = tool
  if (typeof name !== 'string' || name === '') return 'it has no name'
  if (inputSchema === undefined) return 'it has no inputSchema'
  if (!isJsonObject(inputSchema)) return 'its inputSchema is no object'
  return inputSchema['type'] === 'object' ? undefined : 'its inputSchema is not of type "object"'
}

/** Whether the tool says what it does to the world. */
export const isAnnotated = ({ annotations }: JsonObject): boolean =>
  isJsonObject(annotations) &&
  (typeof annotations['readOnlyHint'] === 'boolean' ||
    typeof annotations['destructiveHint'] === 'boolean')
