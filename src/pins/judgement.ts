// Whether a tool is what was pinned.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import {
  changedPaths,
  definitionOf,
  differences,
  isSameDefinition,
  type Difference,
} from './definition.ts'
import type { Pins } from './pin-file.ts'
import type { PinMode } from './pins-config.ts'

/** A tool that is not offered, and why. */
export interface Quarantined {
  readonly backend: string
  /** The backend's own name. */
  readonly tool: string
  /** `new`: nothing was accepted of it. */
  readonly state: 'changed' | 'new'
  readonly definition: JsonObject
  /** From what is pinned to what the backend says now; none for a new tool. */
  readonly differences: readonly Difference[]
}

/** Undefined: it is what was pinned. `pinned`: undefined where nothing is. */
export const quarantine = (
  { backend, tool }: Pick<Quarantined, 'backend' | 'tool'>,
  definition: JsonObject,
  pinned: JsonObject | undefined,
): Quarantined | undefined => {
  const about = { backend, tool, definition }
  if (pinned === undefined) return { ...about, state: 'new', differences: [] }
  return isSameDefinition(pinned, definition)
    ? undefined
    : { ...about, state: 'changed', differences: differences(pinned, definition) }
}

export const quarantineProblem = ({
  backend,
  tool,
  state,
  differences: found,
}: Quarantined): Problem => {
  const target = `tool ${JSON.stringify(tool.slice(0, 256))} of backend ${backend}`
  return state === 'new'
    ? problemOf('policy-pin', 'new', { target, backend })
    : problemOf('policy-pin', 'changed', { target, backend, changed: changedPaths(found) })
}

export interface JudgedTools {
  /** By name, as the backend says them now; of two of one name the first. */
  readonly tools: ReadonlyMap<string, JsonObject>
  readonly quarantined: readonly Quarantined[]
  /** Pinned, and not offered any more. */
  readonly gone: readonly string[]
}

/** A whole list of tools, as commands judge it. With `first_sight` a tool that is not pinned would be. */
export const judgePins = (
  {
    name: backend,
    pin_tools: mode,
  }: { readonly name: string; readonly pin_tools?: PinMode | undefined },
  items: readonly Json[],
  pins: Pins,
): JudgedTools => {
  const pinned = pins.get(backend) ?? new Map<string, JsonObject>()
  const tools = new Map<string, JsonObject>()
  for (const item of items) {
    const name = isJsonObject(item) ? item['name'] : undefined
    if (isJsonObject(item) && typeof name === 'string' && !tools.has(name)) {
      tools.set(name, definitionOf(item))
    }
  }
  const quarantined = [...tools].flatMap(([tool, definition]) => {
    const known = pinned.get(tool)
    if (known === undefined && mode === 'first_sight') return []
    return quarantine({ backend, tool }, definition, known) ?? []
  })
  return { tools, quarantined, gone: [...pinned.keys()].filter((tool) => !tools.has(tool)) }
}
