// What clients check of each item of a list before they take any of it: fixed where the meaning is plain, else left out.
import { digitsOf, numberOf } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Era } from './revision.ts'

/** The lists, by the member of the result that contains the items. */
export type ItemKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates'

export interface Fitted {
  /** The very item where nothing is wrong with it; undefined: no client could use it. */
  readonly item: JsonObject | undefined
  /** What is wrong with it as it came. */
  readonly faults: readonly string[]
}

/** How a member is read. Undefined: it is dropped. `unusable`: so is the item. */
type Read = (value: Json, era: Era) => Json | undefined | typeof unusable
type Rules = Readonly<Record<string, Read>>

const unusable = Symbol('unusable')

const text: Read = (value) =>
  typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : digitsOf(value)
const object: Read = (value) => (isJsonObject(value) ? value : undefined)
const flag: Read = (value) =>
  value === 'true'
    ? true
    : value === 'false'
      ? false
      : typeof value === 'boolean'
        ? value
        : undefined
const amount: Read = (value) => (numberOf(value) === undefined ? undefined : value)
const name: Read = (value) => (typeof value === 'string' && value !== '' ? value : unusable)

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
/** PHP and others write an empty map as a list. */
const isEmptyList = (value: Json): boolean => isList(value) && value.length === 0

/** The members that break a rule, put right in a copy; the very object where there are none. */
const fit = (
  value: JsonObject,
  rules: Rules,
  era: Era,
  note: (member: string, value: Json) => void,
): JsonObject | undefined => {
  let copy: Record<string, Json | undefined> | undefined
  for (const [member, read] of Object.entries(rules)) {
    const before = value[member]
    if (before === undefined) continue
    const after = read(before, era)
    if (after === before) continue
    note(member, before)
    if (after === unusable) return undefined
    copy ??= { ...value }
    if (after === undefined) delete copy[member]
    else copy[member] = after
  }
  return copy ?? value
}

const silently = () => undefined

const fitted =
  (rules: Rules): Read =>
  (value, era) =>
    isJsonObject(value) ? fit(value, rules, era, silently) : undefined

/** With a member without which it means nothing. */
const having =
  (member: string, read: Read): Read =>
  (value, era) =>
    isJsonObject(value) && value[member] !== undefined ? read(value, era) : undefined

/** The items that can be used; the very list where that is all of them. */
const listOf =
  (each: Read): Read =>
  (value, era) => {
    if (!isList(value)) return undefined
    const items = value.flatMap((item) => {
      const read = each(item, era)
      return read === undefined || read === unusable ? [] : [read]
    })
    return items.length === value.length && items.every((item, index) => item === value[index])
      ? value
      : items
  }

/** JSON Schema allows true and false, which clients of MCP do not take for the schema of an argument. */
const propertySchema = (value: Json): JsonObject | undefined => {
  if (isJsonObject(value)) return value
  if (value === true || value === null || isEmptyList(value)) return {}
  return value === false ? { not: {} } : undefined
}

const properties: Read = (value) => {
  if (isEmptyList(value)) return {}
  if (!isJsonObject(value)) return value === null ? undefined : unusable
  if (Object.values(value).every(isJsonObject)) return value
  const members = Object.entries(value).map(([key, schema = null]) => [key, propertySchema(schema)])
  return members.some(([, schema]) => schema === undefined)
    ? unusable
    : (Object.fromEntries(members) as JsonObject)
}

const onlyText: Read = (value) => (typeof value === 'string' ? value : undefined)

const schemaRules: Rules = { properties, required: listOf(onlyText) }

const isObjectType = (type: Json | undefined): boolean =>
  type === undefined ||
  type === null ||
  type === 'object' ||
  (Array.isArray(type) && type.includes('object'))

/** Arguments are an object whatever the schema says of it, or does not say. */
const inputSchema: Read = (value, era) => {
  if (value === null || value === true || isEmptyList(value)) return { type: 'object' }
  if (!isJsonObject(value) || !isObjectType(value['type'])) return unusable
  const read = fit(value, schemaRules, era, silently)
  if (read === undefined) return unusable
  return read['type'] === 'object' ? read : { ...read, type: 'object' }
}

