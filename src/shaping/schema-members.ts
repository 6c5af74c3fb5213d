// The members of a schema that name parameters, for callers who do not see all of them or know them by other names.
import { numberOf, writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Parameters } from './parameters.ts'

/** What the backend gets of a parameter that callers do not see; undefined: nothing. */
const hiddenValue = ({ fixed, filled }: Parameters, name: string): Json | undefined =>
  fixed.has(name) ? fixed.get(name) : filled.get(name)

export const isSupplied = ({ fixed, filled }: Parameters, name: string): boolean =>
  fixed.has(name) || filled.has(name)

/** Whether the backend gets parameters that no caller sent. */
export const supplies = ({ fixed, filled }: Parameters): boolean => fixed.size + filled.size > 0

/** Whether more happens to parameters than that they have other names. */
export const hides = (parameters: Parameters): boolean =>
  parameters.gone.size > 0 || supplies(parameters)

const shownName = ({ renamed }: Parameters, name: string): string => renamed.get(name) ?? name

const textsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value)
    ? (value as readonly Json[]).filter((one): one is string => typeof one === 'string')
    : []

const typeNames: Readonly<Record<string, (value: Json) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: isJsonObject,
  number: (value) => numberOf(value) !== undefined,
  integer: (value) => Number.isInteger(numberOf(value)),
}

const isEqual = (a: Json, b: Json): boolean =>
  numberOf(a) === undefined ? writeJson(a) === writeJson(b) : numberOf(a) === numberOf(b)

/** Whether a schema may accept a value, by the keywords that discriminate. True where that is not known. */
const mayAccept = (schema: Json | undefined, value: Json): boolean => {
  if (typeof schema === 'boolean') return schema
  if (!isJsonObject(schema)) return true
  const { const: only, enum: some, type } = schema
  if (only !== undefined && !isEqual(only, value)) return false
  if (Array.isArray(some) && !(some as readonly Json[]).some((one) => isEqual(one, value))) {
    return false
  }
  const types = typeof type === 'string' ? [type] : textsIn(type)
  return types.length === 0 || types.some((name) => typeNames[name]?.(value) ?? true)
}

const words: ReadonlySet<string> = new Set(['title', 'description', '$comment'])
const discriminating: ReadonlySet<string> = new Set([...words, 'const', 'enum', 'type'])

/** Whether all arguments fit, since the schema only asks for values that the proxy sends. */
export const alwaysFits = (schema: JsonObject, parameters: Parameters): boolean =>
  Object.entries(schema).every(([key, value]) => {
    if (words.has(key) || (key === 'type' && value === 'object')) return true
    if (key === 'required') return textsIn(value).every((name) => isSupplied(parameters, name))
    if (key !== 'properties' || !isJsonObject(value)) return false
    return Object.entries(value).every(([name, one = null]) => {
      const sent = parameters.gone.has(name) ? hiddenValue(parameters, name) : undefined
      const isPlain =
        isJsonObject(one) && Object.keys(one).every((member) => discriminating.has(member))
      return sent !== undefined && isPlain && mayAccept(one, sent)
    })
  })

/** Whether arguments may fit at all, by the parameters that callers do not see. */
export const mayFit = (schema: JsonObject, parameters: Parameters): boolean => {
  const required = textsIn(schema['required'])
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return [...parameters.gone].every((name) => {
    const value = hiddenValue(parameters, name)
    if (value === undefined) return !required.includes(name)
    return !Object.hasOwn(properties, name) || mayAccept(properties[name], value)
  })
}

/** A default of the backend has no effect where the proxy has another. */
const withoutDefault = (schema: Json): Json => {
  if (!isJsonObject(schema) || schema['default'] === undefined) return schema
  const { default: _ineffective, ...rest } = schema
  return rest
}

