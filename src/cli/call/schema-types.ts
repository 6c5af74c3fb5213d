// What a JSON Schema lets a value be, as far as a word of a command line has to be converted to it.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null'

const typeNames: readonly string[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
]

const isTypeName = (value: unknown): value is TypeName =>
  typeof value === 'string' && typeNames.includes(value)

/** What one argument may be. */
export interface Shape {
  /** In the order of the schema; empty: anything. */
  readonly types: readonly TypeName[]
  /** The allowed values; undefined: any of the types. */
  readonly values: readonly Json[] | undefined
  /** Of the items, where it may be a list. */
  readonly items: Shape | undefined
  readonly about: string | undefined
}

const deepest = 8

/** `#/$defs/Name` in the schema itself; what leads elsewhere is not followed. */
const referred = (ref: Json | undefined, root: JsonObject): JsonObject | undefined => {
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return undefined
  let at: Json | undefined = root
  for (const step of ref.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return isJsonObject(at) ? at : undefined
}

const typeOf = (value: Json): TypeName =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : isJsonObject(value)
        ? 'object'
        : typeof value === 'string' || typeof value === 'boolean'
          ? (typeof value as 'string' | 'boolean')
          : 'number'

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : []

const anything: Shape = { types: [], values: undefined, items: undefined, about: undefined }

const unionOf = (shapes: readonly Shape[]): Shape => {
  const isOpen = shapes.some(({ types }) => types.length === 0)
  const values = shapes.every((shape) => shape.values !== undefined)
    ? shapes.flatMap((shape) => shape.values ?? [])
    : undefined
  return {
    types: isOpen ? [] : [...new Set(shapes.flatMap(({ types }) => types))],
    values,
    items: shapes.find(({ items }) => items !== undefined)?.items,
    about: shapes.find(({ about }) => about !== undefined)?.about,
  }
}

const ownValues = (schema: JsonObject): readonly Json[] | undefined => {
  if (schema['const'] !== undefined) return [schema['const']]
  const values = listOf(schema['enum'])
  return values.length === 0 ? undefined : values
}

const ownTypes = (
  { type }: JsonObject,
  values: readonly Json[] | undefined,
): readonly TypeName[] => {
  const named = Array.isArray(type) ? type.filter(isTypeName) : isTypeName(type) ? [type] : []
  return named.length === 0 && values !== undefined ? [...new Set(values.map(typeOf))] : named
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined

/** `root`: the schema that references lead into. */
export const shapeOf = (given: Json | undefined, root: JsonObject, depth = 0): Shape => {
  if (!isJsonObject(given) || depth > deepest) return anything
  const about = textOf(given['description']) ?? textOf(given['title'])
  const named = (shape: Shape): Shape => (about === undefined ? shape : { ...shape, about })
  const target = referred(given['$ref'], root)
  if (target !== undefined) return named(shapeOf(target, root, depth + 1))
  const values = ownValues(given)
  const types = ownTypes(given, values)
  const choices = [...listOf(given['anyOf']), ...listOf(given['oneOf'])]
  if (types.length === 0 && values === undefined && choices.length > 0) {
    return named(unionOf(choices.map((choice) => shapeOf(choice, root, depth + 1))))
  }
  const whole = listOf(given['allOf'])
  if (types.length === 0 && values === undefined && whole.length === 1) {
    return named(shapeOf(whole[0], root, depth + 1))
  }
  const items = types.includes('array') ? shapeOf(given['items'], root, depth + 1) : undefined
  return { types, values, items, about }
}

/** `integer`, `string or null`, `list of string`, `one of "a", "b"`. */
export const shapeText = ({ types, values, items }: Shape): string => {
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' or ')
  if (types.length === 0) return 'anything'
  return types
    .map((type) =>
      type === 'array' && items !== undefined && items.types.length > 0
        ? `list of ${shapeText(items)}`
        : type,
    )
    .join(' or ')
}

/** The arguments of one tool or prompt. */
export interface Parameters {
  readonly shapes: ReadonlyMap<string, Shape>
  readonly required: readonly string[]
  /** Whether others than these may be sent. */
  readonly isOpen: boolean
}

/** Without properties a schema says nothing of the names: all go. */
export const parametersOf = (inputSchema: Json | undefined): Parameters => {
  const schema = isJsonObject(inputSchema) ? inputSchema : {}
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const names = Object.keys(properties)
  const { additionalProperties: more, patternProperties: patterns } = schema
  return {
    shapes: new Map(names.map((name) => [name, shapeOf(properties[name], schema)])),
    required: listOf(schema['required']).filter((name) => typeof name === 'string'),
    isOpen:
      more === true ||
      isJsonObject(more) ||
      isJsonObject(patterns) ||
      (isJsonObject(inputSchema) && schema['properties'] === undefined && more === undefined),
  }
}