/** In the session era results are objects; in the modern one they may be anything. */
const outputSchema: Read = (value, era) => {
  if (!isJsonObject(value)) return undefined
  if (era === 'modern' && value['type'] !== null) return value
  const { type } = value
  const isObject = type === undefined ? isJsonObject(value['properties']) : isObjectType(type)
  const read = isObject ? fit(value, schemaRules, era, silently) : undefined
  if (read === undefined) return undefined
  return type === 'object' ? read : { ...read, type: 'object' }
}

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
const taskSupport: Read = (value) =>
  value === 'required' || value === 'optional' || value === 'forbidden' ? value : undefined
const role: Read = (value) => (value === 'user' || value === 'assistant' ? value : undefined)

const theme: Read = (value) => (value === 'light' || value === 'dark' ? value : undefined)
const icons = listOf(
  having('src', fitted({ src: name, mimeType: onlyText, sizes: listOf(onlyText), theme })),
)

const shared: Rules = { title: text, description: text, icons, _meta: object }

const priority: Read = (value) => {
  const number = numberOf(value) ?? -1
  return number >= 0 && number <= 1 ? value : undefined
}
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const lastModified: Read = (value) =>
  typeof value === 'string' && dateTime.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined

const contentAnnotations = fitted({
  audience: listOf(role),
  priority,
  lastModified,
})

const rulesOf: Readonly<Record<ItemKind, Rules>> = {
  tools: {
    name,
    ...shared,
    inputSchema,
    outputSchema,
    annotations: fitted({
      title: text,
      ...Object.fromEntries(hints.map((hint) => [hint, flag])),
    }),
    execution: fitted({ taskSupport }),
  },
  prompts: {
    name,
    ...shared,
    arguments: listOf(
      having('name', fitted({ name, title: text, description: text, required: flag })),
    ),
  },
  resources: {
    uri: name,
    name: text,
    ...shared,
    mimeType: onlyText,
    size: amount,
    annotations: contentAnnotations,
  },
  resourceTemplates: {
    uriTemplate: name,
    name: text,
    ...shared,
    mimeType: onlyText,
    annotations: contentAnnotations,
  },
}

/** What an item must have, and what it is where it is missing. */
const required: Readonly<
  Record<ItemKind, readonly (readonly [string, (item: JsonObject) => Json | undefined])[]>
> = {
  tools: [
    ['name', () => undefined],
    ['inputSchema', () => ({ type: 'object' })],
  ],
  prompts: [['name', () => undefined]],
  resources: [
    ['uri', () => undefined],
    ['name', ({ title, uri }) => title ?? uri],
  ],
  resourceTemplates: [
    ['uriTemplate', () => undefined],
    ['name', ({ title, uriTemplate }) => title ?? uriTemplate],
  ],
}

const kindOf = (value: Json): string => {
  if (value === null) return 'null'
  if (value === '') return 'empty'
  return Array.isArray(value) ? 'a list' : isJsonObject(value) ? 'an object' : `a ${typeof value}`
}

const faultOf = (member: string, value: Json): string => {
  if (member !== 'inputSchema' || !isJsonObject(value)) {
    const parts = isJsonObject(value) || (Array.isArray(value) && value.length > 0)
    return parts ? `its ${member} has members of a wrong type` : `its ${member} is ${kindOf(value)}`
  }
  const { type } = value
  return type === 'object'
    ? 'its inputSchema has members of a wrong type'
    : 'its inputSchema is not of type "object"'
}

/** The item as clients can read it. `era`: that of the server that listed it. */
export const fitItem = (kind: ItemKind, item: Json, era: Era): Fitted => {
  if (!isJsonObject(item)) return { item: undefined, faults: ['it is no object'] }
  const faults: string[] = []
  let read = fit(item, rulesOf[kind], era, (member, value) => faults.push(faultOf(member, value)))
  for (const [member, otherwise] of required[kind]) {
    if (read === undefined || read[member] !== undefined) continue
    if (item[member] === undefined) faults.push(`it has no ${member}`)
    const value = otherwise(read)
    read = value === undefined ? undefined : { ...read, [member]: value }
  }
  return { item: read, faults }
}
