// The definitions of a schema that was shaped: copies of those that name parameters, and of the others what is still referred to.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { mapMembers, mapRefs, pointerTo, stepsOf, valueAt } from '../mcp/schema-refs.ts'

const tables = ['$defs', 'definitions'] as const

/** Definitions as callers see them, by the reference that led to the original. */
export interface Copies {
  /** The reference that takes its place; undefined: it was not looked at. */
  of(ref: string): string | undefined
  /** A reference for a copy that is about to be made, after which it is called. */
  reserve(ref: string, name: string): string
  set(ref: string, schema: Json): void
  /** It is the same to callers. */
  keep(ref: string, schema: Json): void
  /** By the reference to the copy. */
  made(): ReadonlyMap<string, Json>
}

const tableOf = (root: JsonObject): (typeof tables)[number] =>
  root['$defs'] === undefined && isJsonObject(root['definitions']) ? 'definitions' : '$defs'

/** Gives names that no definition of the schema has. */
const createNames = (root: JsonObject): ((wanted: string) => string) => {
  const taken = new Set(
    tables.flatMap((table) => (isJsonObject(root[table]) ? Object.keys(root[table]) : [])),
  )
  return (wanted) => {
    const base = wanted.replace(/[^\w.-]/g, '_') || 'schema'
    let name = base
    for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`
    taken.add(name)
    return name
  }
}

export const createCopies = (root: JsonObject): Copies => {
  const fresh = createNames(root)
  const table = tableOf(root)
  const pointers = new Map<string, string>()
  const schemas = new Map<string, Json>()
  const set = (ref: string, schema: Json): void => {
    const pointer = pointers.get(ref)
    if (pointer !== undefined) schemas.set(pointer, schema)
  }
  return {
    of: (ref) => pointers.get(ref),
    reserve: (ref, wanted) => {
      const pointer = pointerTo(table, fresh(wanted))
      pointers.set(ref, pointer)
      return pointer
    },
    set,
    keep: (ref, schema) => {
      set(ref, schema)
      pointers.set(ref, ref)
    },
    made: () => schemas,
  }
}

/** References by name, whose places no pointer says: such a schema keeps all its definitions. */
const namesPlaces = /"(?:\$anchor|\$dynamicAnchor|\$dynamicRef|\$recursiveRef|\$recursiveAnchor)":/

const isDefinition = (steps: readonly string[]): boolean =>
  steps.length === 2 && tables.some((table) => table === steps[0])

const withoutTables = (schema: JsonObject): JsonObject => {
  const { $defs: _defs, definitions: _definitions, ...rest } = schema
  return rest
}

/** Puts what is referred to into the tables of the result, and what that refers to. */
class Definitions {
  private readonly tables: Record<string, Record<string, Json>> = {}
  private readonly moved = new Map<string, string>()
  private readonly root: JsonObject
  private readonly copies: ReadonlyMap<string, Json>
  private readonly fresh: (wanted: string) => string

  constructor(root: JsonObject, copies: ReadonlyMap<string, Json>) {
    this.root = root
    this.copies = copies
    this.fresh = createNames({
      ...root,
      $defs: { ...(root['$defs'] as JsonObject | undefined), ...this.copyNames() },
    })
  }

  /** Where the reference leads in the result. */
  readonly map = (ref: string): string => {
    const known = this.moved.get(ref)
    if (known !== undefined) return known
    const steps = stepsOf(ref)
    if (steps === undefined) return ref
    const copy = this.copies.get(ref)
    const target = copy ?? valueAt(this.root, steps)
    if (target === undefined) return ref
    const [table, name] =
      copy !== undefined || isDefinition(steps)
        ? [steps[0] ?? '', steps[1] ?? '']
        : [tableOf(this.root), this.fresh(steps.at(-1) ?? 'root')]
    const pointer = pointerTo(table, name)
    this.moved.set(ref, pointer)
    const members = (this.tables[table] ??= {})
    members[name] =
      target === this.root
        ? mapMembers(withoutTables(this.root), this.map)
        : mapRefs(target, this.map)
    return pointer
  }

  made(): JsonObject {
    return Object.fromEntries(
      Object.entries(this.tables).map(([table, members]) => [
        table,
        Object.fromEntries(Object.entries(members)),
      ]),
    )
  }

  private copyNames(): JsonObject {
    return Object.fromEntries([...this.copies.keys()].map((ref) => [stepsOf(ref)?.[1] ?? '', true]))
  }
}

export const withDefinitions = (
  shaped: JsonObject,
  root: JsonObject,
  copies: Copies,
): JsonObject => {
  const made = copies.made()
  if (namesPlaces.test(JSON.stringify(root))) {
    const table = tableOf(root)
    const added = [...made].map(([ref, schema]) => [stepsOf(ref)?.[1] ?? '', schema] as const)
    return added.length === 0
      ? shaped
      : {
          ...shaped,
          [table]: { ...(root[table] as JsonObject | undefined), ...Object.fromEntries(added) },
        }
  }
  const definitions = new Definitions(root, made)
  const mapped = mapMembers(withoutTables(shaped), definitions.map)
  return { ...mapped, ...definitions.made() }
}
