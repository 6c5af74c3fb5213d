// What a tool says of itself in its annotations, with the defaults of MCP where it says nothing. Hints: the server's own word.
import { isJsonObject, type JsonObject } from '../base/json.ts'

export interface ToolAnnotations {
  readonly readOnlyHint: boolean
  /** Where a tool only reads, false unless it says otherwise itself: then it contradicts itself, and the worse counts. */
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** What is not true or false counts as not there. */
export const toolAnnotationsOf = ({ annotations }: JsonObject): ToolAnnotations => {
  const said = isJsonObject(annotations) ? annotations : {}
  const hint = (name: keyof ToolAnnotations, otherwise: boolean): boolean => {
    const value = said[name]
    return typeof value === 'boolean' ? value : otherwise
  }
  const readOnlyHint = hint('readOnlyHint', false)
  return {
    readOnlyHint,
    destructiveHint: hint('destructiveHint', !readOnlyHint),
    idempotentHint: hint('idempotentHint', false),
    openWorldHint: hint('openWorldHint', true),
  }
}
