// What shapes the items of one backend beside what it offers at all: names, words and parameters.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { TargetKind } from '../policy/spelling.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import { compileAliases, type Aliases } from './aliases.ts'
import { compileParameters, ownArguments, type Parameters } from './parameters.ts'
import { shapeSchema } from './schema-shape.ts'
import type { ShapingConfig } from './shaping-config.ts'
import { compileWords } from './words.ts'

export interface Shape {
  readonly aliases: Aliases | undefined
  /** Whether items of that kind may look different. */
  changes(kind: TargetKind): boolean
  /** An item as clients see it, but for its name. `local`: the backend's own name or URI. */
  item(kind: TargetKind, local: string, item: JsonObject): JsonObject
  /** The arguments of a call of that tool as the backend gets them; undefined: as they came. */
  readonly args: ShapeArguments | undefined
}

export type ShapedArguments =
  | { readonly args: JsonObject }
  /** Why the arguments cannot be sent. */
  | { readonly fault: Problem }

/** `local`: the backend's own name of the tool. Undefined: its arguments are sent as they came. */
export type ShapeArguments = (local: string, given: Json | undefined) => ShapedArguments | undefined

const shapedArguments = (parameters: Parameters, given: Json | undefined): ShapedArguments => {
  const args = given ?? {}
  return isJsonObject(args)
    ? ownArguments(parameters, args)
    : { fault: problemOf('req-params', 'invalid', { why: 'arguments is not an object' }) }
}

/** Undefined where everything is as the backend has it. */
export const compileShape = (config: ShapingConfig): Shape | undefined => {
  const aliases = compileAliases(config)
  const words = compileWords(config)
  const parametersOf = compileParameters(config)
  if (aliases === undefined && words === undefined && parametersOf === undefined) return undefined
  const withSchema = (local: string, tool: JsonObject): JsonObject => {
    const parameters = parametersOf?.(local)
    const schema = tool['inputSchema']
    return parameters === undefined || !isJsonObject(schema)
      ? tool
      : { ...tool, inputSchema: shapeSchema(schema, parameters) }
  }
  return {
    aliases,
    changes: (kind) =>
      words?.has(kind) === true ||
      (kind === 'tool' && (aliases !== undefined || parametersOf !== undefined)),
    item: (kind, local, item) => {
      const own = words?.of(kind, local)
      const worded = own === undefined ? item : { ...item, ...own }
      return kind === 'tool' ? withSchema(local, worded) : worded
    },
    args:
      parametersOf === undefined
        ? undefined
        : (local, given) => {
            const parameters = parametersOf(local)
            return parameters === undefined ? undefined : shapedArguments(parameters, given)
          },
  }
}
