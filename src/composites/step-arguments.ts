// The arguments that a step sends: from the caller, from constants, from results of earlier steps.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Step } from './composite-config.ts'
import { pointerSteps, valueBelow } from './pointer.ts'

/** What a step finds: the arguments of the caller, and the results of earlier steps by their names. */
export interface Known {
  readonly input: JsonObject
  readonly steps: ReadonlyMap<string, JsonObject>
}

/** What a step sends, or the reference to a result that has no such part. */
export type StepArguments =
  | { readonly kind: 'arguments'; readonly args: JsonObject }
  | { readonly kind: 'missing'; readonly pointer: string }

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The first block of text as JSON: servers of earlier revisions write structured results so. */
const jsonOf = ({ content }: JsonObject): Json | undefined => {
  if (!Array.isArray(content)) return undefined
  const block = (content as readonly Json[]).find(
    (one) => isJsonObject(one) && one['type'] === 'text',
  )
  const text = isJsonObject(block) ? block['text'] : undefined
  return typeof text === 'string' ? parsed(text) : undefined
}

const fromResult = (result: JsonObject | undefined, path: readonly string[]): Json | undefined => {
  if (result === undefined) return undefined
  const [member, ...rest] = path
  return member === 'json' ? valueBelow(jsonOf(result), rest) : valueBelow(result, path)
}

const own = (target: JsonObject | undefined, name: string): boolean => {
  const properties = target?.['properties']
  if (target?.['additionalProperties'] !== false || target['patternProperties'] !== undefined) {
    return true
  }
  return isJsonObject(properties) && Object.hasOwn(properties, name)
}

/** Those of the caller that the schema of the tool does not rule out. */
const passedOn = (input: JsonObject, schema: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(input).filter(([name]) => own(schema, name)))

/** `schema`: what the tool takes, where that is known. */
export const argumentsOf = (
  { from, constants }: Step,
  { input, steps }: Known,
  schema: JsonObject | undefined,
): StepArguments => {
  const fixed = constants as JsonObject
  if (from === undefined)
    return { kind: 'arguments', args: { ...passedOn(input, schema), ...fixed } }
  const args: Record<string, Json> = {}
  for (const [name, pointer] of Object.entries(from)) {
    const [root, ...path] = pointerSteps(pointer)
    const [step = '', ...rest] = path
    const value = root === 'input' ? valueBelow(input, path) : fromResult(steps.get(step), rest)
    // What a caller leaves out is left out; what a result lacks was not meant to be left out.
    if (value !== undefined) args[name] = value
    else if (root !== 'input') return { kind: 'missing', pointer }
  }
  return { kind: 'arguments', args: { ...args, ...fixed } }
}
