// References inside of a JSON Schema: where a schema is, and where what looks like one is a value or a name.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'

/** Members of a schema that contain values, not schemas. */
const dataKeys: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples'])
/** Members whose members have names of the author's, not of the schema's. */
const nameKeys: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
])
const refKeys: ReadonlySet<string> = new Set(['$ref', '$dynamicRef'])

/** Whether pointers inside of it lead into itself: a schema with an address of its own, wherever it is. */
const isOwnResource = ({ $id }: JsonObject): boolean =>
  typeof $id === 'string' && !$id.startsWith('#')

type MapRef = (ref: string) => string

/** The schema with other references; what is inside of a schema with an address of its own stays as it is. */
export const mapRefs = (schema: Json, map: MapRef): Json => {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map((one) => mapRefs(one, map))
  if (!isJsonObject(schema) || isOwnResource(schema)) return schema
  return mapMembers(schema, map)
}

/** The same for the members of a schema, whatever address it has itself. */
export const mapMembers = (schema: JsonObject, map: MapRef): JsonObject =>
  Object.fromEntries(
    Object.entries(schema).map(([key, value = null]) => [key, mapMember(key, value, map)]),
  )

const mapMember = (key: string, value: Json, map: MapRef): Json => {
  if (refKeys.has(key) && typeof value === 'string') return map(value)
  if (dataKeys.has(key)) return value
  if (!nameKeys.has(key) || !isJsonObject(value)) return mapRefs(value, map)
  return Object.fromEntries(
    Object.entries(value).map(([name, schema = null]) => [name, mapRefs(schema, map)]),
  )
}

const unescaped = (step: string): string => {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

/** The steps of a pointer into this very document; undefined for any other reference. */
export const stepsOf = (ref: string): readonly string[] | undefined => {
  if (ref === '#') return []
  return ref.startsWith('#/') ? ref.slice(2).split('/').map(unescaped) : undefined
}

/** What a pointer leads to (RFC 6901); undefined where that is nothing. */
export const valueAt = (root: JsonObject, steps: readonly string[]): Json | undefined => {
  let at: Json | undefined = root
  for (const step of steps) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(step)]
    else if (isJsonObject(at) && Object.hasOwn(at, step)) at = at[step]
    else return undefined
  }
  return at
}

/** A pointer to a member of a table of definitions. */
export const pointerTo = (table: string, name: string): string =>
  `#/${table}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`
