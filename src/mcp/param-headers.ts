// Arguments that stand in headers too, for those on the way who read no bodies (MCP 2026-07-28, custom headers from tool parameters).
import { digitsOf } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts'

/** One argument with the header that repeats it. */
export interface Mirrored {
  /** In lower case. */
  readonly header: string
  readonly path: readonly string[]
  readonly type: string
}

export type Mirroring =
  | { readonly valid: true; readonly mirrored: readonly Mirrored[] }
  | { readonly valid: false; readonly why: string }

const annotation = 'x-mcp-header'
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** `number` is not allowed, but the official SDK takes it. */
const types: readonly unknown[] = ['string', 'integer', 'boolean', 'number']
const deepest = 32
/** More headers than fit into the head of any request that we or others would read. */
export const mostMirrored = 1000

interface Found {
  /** Changes afterwards. */
  readonly path: readonly string[]
  readonly name: Json
  readonly type: Json | undefined
}

/**
 * Every annotation in the schema, until `found` says that it is enough: answers false then. `reachable` while only
 * `properties` were passed. `path` is the same array throughout.
 */
const search = (
  value: Json | undefined,
  path: string[],
  reachable: boolean,
  found: (one: Found, reachable: boolean) => boolean,
): boolean => {
  if (path.length > deepest || typeof value !== 'object' || value === null) return true
  const within = (step: string, inner: Json | undefined, isReachable: boolean): boolean => {
    path.push(step)
    const goOn = search(inner, path, isReachable, found)
    path.pop()
    return goOn
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).every((item) => within('[]', item, false))
  }
  const schema = value as JsonObject
  const name = schema[annotation]
  if (name !== undefined) {
    const one = { path, name, type: schema['type'] }
    if (!found(one, reachable && path.length > 0)) return false
  }
  return Object.keys(schema).every((key) => {
    const member = schema[key]
    if (key === 'properties' && isJsonObject(member)) {
      return Object.keys(member).every((property) => within(property, member[property], reachable))
    }
    return key === annotation || within(key, member, false)
  })
}

const marker = `"${annotation}"`

/** What a tool's input schema says of headers. A schema that says it wrongly must not be used at all. */
export const mirroringOf = (inputSchema: Json | undefined): Mirroring => {
  if (!JSON.stringify(inputSchema ?? null).includes(marker)) return { valid: true, mirrored: [] }
  const mirrored: Mirrored[] = []
  const headers = new Set<string>()
  let why: string | undefined
  search(inputSchema, [], true, ({ path, name, type }, reachable) => {
    const header = typeof name === 'string' ? `mcp-param-${name.toLowerCase()}` : ''
    if (!reachable) why = `${path.join('.')} is not reached by properties alone`
    else if (typeof name !== 'string' || !token.test(name)) why = 'a name that no header can have'
    else if (!types.includes(type)) why = `${path.join('.')} is no string, integer or boolean`
    else if (headers.has(header)) why = `${name} stands twice`
    else if (headers.size === mostMirrored) why = `more than ${mostMirrored} headers`
    headers.add(header)
    mirrored.push({ header, path: [...path], type: typeof type === 'string' ? type : '' })
    return why === undefined
  })
  return why === undefined ? { valid: true, mirrored } : { valid: false, why }
}

const valueAt = (args: Json | undefined, path: readonly string[]): Json | undefined => {
  let at = args
  for (const name of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

const integer = /^-?\d+$/

/** Of an integer every digit counts, beyond 2^53 too; other numbers are written in one way. */
const numberText = (value: unknown): string | undefined => {
  const digits = digitsOf(value)
  return digits === undefined || integer.test(digits) ? digits : String(Number(digits))
}

/** Undefined for what has no place in a header. */
const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'boolean' ? String(value) : numberText(value)

const isNumeric = (type: string): boolean => type === 'integer' || type === 'number'
const decimal = /^-?\d+(?:\.\d+)?$/

const withoutZeros = (digits: string): string => digits.replace(/^(-?)0+(?=\d)/, '$1')

const isSameNumber = (value: string, decoded: string): boolean =>
  integer.test(value) && integer.test(decoded)
    ? withoutZeros(value) === withoutZeros(decoded)
    : Number(value) === Number(decoded)

const agrees = ({ type }: Mirrored, value: Json | undefined, decoded: string): boolean => {
  const digits = isNumeric(type) && decimal.test(decoded) ? digitsOf(value) : undefined
  return digits === undefined ? decoded === textOf(value) : isSameNumber(digits, decoded)
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The first header that is missing, unreadable or contradicts the arguments. */
export const contradicted = (
  mirrored: readonly Mirrored[],
  args: Json | undefined,
  headers: Headers,
): string | undefined => {
  for (const one of mirrored) {
    const value = valueAt(args, one.path)
    if (textOf(value) === undefined) continue
    const header = headers[one.header]
    const decoded = typeof header === 'string' ? decodeHeaderValue(header) : undefined
    if (decoded === undefined || !agrees(one, value, decoded)) return one.header
  }
  return undefined
}

/** The headers that repeat the arguments. */
export const paramHeaders = (
  mirrored: readonly Mirrored[],
  args: JsonObject | undefined,
): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const { header, path } of mirrored) {
    const text = textOf(valueAt(args, path))
    if (text !== undefined) headers[header] = encodeHeaderValue(text)
  }
  return headers
}
