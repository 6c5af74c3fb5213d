// What is wrong with the description of a tool, as clients read it: its name, its input schema, its annotations.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~\w-]+$/

const headerTypes: readonly unknown[] = ['string', 'integer', 'boolean']

/** Properties that are reached by names alone; what stands in `anyOf` or `items` has no fixed place. */
const propertiesOf = (
  schema: JsonObject,
  path = '',
): readonly (readonly [path: string, schema: JsonObject])[] => {
  const { properties } = schema
  if (!isJsonObject(properties)) return []
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isJsonObject(property)) return []
    const at = path === '' ? name : `${path}.${name}`
    return [[at, property] as const, ...propertiesOf(property, at)]
  })
}

/** Members of a schema whose members are schemas under names of their own choice. */
const named: readonly string[] = [
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
]
/** Members that hold values, which may look like anything. */
const values: readonly string[] = ['default', 'examples', 'enum', 'const']

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

/** Annotations anywhere in a schema, also where they mean nothing. */
const countAnnotations = (schema: Json | undefined): number => {
  if (Array.isArray(schema)) return sum(schema.map((part: Json) => countAnnotations(part)))
  if (!isJsonObject(schema)) return 0
  const below = Object.entries(schema).map(([key, member]) => {
    if (key === 'x-mcp-header') return 1
    if (values.includes(key)) return 0
    return named.includes(key) && isJsonObject(member)
      ? sum(Object.values(member).map(countAnnotations))
      : countAnnotations(member)
  })
  return sum(below)
}

/** MCP 2026-07-28 transports: why the tool's `x-mcp-header` annotations cannot be followed; empty: they can. */
export const headerFaults = (tool: JsonObject): readonly string[] => {
  const schema = tool['inputSchema']
  if (!isJsonObject(schema)) return []
  const faults: string[] = []
  const seen = new Set<string>()
  let reached = 0
  for (const [path, property] of propertiesOf(schema)) {
    const header = property['x-mcp-header']
    if (header === undefined) continue
    reached += 1
    if (typeof header !== 'string' || !token.test(header)) {
      faults.push(`${path}: x-mcp-header is no name of a header`)
      continue
    }
    if (!headerTypes.includes(property['type'])) {
      faults.push(`${path}: x-mcp-header goes with string, integer or boolean only`)
    }
    const folded = header.toLowerCase()
    if (seen.has(folded)) faults.push(`${path}: x-mcp-header ${header} is used twice`)
    seen.add(folded)
  }
  return countAnnotations(schema) > reached
    ? [...faults, 'x-mcp-header stands where no argument has a fixed place']
    : faults
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