/** Under the names that callers know, without those that they do not see. */
const shownEntries = (members: JsonObject, parameters: Parameters): [string, Json][] =>
  Object.entries(members).flatMap(([name, value = null]): [string, Json][] =>
    parameters.gone.has(name) ? [] : [[shownName(parameters, name), value]],
  )

const shownProperties = (value: Json, parameters: Parameters): Json => {
  if (!isJsonObject(value)) return value
  const effective = Object.entries(value).map(([name, schema = null]) => [
    name,
    isSupplied(parameters, name) ? withoutDefault(schema) : schema,
  ])
  return Object.fromEntries(
    shownEntries(Object.fromEntries(effective) as JsonObject, parameters),
  ) as JsonObject
}

/** Those that callers have to send. */
export const shownRequired = (
  names: readonly string[],
  parameters: Parameters,
): readonly string[] => [
  ...new Set(
    names
      .filter((name) => !parameters.gone.has(name) && !isSupplied(parameters, name))
      .map((name) => shownName(parameters, name)),
  ),
]

const shownExample = (value: Json, parameters: Parameters): Json =>
  isJsonObject(value) ? (Object.fromEntries(shownEntries(value, parameters)) as JsonObject) : value

/** What depends on a parameter, by its name for callers; `always`: what applies since the proxy sends it. */
interface Dependents {
  readonly byName: readonly (readonly [string, Json])[]
  readonly always: readonly Json[]
}

/** Of dependentRequired, dependentSchemas and the older dependencies. */
export const dependentsOf = (value: Json | undefined, parameters: Parameters): Dependents => {
  const entries = isJsonObject(value) ? Object.entries(value) : []
  const isSent = ([name]: readonly [string, unknown]) => isSupplied(parameters, name)
  return {
    always: entries.filter(isSent).map(([, one = null]) => one),
    byName: entries
      .filter((entry) => !isSent(entry) && !parameters.gone.has(entry[0]))
      .map(([name, one = null]) => [shownName(parameters, name), one] as const),
  }
}

type Shown = (value: Json, parameters: Parameters) => Json | undefined

const unlessShaped: Shown = (value, parameters) =>
  hides(parameters) || parameters.renamed.size > 0 ? undefined : value
const unlessHidden: Shown = (value, parameters) => (hides(parameters) ? undefined : value)
const unlessRenamed: Shown = (value, { renamed }) => (renamed.size > 0 ? undefined : value)

/** Members that say something about names or numbers of parameters. What cannot be said exactly is left out: it is weaker then. */
const rules: Readonly<Record<string, Shown>> = {
  properties: shownProperties,
  minProperties: unlessHidden,
  maxProperties: unlessHidden,
  propertyNames: unlessShaped,
  const: unlessShaped,
  enum: unlessShaped,
  default: shownExample,
  examples: (value, parameters) =>
    Array.isArray(value)
      ? (value as readonly Json[]).map((one) => shownExample(one, parameters))
      : value,
  patternProperties: unlessRenamed,
}

const isPatterned = (schema: JsonObject, { renamed }: Parameters): boolean =>
  renamed.size > 0 && schema['patternProperties'] !== undefined

/**
 * The members of a schema, for callers, but for `required`, what depends on parameters, and schemas for the whole of them.
 * `losses` gets the keys of those that are left out.
 */
export const shownMembers = (
  schema: JsonObject,
  parameters: Parameters,
  handledElsewhere: ReadonlySet<string>,
  losses: string[],
): Record<string, Json> => {
  const shown: Record<string, Json> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || handledElsewhere.has(key)) continue
    // Without its patterns it would forbid what they allow.
    if (key === 'additionalProperties' && isPatterned(schema, parameters)) continue
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    const made = rule === undefined ? value : rule(value, parameters)
    if (made === undefined) losses.push(key)
    else shown[key] = made
  }
  return shown
}

export const requiredIn = (schema: JsonObject): readonly string[] => textsIn(schema['required'])
export const namesIn = textsIn
