// What a composite tool takes, made of the schemas of the tools that it calls: never stricter than they are together.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { mapRefs, pointerTo } from '../mcp/schema-refs.ts'
import { toolAnnotationsOf } from '../mcp/tool-annotations.ts'
import type { CompositeConfig, Step } from './composite-config.ts'
import { pointerSteps } from './pointer.ts'

/** A step with the tool that it calls, as the caller is shown it. */
export interface StepTool {
  readonly step: Step
  readonly tool: JsonObject
}

/** An argument of the caller as one step uses it. */
interface Taken {
  readonly name: string
  readonly schema: Json
  readonly isRequired: boolean
}

const propertiesOf = (schema: JsonObject): JsonObject => {
  const { properties } = schema
  return isJsonObject(properties) ? properties : {}
}

const requiredIn = ({ required }: JsonObject): ReadonlySet<unknown> =>
  new Set(Array.isArray(required) ? required : [])

/** Whether a schema refers to another part of its document, and so needs it. */
const hasRefs = (schema: JsonObject): boolean => {
  let found = false
  mapRefs(schema, (ref) => {
    found ||= ref.startsWith('#')
    return ref
  })
  return found
}

/** References into its own document lead to where that document is kept now. */
const moved = (schema: Json, home: string | undefined): Json =>
  home === undefined
    ? schema
    : mapRefs(schema, (ref) => (ref === '#' || ref.startsWith('#/') ? home + ref.slice(1) : ref))

const takenBy = (
  { step: { from, constants } }: StepTool,
  schema: JsonObject,
  home: string | undefined,
): readonly Taken[] => {
  const properties = propertiesOf(schema)
  const required = requiredIn(schema)
  const names =
    from === undefined
      ? Object.keys(properties).map((name) => [name, name] as const)
      : Object.entries(from).flatMap(([name, pointer]) => {
          const [root, input, ...deeper] = pointerSteps(pointer)
          if (root !== 'input' || input === undefined) return []
          return [[deeper.length === 0 ? name : undefined, input] as const]
        })
  return names.flatMap(([name, input]): readonly Taken[] => {
    if (name !== undefined && Object.hasOwn(constants, name)) return []
    const own = name === undefined ? undefined : properties[name]
    const isRequired = name !== undefined && required.has(name)
    return [{ name: input, schema: moved(own ?? {}, home), isRequired }]
  })
}

const dialectOf = (schemas: readonly JsonObject[]): Json | undefined => {
  const dialects = new Set(schemas.map(({ $schema }) => $schema))
  const [only] = dialects
  return dialects.size === 1 ? only : undefined
}

/** One of them is enough: a value that suits one step and not another is answered by that other. */
const anyOf = (schemas: readonly Json[]): Json => {
  const different = [...new Map(schemas.map((one) => [writeJson(one), one])).values()]
  const [only = {}] = different
  if (different.length < 2) return only
  const described = different.find((one) => isJsonObject(one) && one['description'] !== undefined)
  const description = isJsonObject(described) ? described['description'] : undefined
  return { ...(description === undefined ? {} : { description }), anyOf: different }
}

const schemaIn = ({ inputSchema }: JsonObject): JsonObject =>
  isJsonObject(inputSchema) ? inputSchema : { type: 'object' }

const derived = ({ strategy }: CompositeConfig, tools: readonly StepTool[]): JsonObject => {
  const homes: Record<string, Json> = {}
  const taken = tools.map((one) => {
    const schema = schemaIn(one.tool)
    const home = hasRefs(schema) ? pointerTo('$defs', one.step.name) : undefined
    if (home !== undefined) homes[one.step.name] = moved(schema, home)
    return takenBy(one, schema, home)
  })
  const all = taken.flat()
  const names = [...new Set(all.map(({ name }) => name))]
  const isRequired = (name: string): boolean => {
    const wants = (list: readonly Taken[]) =>
      list.some((one) => one.name === name && one.isRequired)
    // The first step that succeeds is enough.
    return strategy === 'first' ? taken.every(wants) : taken.some(wants)
  }
  const required = names.filter(isRequired)
  const dialect = dialectOf(tools.map(({ tool }) => schemaIn(tool)))
  return {
    ...(dialect === undefined ? {} : { $schema: dialect }),
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => [
        name,
        anyOf(all.filter((one) => one.name === name).map(({ schema }) => schema)),
      ]),
    ),
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(homes).length === 0 ? {} : { $defs: homes }),
  }
}

/** `tools`: those of the steps that the caller may use. */
export const inputSchemaOf = (config: CompositeConfig, tools: readonly StepTool[]): JsonObject =>
  config.input_schema === undefined
    ? derived(config, tools)
    : { type: 'object', ...(config.input_schema as JsonObject) }

/** A composite does what any of its tools does (MCP, ToolAnnotations). */
export const annotationsOf = (tools: readonly StepTool[]): JsonObject => {
  const all = tools.map(({ tool }) => toolAnnotationsOf(tool))
  const readOnlyHint = all.every((one) => one.readOnlyHint)
  const destructiveHint = all.some((one) => one.destructiveHint)
  const idempotentHint = all.every((one) => one.readOnlyHint || one.idempotentHint)
  return {
    readOnlyHint,
    // They mean something for tools that change anything alone.
    ...(readOnlyHint && !destructiveHint ? {} : { destructiveHint, idempotentHint }),
    openWorldHint: all.some((one) => one.openWorldHint),
  }
}
